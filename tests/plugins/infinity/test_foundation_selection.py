"""The recipe's later steps as a run: weak domains, targets, rehearsal."""

import json

import pyarrow.parquet as pq
import pytest
from selecting import NAMES, THINGS

from backfeed.engine import cli

REFERENCE = "[reference]\ngsm8k = 57\n"


def problem(number):
    name, thing = NAMES[number % 6], THINGS[number % 5]
    text = f"{name} has {number} {thing} and gets {number + 3} more. How many {thing} are there?"
    return {"instruction": text, "response": f"There are {2 * number + 3} {thing} in total."}


def rows_of(folder):
    return [
        row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Word problems as pool and target, chat to rehearse, and scores."""
    monkeypatch.chdir(tmp_path)
    chat = [{"instruction": f"Tell my sister about {place}, as a friend would.",
             "response": f"I went to {place} last year, and I liked the old harbour most."}
            for place in ("Oslo", "Rome", "Lima")]  # fmt: skip
    tasks = [{"question": problem(n)["instruction"], "answer": "3"} for n in range(100, 120)]
    for name, rows in (("pool", map(problem, range(40))), ("chat", chat), ("gsm", tasks)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "scores.toml").write_text(f"[scores]\ngsm8k = 40\n{REFERENCE}")
    return tmp_path


def run(directory, *words):
    settings = ("--set", "select_dsir.k=10", "--set", "cap_templates.most=99",
                "--set", "deduplicate.near=1.0")  # fmt: skip
    target = ("--target", "gsm8k=gsm.jsonl")
    return cli.run(
        ["run", "infinity-foundation", "pool.jsonl", "-o", directory, *target, *settings, *words]
    )


@pytest.mark.bwrap
def test_scores_and_quotas_go_from_run_to_run(files):
    """A quota grows with each run that gained, and what it left is read by the next one."""
    assert run("first") == 0
    assert len(rows_of(files / "first/corpus")) == 10
    assert run("second", "--scores", "scores.toml", "--quotas", "first/quotas.json") == 0
    assert len(rows_of(files / "second/corpus")) == 12
    (files / "scores.toml").write_text(f"[scores]\ngsm8k = 42\n{REFERENCE}")
    assert run("third", "--scores", "scores.toml", "--quotas", "second/quotas.json") == 0
    told = json.loads((files / "third/quotas.json").read_text())
    assert (len(rows_of(files / "third/corpus")), told["factors"]) == (14, {"gsm8k": 1.44})


@pytest.mark.bwrap
def test_rehearsed_rows_are_made_and_scored_with_the_others(files):
    assert run("out", "--rehearsal", "chat.jsonl") == 0
    found = rows_of(files / "out/corpus")
    assert len(found) == 13
    rehearsed = [row for row in found if row["lineage"]["stage"] == "rehearse"]
    assert len(rehearsed) == 3
    assert {score["name"] for row in rehearsed for score in row["scores"]} == {"quality"}
    tally = json.loads((files / "out/summary.json").read_text())["stages"]["rehearse"]
    assert (tally["in"], tally["made"], tally["out"]) == (10, 3, 13)
