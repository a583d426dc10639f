"""The recipe infinity-chat, whole, against a model server on this machine that is told what to say.

What law is about students do badly in the script; nothing else.
"""

import json
import re

import pytest
from stub_model import Reply, StubModel

from backfeed.engine import cli
from backfeed.engine.output import read_rows

ROUNDS = 3
THINGS = ("leases", "wills", "patents", "fines", "deeds", "bail")
DISHES = ("soup", "bread", "stew", "salad", "pie", "rice")
HOW = ("today", "for a friend", "in winter", "on Sundays", "by hand")


def pool(path):
    rows = [f"Explain the law of {thing} {how}." for thing in THINGS for how in HOW]
    rows += [f"Tell me to cook {dish} {how}, dear {thing}." for dish in DISHES for how in HOW
             for thing in "x"]  # fmt: skip
    with path.open("w") as file:
        for n, said in enumerate(rows):
            file.write(
                json.dumps({"instruction": said, "output": f"Thus: number {n} is so."}) + "\n"
            )
    return path


def script(body, number):
    """The reply to a prompt, known by how its system text begins."""
    system, user = body["messages"][0]["content"], body["messages"][-1]["content"]
    is_law = " law" in user.lower()
    if system.startswith("You sort instructions"):
        label = "contract law" if is_law else "home cooking"
        return told(labels=[{"en": label, "zh": ""}])
    if system.startswith("You put labels"):
        of = {"contract law": "Law", "home cooking": "Life Knowledge and Skills"}
        labels = re.findall(r"^- (.+)$", user, re.MULTILINE)
        return told(classes=[{"label": one, "class_name": of[one]} for one in labels])
    if system.startswith("You write harder"):
        old = user.partition("Instruction:")[2].strip()
        mark = number % 89
        return told(
            changed="It names a case.", instruction=f"{old} Use case {mark} of year {number}."
        )
    if system.startswith("You compare an instruction"):
        return told(reason="More.", same=False, kept=True, harmful=False, answerable=True)
    if system.startswith("You grade"):
        return told(fault="It cites nothing." if is_law else "", grade=2 if is_law else 9)
    if system.startswith("Assistants did badly"):
        new = [f"Explain the law of matter {number} part {n}, which is old." for n in range(4)]
        return told(weakness="They do not cite.", instructions=new)
    if system.startswith("You play the person"):
        return told(message=f"And what about point {number}, then?")
    assert system.startswith("You are a helpful assistant")
    return Reply(f"Well: answer {number} speaks of matters at some length, with reason {number}.")


def told(**reply):
    return Reply(json.dumps(reply))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat")
    with StubModel(script) as stub:
        arguments = [
            "run", "infinity-chat", str(pool(folder / "pool.jsonl")), "-o", str(folder / "out"),
            "--model", "openai:stub", "--base-url", stub.url,
            "--set", f"evolution.rounds={ROUNDS}",
        ]  # fmt: skip
        code = cli.run(arguments)
    return folder / "out", code, stub


def rounds(out):
    folder = out / ".work" / "rounds"
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def test_the_weak_class_gains_seeds_round_by_round(ran):
    out, code, _ = ran
    assert code in (0, None)
    metrics = [one["metrics"] for one in rounds(out)]
    assert len(metrics) == ROUNDS
    law = [one["seeds/Law"] for one in metrics]
    assert law == sorted(set(law))
    assert law[-1] >= law[0] + 4 * (ROUNDS - 1)
    assert all("seeds/Life Knowledge and Skills" not in one for one in metrics)
    assert metrics[0]["poor/Law"] == 1.0
    assert metrics[0]["poor/Life Knowledge and Skills"] == 0.0


def test_rows_are_evolved_answered_and_nothing_is_lost(ran):
    out, _, _ = ran
    summary = json.loads((out / "summary.json").read_text())
    for name, one in summary["stages"].items():
        gone = sum(one["rejected"].values())
        assert one["in"] + one["made"] == one["out"] + gone + one["unfinished"], name
    rows = list(read_rows(out / "corpus"))
    assert len({row.id for row in rows}) == len(rows)
    assert sum(row.lineage.stage == "evolve" for row in rows) > 60
    for row in rows:
        roles = [one.role for one in row.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert row.labels.coarse
    assert max(len(row.messages) for row in rows) > 2


def test_again_asks_nobody(ran, tmp_path):
    out, _, stub = ran
    before = len(stub.asked)
    with StubModel(script) as other:
        arguments = [
            "run", "infinity-chat", str(out.parent / "pool.jsonl"), "-o", str(tmp_path / "again"),
            "--model", f"replay:{out}", "--set", f"evolution.rounds={ROUNDS}",
        ]  # fmt: skip
        cli.run(arguments)
        assert other.asked == []
    assert len(stub.asked) == before
    mine = [row.messages for row in read_rows(out / "corpus")]
    assert mine == [row.messages for row in read_rows(tmp_path / "again" / "corpus")]
