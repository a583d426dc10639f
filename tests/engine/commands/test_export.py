"""Export: files in the format of a trainer, chosen rows, splits without leaks."""

import json

import pyarrow.parquet as pq
import pytest
from finished import finish, sample

from backfeed.engine.output import read_rows
from backfeed.engine.records import Check, Lineage


@pytest.fixture
def ran(tmp_path):
    """A run that kept forty rows of twenty files."""
    rows = [sample(f"{n}", f"file {n % 20}") for n in range(39)]
    return finish(tmp_path / "out", [*rows, sample("39", "file 19", language="go")])


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize("name", ["prompt-response-type", "prompt_response_type"])
def test_writes_a_file(backfeed, tmp_path, name):
    said = backfeed("export", "out", "--format", name, "-o", "deep/er/x.jsonl")
    assert (said.code, said.out) == (0, "deep/er/x.jsonl: 40 rows\n")
    found = lines(tmp_path / "deep/er/x.jsonl")
    assert found[0] == {"prompt": "Ask 0", "response": "A", "type": "fix"}
    assert len(found) == 40


@pytest.mark.usefixtures("ran")
def test_writes_a_directory(backfeed, tmp_path):
    assert backfeed("export", "out", "--format", "parquet", "-o", "set").code == 0
    again = list(read_rows(tmp_path / "set"))
    assert again == list(read_rows(tmp_path / "out/corpus"))


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("args", "count"),
    [
        (["--level", "none"], 40),
        (["--language", "go"], 1),
        (["--language", "go", "--language", "python", "--type", "fix"], 40),
    ],
)
def test_chooses(backfeed, args, count):
    said = backfeed("export", "out", "--format", "messages", "-o", "x.json", *args, "--json")
    assert json.loads(said.out)["files"]["train"] == {"file": "x.json", "rows": count}


@pytest.mark.usefixtures("ran")
def test_with_tests(backfeed, tmp_path):
    backfeed("export", "out", "--format", "messages", "-o", "x.parquet", "--with-tests")
    names = pq.read_schema(tmp_path / "x.parquet").names
    assert names[:3] == ["messages", "id", "language"]
    assert names[-1] == "tests"


@pytest.mark.usefixtures("ran")
def test_splits(backfeed, tmp_path):
    args = ("--format", "jsonl", "-o", "set", "--split", "valid=0.1,test=0.05")
    said = backfeed("export", "out", *args)
    assert said.out.splitlines() == [
        "set/train.jsonl: 34 rows (85.0%)",
        "set/valid.jsonl: 4 rows (10.0%), 10.0% asked for",
        "set/test.jsonl: 2 rows (5.0%), 5.0% asked for",
    ]
    found = {name: lines(tmp_path / f"set/{name}.jsonl") for name in ("train", "valid", "test")}
    files = [{row["origin"]["path"] for row in rows} for rows in found.values()]
    assert sum(map(len, files)) == len(set.union(*files)) == 20
    before = {path.name: path.read_bytes() for path in (tmp_path / "set").iterdir()}
    assert backfeed("export", "out", *args).out == said.out
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "set").iterdir()}


def test_says_why_shares_differ(backfeed, tmp_path):
    rows = [sample(f"{n}", f"file {n}") for n in range(20)]
    pairs = [(f"{n}", f"{n + 1}") for n in range(19)]
    rows += [sample(f"{a}c{b}", lineage=Lineage("backfeed", (a, b))) for a, b in pairs]
    finish(tmp_path / "out", rows)
    args = ("export", "out", "--format", "jsonl", "-o", "set", "--split", "valid=0.2")
    said = backfeed(*args)
    assert "set/valid.jsonl: 0 rows (0.0%), 20.0% asked for" in said.out
    assert said.last == (
        "valid has 0 rows, not 8: rows of one file, made from one another or nearly equal stay"
        " together; of 1 such groups the largest has 39 of 39 rows; --cut frees them from 19"
        " composed rows"
    )
    told = json.loads(backfeed(*args, "--cut", "--json").out)
    assert told["files"]["valid"]["rows"] >= 4
    assert told["left_out"] > 0
    assert "are in different splits" in told["why"][0]


@pytest.mark.usefixtures("ran")
def test_tells_llama_factory(backfeed, tmp_path):
    backfeed("export", "out", "--format", "alpaca", "-o", "set/a-1.json")
    backfeed("export", "out", "--format", "sharegpt", "-o", "set", "--split", "valid=0.1")
    found = json.loads((tmp_path / "set/dataset_info.json").read_text())
    assert {name: item["file_name"] for name, item in found.items()} == {
        "a_1": "a-1.json", "set_train": "train.jsonl", "set_valid": "valid.jsonl",
    }  # fmt: skip
    assert found["a_1"]["columns"]["response"] == "output"
    assert found["set_valid"]["formatting"] == "sharegpt"


def test_counts_what_a_format_cannot_hold(backfeed, tmp_path):
    odd = sample("odd")
    finish(tmp_path / "out", [odd.but(messages=odd.messages[:1]), sample("a")])
    said = backfeed("export", "out", "--format", "alpaca", "-o", "x.jsonl")
    assert said.code == 0
    assert "x.jsonl: 1 rows" in said.out
    assert said.last.startswith("1 rows left out, roles: odd: user and assistant must alternate")


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--format", "alpacca", "-o", "x"], "did you mean 'alpaca'?"),
        (["--format", "alpaca", "-o", "x.csv"], "files end in .jsonl, .json, .parquet"),
        (["--format", "alpaca", "-o", "x.jsonl", "--split", "valid=0.1"], "name a directory"),
        (["--format", "alpaca", "-o", "out/corpus/x"], "is the run's own"),
        (["--format", "alpaca", "-o", "out/corpus"], "is the run's own"),
        (["--format", "alpaca", "-o", "x", "--level", "proven"], "it has levels: none 40;"),
        (["--format", "alpaca", "-o", "x", "--language", "rust"], "languages: python 39, go 1"),
        (["--format", "alpaca", "-o", "x", "--split", "valid"], "a split valid = 0.0: its name"),
        (["--format", "alpaca", "-o", "x", "--split", "valid=2"], "a split valid = 2.0: its name"),
        (["--format", "alpaca", "-o", "x", "--split", "../x=0.1"], "a split ../x = 0.1: its name"),
        (["--format", "alpaca", "-o", "x", "--split", "train=0.1"], "which is the rest"),
        (["--format", "alpaca", "-o", "x", "--split", "a=0.5,b=0.5"], "leave nothing for 'train'"),
        (["--format", "alpaca", "-o", "x", "--split", "a=0.1,a=0.2"], "a is named twice"),
        (["--format", "alpaca", "-o", "x", "--cut"], "--cut is about splits"),
        (["-o", "x"], "Missing option '--format'"),
    ],
)
def test_says_what_is_wrong(backfeed, tmp_path, args, message):
    said = backfeed("export", "out", *args)
    assert said.code == 2
    assert message in said.last
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("x")]


def test_needs_a_run_with_rows(backfeed, tmp_path):
    assert "holds no run" in backfeed("export", "no", "--format", "alpaca", "-o", "x").last
    finish(tmp_path / "out")
    said = backfeed("export", "out", "--format", "alpaca", "-o", "x")
    assert (said.code, said.last.endswith("is empty: there is nothing to export")) == (2, True)


@pytest.mark.usefixtures("ran")
def test_leaves_a_strange_dataset_info_alone(backfeed, tmp_path):
    (tmp_path / "dataset_info.json").write_text("[1]")
    said = backfeed("export", "out", "--format", "alpaca", "-o", "x.jsonl")
    assert (said.code, "is no JSON object" in said.last) == (2, True)
    assert (tmp_path / "dataset_info.json").read_text() == "[1]"


@pytest.fixture
def mixed(tmp_path):
    """A run with a row that passed, one that failed when it ran, and one that does not parse."""
    parsed = Check("parse", "passed")
    wrong = sample("b", checks=(parsed, Check("test", "failed")), level="parsed")
    broken = sample("c", checks=(Check("parse", "failed"),))
    left = [wrong.no("execute", "WA", "f(2) is 5"), broken.no("parse", "syntax")]
    recipe = {"name": "r", "step": [{"use": "parse", "name": "parse"}]}
    whole = sample("a", checks=(parsed,), level="tested", split="test")
    return finish(tmp_path / "out", [whole], left, recipe=recipe)


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), ["a"]),
        (("--release", "filtered"), ["a"]),
        (("--release", "paper"), ["a", "b"]),
        (("--release", "raw"), ["a", "b", "c"]),
        (("--release", "raw", "--level", "parsed"), ["a", "b"]),
    ],
)
def test_releases(backfeed, tmp_path, args, expected):
    assert backfeed("export", "out", "--format", "jsonl", "-o", "x.jsonl", *args).code == 0
    assert [row["id"] for row in lines(tmp_path / "x.jsonl")] == expected


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_raw_rows_never_pass_for_verified_ones(backfeed, tmp_path, suffix):
    """Whatever the format: the row says that it was rejected, and by what."""
    path = tmp_path / f"x.{suffix}"
    backfeed("export", "out", "--format", "alpaca", "-o", path, "--release", "raw")
    found = lines(path) if suffix == "jsonl" else pq.read_table(path).to_pylist()
    assert list(found[0])[-4:] == ["id", "level", "checks", "rejected"]
    assert [row["rejected"] and row["rejected"]["reason"] for row in found] == [
        None, "WA", "syntax",
    ]  # fmt: skip
    assert [check["verdict"] for check in found[1]["checks"]] == ["passed", "failed"]
    backfeed("export", "out", "--format", "alpaca", "-o", path)
    plain = lines(path) if suffix == "jsonl" else pq.read_table(path).to_pylist()
    assert list(plain[0]) == ["instruction", "input", "output", "system", "history"]


def test_splits_of_the_corpus_are_not_those_of_raw(backfeed, mixed):
    file = next((mixed / "corpus").iterdir())
    file.rename(file.with_name(file.name.replace("train", "test")))
    said = backfeed("export", "out", "--format", "jsonl", "-o", "x", "--release", "raw")
    assert said.code == 2
    assert "are those of its accepted rows: split the raw release with --split" in said.last
    args = ("--format", "jsonl", "-o", "x", "--release", "raw", "--split", "valid=0.4")
    assert backfeed("export", "out", *args).code == 0
