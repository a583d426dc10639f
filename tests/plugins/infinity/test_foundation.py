"""The recipe infinity-foundation on a small pool of everything, and on every shared set."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from pool_rows import GENERAL, needs_shared

from backfeed.engine import cli

RIGHT = "def double(x):\n    return 2 * x\n\n\nprint(double(4))\n"
FACTS = ("Rome", "Paris", "Lima", "Oslo", "Cairo", "Quito")


def chat(*turns):
    return {"conversations": [{"from": who, "value": said} for who, said in turns]}


def asked(question, answer, **more):
    return {"instruction": question, "output": answer, **more}


def fenced(code):
    return f"Here it is:\n\n```python\n{code}```\n"


ALPACA = [
    asked("Write a Python function that doubles a number.", fenced(RIGHT)),
    asked("Write a Python function that halves a number.", fenced("def half(x:\n    return\n")),
    asked("Write a Python function that cubes a number.", fenced("print(1 / 0)\n")),
    asked("Write a Python script that downloads a page.", fenced("import requests\n")),
    asked("What is the capital of Italy, and why is it?", "Rome, for it was the old one."),
    asked("what is the capital of Italy,  and why is it?", "Rome, for it was the old one."),
    asked("Write a poem about autumn and its rain.", "I'm sorry, but I can't help with that."),
    *(
        asked(f"Tom has {n} apples and buys {n} more. How many has he?", f"{n} + {n} = {2 * n}.")
        for n in range(2, 10)
    ),
    *(
        asked(f"Is the text about city {n} glad or sad?", ("glad", "sad")[n % 2], source="sst2")
        for n in range(60)
    ),
]  # fmt: skip
TURNS = [
    chat(
        ("gpt", "You are a helpful assistant."), ("human", "Suggest a name for a grey cat."),
        ("gpt", "Call it Ash."), ("human", ""),
    ),
    chat(("gpt", "Of course."), ("human", "Tell me more about it.")),
]  # fmt: skip
EXPECTED = {
    ("settle_turns", "wrong-order"): 1, ("filter_sources", "classification"): 60,
    ("cap_templates", "template"): 3, ("filter_rules", "network"): 1,
    ("filter_rules", "refusal"): 1, ("parse", "syntax"): 1, ("deduplicate", "duplicate"): 1,
    ("execute", "RE"): 1,
}  # fmt: skip


def rows_of(folder):
    return [
        row for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alpaca.json").write_text(json.dumps(ALPACA))
    (tmp_path / "turns.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TURNS))
    return tmp_path


def run(*args):
    return cli.run(["run", "infinity-foundation", *args])


@pytest.mark.bwrap
def test_every_row_is_accepted_or_rejected_for_its_reason(pool):
    assert run("alpaca.json", "turns.jsonl", "-o", "out") == 0
    rejected = Counter(
        (row["rejected"]["stage"], row["rejected"]["reason"])
        for row in rows_of(pool / "out/rejected")
    )
    assert rejected == EXPECTED
    accepted = rows_of(pool / "out/corpus")
    assert len(accepted) + rejected.total() == len(ALPACA) + len(TURNS)
    assert Counter(row["question_type"] for row in accepted) == {
        "math": 5, "code": 1, "knowledge": 1, "chat": 1,
    }  # fmt: skip
    told = {row["question_type"]: row for row in accepted}
    assert (told["code"]["level"], told["chat"]["level"]) == ("ran", "none")
    assert [m["role"] for m in told["chat"]["messages"]] == ["system", "user", "assistant"]
    assert all(0 < row["scores"][0]["value"] < 1 for row in accepted)
    assert "sst2" in (pool / "out/sources.toml").read_text()


@pytest.mark.bwrap
def test_only_code_is_verified(pool):
    run("alpaca.json", "turns.jsonl", "-o", "out")
    for row in rows_of(pool / "out/corpus"):
        checks = {check["name"] for check in row["checks"]}
        assert ("parse" in checks) == (row["kind"] == "code")


@pytest.mark.bwrap
def test_targets_draw_from_their_domain(pool):
    tasks = [{"question": f"Ann has {n} pens and buys {n} more. How many?", "answer": f"{2 * n}"}
             for n in range(9)]  # fmt: skip
    (pool / "gsm.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
    more = ("--set", "select_dsir.k=2")
    assert run("alpaca.json", "--target", "gsm8k=gsm.jsonl", "-o", "out", *more) == 0
    found = Counter(row["question_type"] for row in rows_of(pool / "out/corpus"))
    assert found == {"math": 2, "code": 1, "knowledge": 1}
    assert run("alpaca.json", "--target", "mine=gsm.jsonl", "-o", "other") == 2


def test_an_empty_pool_is_told(pool, capsys):
    (pool / "none.jsonl").write_text("")
    assert run("none.jsonl", "-o", "out") == 2
    assert "none.jsonl is empty" in capsys.readouterr().err


SHORT = """
name = "short"
[inputs.pool]
kind = "rows"
[[step]]
use = "settle_turns"
[[step]]
use = "route_domains"
[[step]]
use = "filter_sources"
[[step]]
use = "cap_templates"
[[step]]
use = "filter_rules"
[[step]]
use = "score_quality"
"""


@needs_shared
@pytest.mark.slow
@pytest.mark.may_skip(reason="reads data that are not part of the repository")
@pytest.mark.parametrize("name", ["", *(sorted(path.name for path in GENERAL.glob("*")))])
def test_every_shared_set_is_read_and_none_of_its_rows_vanishes(name, tmp_path, monkeypatch):
    """All together, and each alone; one holds labels only, and is refused if it stands alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.toml").write_text(SHORT)
    code = cli.run(["run", "short.toml", str(GENERAL / name), "-o", "out"])
    if name == "quality_labels.jsonl":
        assert code == 2
        return
    assert code == 0
    steps = json.loads((tmp_path / "out/summary.json").read_text())["stages"]
    for told in steps.values():
        lost = sum(told["rejected"].values())
        assert told["in"] + told["made"] == told["out"] + lost + told["unfinished"]
    accepted, rejected = rows_of(tmp_path / "out/corpus"), rows_of(tmp_path / "out/rejected")
    first = steps["read"]
    assert len(accepted) + len(rejected) == first["in"] + first["made"]
    assert len({row["id"] for row in accepted}) == len(accepted)
