"""Rows as a check leaves them."""

import json

from backfeed.engine.gate.clauses import clauses
from backfeed.engine.gate.judge import judge
from backfeed.engine.gate.lines import marked
from backfeed.engine.gate.policy import parse
from backfeed.engine.gate.verdict import Verdict, outcomes
from backfeed.engine.records import Check, Finding, Message, Place, Sample


def row(name="a", line=1, said="Double x.", **changes):
    turns = (Message("user", said), Message("assistant", "def f(x): return 2 * x"))
    return Sample(
        id=name, source_id=name, messages=turns, code="def f(x): return 2 * x\n",
        place=Place("rows.jsonl", line), level="analyzed",
    ).but(**changes)  # fmt: skip


def failed(name, line=1, reason="syntax", stage="parse", **changes):
    finding = Finding(reason, "error", "it is wrong", 1, 5)
    made = row(name, line, said=f"Do {name}.", level="none", **changes)
    return made.checked(Check(stage, "failed", findings=(finding,))).no(
        stage, reason, "line 1: bad"
    )


def unread(name, line=1, reason="not-json"):
    lost = Sample(id=name, source_id=name, place=Place("rows.jsonl", line))
    return lost.no("read", reason, "it is no JSON")


def remarked(name, line, *rules):
    found = tuple(Finding(rule, "warning", "so it is") for rule in rules)
    return row(name, line, said=name).checked(Check("inspect", "passed", findings=found))


def tried(name, verdict="passed"):
    level = "tested" if verdict == "passed" else "ran"
    made = row(name, said=name, level=level).checked(Check("test", verdict))
    return made.no("execute", "WA", "no") if verdict == "failed" else made


def said(extra):
    return json.dumps(extra)


def judged(rows, baseline=None, **policy):
    """The rows under a policy: the verdict, and what was counted."""
    found = judge(clauses(parse(policy, "gate.toml")), marked(rows, {}))
    return Verdict("rows.jsonl", "gate.toml", found.rows, outcomes(found, baseline)), found
