"""A recipe that splits its corpus: each split has its own files, which the card names."""

import json

import pytest

from backfeed.engine.output import read_rows

SPLIT = """
name = "split"
[inputs.dataset]
kind = "rows"
[output.split]
{split}
[[step]]
use = "accept"
level = "none"
"""


def row(n):
    return {"id": f"{n}", "instruction": f"Ask {n}", "response": f"x{n} = {n}"}


def recipe(tmp_path, split):
    (tmp_path / "split.toml").write_text(SPLIT.format(split=split))


def test_each_split_has_its_files(backfeed, quick, tmp_path):
    recipe(tmp_path, "valid = 0.1\ntest = 0.2")
    rows = quick(rows=[row(n) for n in range(20)])
    assert backfeed("run", "split.toml", rows, "-o", "out").code == 0
    corpus = tmp_path / "out/corpus"
    assert [path.name for path in sorted(corpus.iterdir())] == [
        f"{name}-00000-of-00001.parquet" for name in ("test", "train", "valid")
    ]
    found = {sample.source_id: sample.split for sample in read_rows(corpus)}
    counts = {name: list(found.values()).count(name) for name in ("train", "valid", "test")}
    assert counts == {"train": 14, "valid": 2, "test": 4}
    card = (tmp_path / "out/README.md").read_text()
    for name, count in counts.items():
        assert f"- split: {name}\n    path: corpus/{name}-*.parquet" in card
        assert f"- name: {name}\n    num_bytes: " in card
        assert f"num_examples: {count}\n" in card
    before = {path.name: path.read_bytes() for path in corpus.iterdir()}
    assert backfeed("run", "split.toml", rows, "-o", "out").code == 0
    assert before == {path.name: path.read_bytes() for path in corpus.iterdir()}


def test_an_export_keeps_the_splits_of_the_run(backfeed, quick, tmp_path):
    recipe(tmp_path, "valid = 0.1")
    backfeed("run", "split.toml", quick(rows=[row(n) for n in range(20)]), "-o", "out")
    export = ("export", "out", "--format", "jsonl", "-o")
    assert backfeed(*export, "set").out.splitlines() == [
        "set/train.jsonl: 18 rows", "set/valid.jsonl: 2 rows",
    ]  # fmt: skip
    valid = {sample.id for sample in read_rows(tmp_path / "out/corpus") if sample.split == "valid"}
    lines = (tmp_path / "set/valid.jsonl").read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines} == valid
    said = backfeed(*export, "all.jsonl")
    assert (said.code, "the splits train, valid need a file each" in said.last) == (2, True)
    assert "set/test.jsonl: 5 rows" in backfeed(*export, "set", "--split", "test=0.25").out


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("valid = 1.5", "a split valid = 1.5: its name is"),
        ('"../x" = 0.1', "a split ../x = 0.1: its name is"),
        ("train = 0.1", "which is the rest"),
        ("a = 0.5\nb = 0.6", "leave nothing for 'train'"),
    ],
)
def test_what_cannot_be_split_is_told_before_any_work(backfeed, quick, tmp_path, split, message):
    recipe(tmp_path, split)
    said = backfeed("run", "split.toml", quick(rows=[row(1)]), "-o", "out")
    assert (said.code, message in said.last) == (2, True)
    assert not (tmp_path / "out/corpus").exists()
