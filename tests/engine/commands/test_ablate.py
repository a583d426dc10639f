"""The command `ablate`: its files, its table, and what it refuses."""

import json
import sys

import pyarrow.parquet as pq
import pytest
from finished import finish, sample

from backfeed.engine.records import Check, Lineage

NAMES = [
    f"{branch}-{of}" for of in ("raw", "filtered") for branch in ("reverse", "backfeed", "both")
]


@pytest.fixture
def ran(tmp_path):
    """A run with both branches: 40 and 20 rows accepted, and half as many that failed."""

    def row(branch, number):
        about = " ".join(f"{branch}{number * n}" for n in range(1, 9))
        lineage = Lineage(branch, (f"of {branch} {number}",))
        return sample(f"{branch[0]}{number}", f"{branch} {number}", asked=about, said=f"Do {about}",
                      code=about, lineage=lineage, level="tested")  # fmt: skip

    pairs = [("reverse", n) for n in range(60)] + [("backfeed", n) for n in range(100, 130)]
    rows = [row(*pair) for pair in pairs]
    failed = [one.but(checks=(Check("test", "failed"),)).no("execute", "WA") for one in rows[::3]]
    kept = [one for number, one in enumerate(rows) if number % 3]
    return finish(tmp_path / "out", kept, failed, recipe={"name": "r"})


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_writes_arms_and_their_table(backfeed, ran):
    said = backfeed("ablate", "out")
    assert said.code == 0
    assert said.out == (ran / "arms/arms.md").read_text()
    told = json.loads((ran / "arms/arms.json").read_text())
    assert [arm["arm"] for arm in told["arms"]] == NAMES
    rows = {name: lines(ran / f"arms/{name}.jsonl") for name in NAMES}
    assert {len(found) for found in rows.values()} == {told["arms"][0]["rows"]}
    held = lines(ran / "arms/held_out.jsonl")
    assert len(held) == sum(told["held_out"].values()) > 0
    assert not {row["id"] for row in held} & {row["id"] for one in rows.values() for row in one}
    assert any(row["rejected"] for row in rows["both-raw"])
    assert not any(row["rejected"] for row in [*rows["both-filtered"], *held])


def test_the_same_run_gives_the_same_bytes(backfeed, ran, tmp_path):
    for name in ("a", "b"):
        assert backfeed("ablate", "out", "-o", tmp_path / name).code == 0
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / n).iterdir()} for n in ("a", "b"))
    assert one == two


@pytest.mark.usefixtures("ran")
def test_raw_arms_say_what_failed_in_any_format(backfeed, tmp_path):
    args = ("-o", "arms", "--format", "prompt-completion", "--json")
    told = json.loads(backfeed("ablate", "out", *args).out)
    assert told["budget"] == "rows"
    names = {name: list(lines(tmp_path / f"arms/{name}.jsonl")[0]) for name in NAMES}
    for name, found in names.items():
        more = ["id", "level", "checks", "rejected"] if name.endswith("raw") else []
        assert found == ["prompt", "completion", *more]
    backfeed("ablate", "out", "-o", "arms", "--format", "parquet")
    assert pq.read_table(tmp_path / "arms/both-raw.parquet").num_rows == told["arms"][2]["rows"]


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-o", "out/corpus/x"), "is the run's own: name another place with -o"),
        (("-o", "file"), "that is a file, name a directory"),
        (("--format", "messagse"), "did you mean 'messages'"),
        (("--train", "--held-out", "0"), "let --held-out be above 0"),
        (("--budget", "tokens"), "give the arms equal rows with --budget rows"),
        (("--held-out", "0.9"), "0.9 is not in the range"),
    ],
)
def test_refuses(backfeed, tmp_path, args, message):
    (tmp_path / "file").touch()
    said = backfeed("ablate", "out", *args)
    assert said.code == 2
    assert message in said.err


def test_training_without_its_extra_is_said_before_work(backfeed, ran, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "backfeed.engine.models._tiny", raising=False)
    said = backfeed("ablate", "out", "--train")
    assert (said.code, said.last) == (
        2, "backfeed: --train needs 'torch': run pip install 'backfeed[train]'",
    )  # fmt: skip
    assert not (ran / "arms").exists()
