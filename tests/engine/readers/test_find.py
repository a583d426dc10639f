"""Which files an address means, in which order, and which reader reads them."""

import json
import sys

import pytest

from backfeed.engine.errors import CallerError, ConfigError, InputError, Outage
from backfeed.engine.readers._find import Readers, files_of, parse_format

ROW = json.dumps({"instruction": "Double x.", "output": "2 * x"}) + "\n"


def put(path, text=ROW):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.jsonl", "a/x.json", "a/y.csv.zst", "a/deep/z.JSONL", "a/notes.txt"):
        put(tmp_path / "d" / name)
    for name in ("d/.git/c.jsonl", "d/dataset_info.json", "d/state.json"):
        put(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("d", ["d/a/deep/z.JSONL", "d/a/x.json", "d/a/y.csv.zst", "d/b.jsonl"]),
        ("./d/", ["./d/a/deep/z.JSONL", "./d/a/x.json", "./d/a/y.csv.zst", "./d/b.jsonl"]),
        ("d/a/*.json", ["d/a/x.json"]),
        ("d/**/*.[jJ]*", ["d/a/deep/z.JSONL", "d/a/x.json", "d/b.jsonl"]),
        ("d/?.jsonl", ["d/b.jsonl"]),
        ("d/a/notes.txt", ["d/a/notes.txt"]),
    ],
)
def test_files_of_an_address(here, address, told):
    found = files_of(address)
    assert [file.told for file in found] == told
    assert all(file.path.is_file() for file in found)


def test_a_name_that_looks_like_a_pattern_is_the_file_of_that_name(here):
    put(here / "a[1].jsonl"), put(here / "a1.jsonl")
    assert [file.told for file in files_of("a[1].jsonl")] == ["a[1].jsonl"]


def test_rows_without_an_id_are_called_by_their_place(here):
    assert files_of("d")[0].name == "a/deep/z.JSONL"
    assert [file.name for file in files_of("d/a/*.json")] == ["d/a/x.json"]
    assert [file.name for file in files_of("d/b.jsonl")] == ["b.jsonl"]


def test_a_container_that_is_asked_for_chooses_in_a_folder(here):
    assert [file.told for file in files_of("d", "csv")] == ["d/a/y.csv.zst"]


@pytest.mark.parametrize(
    ("address", "message"),
    [("*.parquet", "no file matches '*.parquet'; files of rows end in .arrow, .csv, "),
     ("empty", "empty is a folder without a file of rows; files of rows end in")],
)  # fmt: skip
def test_nothing_there(here, address, message):
    (here / "empty").mkdir()
    with pytest.raises(InputError) as refused:
        files_of(address)
    assert message in str(refused.value)
    assert "(text may be packed: .gz, .zst, .bz2, .xz)" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "reader"),
    [("a.jsonl", "jsonl"), ("a.ndjson.xz", "jsonl"), ("a.JSON", "json"), ("a.tsv.bz2", "csv"),
     ("a.pq", "parquet"), ("a.feather", "arrow"), ("a.xlsx", "xlsx")],
)  # fmt: skip
def test_the_reader_of_a_file(here, name, reader):
    assert Readers().of(here / name) == reader
    assert Readers("csv").of(here / name) == "csv"


def test_nobody_reads_it(here):
    with pytest.raises(InputError, match=r"nothing reads '.txt'; .* or add --format NAME"):
        Readers().of(here / "d/a/notes.txt")
    with pytest.raises(InputError, match="there is no file"):
        Readers().of(here / "absent.txt")


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ("", "")), ("csv", ("csv", "")), ("ShareGPT", ("", "sharegpt")),
     (" mbpp , jsonl", ("jsonl", "mbpp"))],
)  # fmt: skip
def test_parses_a_format(text, found):
    assert parse_format(text) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [("alpacka", "did you mean 'alpaca'?"), ("csv,json", "one container and one shape"),
     ("alpaca,mbpp", "one container and one shape"), ("x", "humaneval")],
)  # fmt: skip
def test_refuses_a_format(text, message):
    with pytest.raises(CallerError) as refused:
        parse_format(text)
    assert message in str(refused.value)


class Library:
    """Stands for `datasets`, which fetches from the network: what is asked of it, what it says."""

    class exceptions:  # noqa: N801 - a module there
        class DatasetsError(Exception): ...

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def load_dataset(self, name, config, revision):
        self.asked.append((name, config, revision))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Split:
    def __init__(self, *paths):
        self.cache_files = [{"filename": str(path)} for path in paths]


@pytest.fixture
def hub(monkeypatch):
    def answers(answer):
        library = Library(answer)
        monkeypatch.setitem(sys.modules, "datasets", library)
        return library

    return answers


@pytest.mark.parametrize(
    ("address", "asked", "told"),
    [
        ("hf:a/b", ("a/b", None, None), ["hf:a/b"]),
        ("hf:a/b:test", ("a/b", None, None), ["hf:a/b:test/0.arrow", "hf:a/b:test/1.arrow"]),
        ("hf:a/b@v1:py:train", ("a/b", "py", "v1"), ["hf:a/b@v1:py:train"]),
    ],
)
def test_a_data_set_of_the_hub(hub, address, asked, told):
    library = hub({"test": Split("x/0.arrow", "x/1.arrow"), "train": Split("x/t.arrow")})
    assert [file.told for file in files_of(address)] == told
    assert library.asked == [asked]


def test_the_only_split_is_taken(hub):
    hub({"dev": Split("x/d.arrow")})
    assert [file.path.name for file in files_of("hf:a")] == ["d.arrow"]


@pytest.mark.parametrize(
    ("address", "answer", "error", "message"),
    [
        ("hf:a:tset", {"test": Split()}, InputError, "no split 'tset'; there are: test"),
        ("hf:a", {"x": 1, "y": 2}, InputError, "has the splits x, y: name one"),
        ("hf:", {}, InputError, "write hf:NAME[@REVISION][[:CONFIG]:SPLIT]"),
        ("hf:a:b:c:d", {}, InputError, "write hf:NAME"),
        ("hf:a::b", {}, InputError, "write hf:NAME"),
        (
            "hf:a",
            ValueError("Config name is missing.\nmore"),
            InputError,
            "Config name is missing;",
        ),
        ("hf:a", Library.exceptions.DatasetsError("gone"), InputError, "hf:a: gone; write"),
        ("hf:a", ConnectionError("Couldn't reach 'a'"), Outage, "Couldn't reach 'a'; try again"),
    ],
)
def test_what_goes_wrong_with_the_hub(hub, address, answer, error, message):
    hub(answer)
    with pytest.raises(error) as refused:
        files_of(address)
    assert message in str(refused.value)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ConfigError, match=r"pip install 'backfeed\[hf\]', or name a file"):
        files_of("hf:a")


@pytest.mark.may_skip  # a hundred megabytes for one way in; a stand-in is asked the same above
def test_with_the_library_itself(here, monkeypatch):
    """A folder is a data set to it, too; nothing is fetched."""
    pytest.importorskip("datasets", reason="pip install 'backfeed[hf]'")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", here / "cache")
    put(here / "set/train.jsonl", ROW * 3), put(here / "set/test.jsonl")
    [found] = files_of(f"hf:{here}/set:test")
    reader = Readers().of(found.path)
    assert (reader, found.path.suffix, found.told) == ("arrow", ".arrow", f"hf:{here}/set:test")
    with pytest.raises(InputError, match="no split 'dev'; there are: train, test"):
        files_of(f"hf:{here}/set:dev")


def test_an_address_of_the_web_is_not_taken_for_a_file():
    with pytest.raises(InputError, match=r"https://x/a.jsonl: nothing is fetched; .* hf:NAME"):
        files_of("https://x/a.jsonl")
