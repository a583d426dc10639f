"""What a recipe's inputs are given: which files, pinned how, in which order."""

import json

import pyarrow.parquet as pq
import pytest

from backfeed.engine.errors import InputError, UnknownName
from backfeed.engine.inputs import Wanted, _without_password, open_inputs
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.store import from_row

ROW = {"instruction": "Double x.", "response": "def f(x): return 2 * x"}


def recipe(**inputs):
    return Recipe("r", (), inputs={name: Input(kind) for name, kind in inputs.items()})


def given(tmp_path, kind="rows", *addresses, **more):
    wanted = Wanted({"it": [str(address) for address in addresses]}, tmp_path / "cache", **more)
    return open_inputs(recipe(it=kind), wanted)


def write(path, *ids):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps({**ROW, "id": name} if name else ROW) + "\n" for name in ids)
    )
    return path


def ids(found):
    return [sample.source_id for sample in found.samples()]


def test_a_folder_is_all_its_files_of_rows(tmp_path):
    write(tmp_path / "d/b.jsonl", "b")
    write(tmp_path / "d/a/x.json", "x", None)
    write(tmp_path / "d/.hidden/y.jsonl", "y")
    write(tmp_path / "d/readme.txt", "t")
    write(tmp_path / "d/dataset_info.json", "i")
    assert ids(given(tmp_path, "rows", tmp_path / "d")) == ["x", "a/x.json:2", "b"]


def test_a_row_says_where_it_stands(tmp_path, monkeypatch):
    """The file as the caller gave it; of a folder, the path inside joined to it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "d/a/x.jsonl", "x", "y")
    write(tmp_path / "b.jsonl", "b")
    found = given(tmp_path, "rows", "d", "./b.jsonl", tmp_path / "b.jsonl")
    assert [(sample.place.file, sample.place.line) for sample in found.samples()] == [
        ("d/a/x.jsonl", 1), ("d/a/x.jsonl", 2), ("./b.jsonl", 1), (str(tmp_path / "b.jsonl"), 1),
    ]  # fmt: skip


def test_a_run_is_its_corpus(tmp_path):
    write(tmp_path / "run/corpus/train.jsonl", "kept")
    write(tmp_path / "run/rejected/train.jsonl", "gone")
    (tmp_path / "run/recipe.toml").touch()
    assert ids(given(tmp_path, "rows", tmp_path / "run")) == ["kept"]


def test_files_are_read_anew_each_time(tmp_path):
    found = given(
        tmp_path, "rows", write(tmp_path / "a.jsonl", "a"), write(tmp_path / "b.jsonl", "b")
    )
    assert ids(found) == ids(found) == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda d: write(d / "a.jsonl", "a"), True),
        (lambda d: write(d / "a.jsonl", "b"), False),
        (lambda d: write(d / "b.jsonl", "a"), False),
        (lambda d: write(d / "deep/er/a.jsonl", "a"), False),
    ],
)
def test_the_key_is_of_what_is_read_and_of_its_place(tmp_path, change, same):
    first = given(tmp_path, "rows", write(tmp_path / "a.jsonl", "a"))
    other = given(tmp_path, "rows", change(tmp_path))
    assert (first.key == other.key) == same


def test_the_key_knows_the_columns(tmp_path):
    path = write(tmp_path / "a.jsonl", "a")
    assert (
        given(tmp_path, "rows", path).key != given(tmp_path, "rows", path, columns={"id": "id"}).key
    )


def test_seeds_are_pinned(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text("def f(x):\n    return x\n")
    found = given(tmp_path, "seeds", tmp_path / "code")
    [pin] = found.plain["it"]["pinned"]
    assert len(pin["sha256"]) == 64
    assert [sample.origin.path for sample in found.samples()] == ["a.py"]
    (tmp_path / "code/a.py").write_text("changed = True\n")
    with pytest.raises(InputError, match="has changed since it was pinned; add --update"):
        given(tmp_path, "seeds", tmp_path / "code", before=found.plain)
    assert given(tmp_path, "seeds", tmp_path / "code").key != found.key


def test_a_file_is_pinned_and_named(tmp_path):
    path = write(tmp_path / "policy.toml", "x")
    found = given(tmp_path, "file", path)
    assert found.files == {"it": path}
    assert len(found.plain["it"]["pinned"][0]["sha256"]) == 64


@pytest.mark.parametrize(
    ("kind", "addresses", "error", "message"),
    [
        ("rows", [], InputError, "the input 'it' is needed: a file of rows"),
        ("seeds", [], InputError, "the input 'it' is needed: addresses of code"),
        ("rows", ["absent.jsonl"], InputError, "there is no file absent.jsonl"),
        ("rows", ["absent.xyz"], InputError, "there is no file absent.xyz"),
        ("file", ["absent.toml"], InputError, "there is no file absent.toml"),
        ("file", ["a", "b"], InputError, "takes one file, not 2"),
        ("seeds", ["absent"], InputError, "there is no file or folder 'absent'"),
        ("seeds", ["pipy:toolz"], UnknownName, "no source is called 'pipy'"),
    ],
)
def test_says_what_is_wrong_with_an_input(tmp_path, kind, addresses, error, message):
    with pytest.raises(error) as refused:
        given(tmp_path, kind, *addresses)
    assert message in str(refused.value)


def test_an_input_may_be_optional(tmp_path):
    plan = Recipe("r", (), inputs={"it": Input("file", required=False)})
    assert open_inputs(plan, Wanted({}, tmp_path)).plain == {}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("git:https://name:word@host.example/x.git@main", "git:https://host.example/x.git@main"),
        ("git:git@host.example:x/y@v1", "git:git@host.example:x/y@v1"),
        ("pypi:toolz==1.0", "pypi:toolz==1.0"),
        ("a/folder@home", "a/folder@home"),
    ],
)
def test_no_password_stands_in_the_recipe(address, told):
    assert _without_password(address) == told


def test_a_set_is_rows_for_stages_and_none_of_the_run(tmp_path):
    """All its files are one artefact; what cannot be used is in it, and says why."""
    one, two = write(tmp_path / "a.jsonl", "a", "b"), tmp_path / "b.jsonl"
    two.write_text('{"instruction": "Say.", "response": ""}\n' + json.dumps(ROW) + "\n")
    found = given(tmp_path, "set", one, two)
    rows = [from_row(row) for row in pq.read_table(found.files["it"]).to_pylist()]
    assert [row.instruction for row in rows] == ["Double x.", "Double x.", "Say.", "Double x."]
    assert [row.rejected and row.rejected.reason for row in rows] == [None, None, "no-answer", None]
    assert len({row.id for row in rows}) == 4
    assert [pin["address"] for pin in found.plain["it"]["pinned"]] == [str(one), str(two)]
    assert not found.tables
    again, other = given(tmp_path, "set", one, two), given(tmp_path, "set", one)
    assert again.files == found.files != other.files
