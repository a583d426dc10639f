"""A run with something of everything, made by hand."""

from finished import finish, sample

from backfeed.engine.records import (
    Check,
    Finding,
    Keywords,
    Lineage,
    Message,
    NamedScore,
    Origin,
)
from backfeed.engine.records import Test as Tested

SUMMARY = {
    "complete": True, "stopped": "", "accepted": 4, "rejected": 3, "unfinished": 1,
    "stages": {
        "cut": {"in": 5, "made": 3, "out": 5, "rejected": {"too-short": 2, "odd": 1},
                "unfinished": 0},
        "read": {"in": 5, "made": 0, "out": 5, "rejected": {}, "unfinished": 0},
        "run": {"in": 5, "made": 0, "out": 4, "rejected": {}, "unfinished": 1},
        "run-2": {"in": 0, "made": 0, "out": 0, "rejected": {}, "unfinished": 0},
    },
    "asked": {"sandbox": 6, "model:default": 2}, "book": {"sandbox": 9},
    "desks": {"sandbox": {"asked": 6, "known": 3}, "compute": {}},
    "spent": {"requests": 2, "tokens_in": 1500, "tokens_out": 300, "usd": 0.0123,
              "lost_usd": 0.0, "unpriced": 0},
    "seconds": 12.5, "metrics": {"pairs": 3.0},
    "versions": {"backfeed": "1.2.3", "python": "3.11.7", "stages": {"cut": 1}},
}  # fmt: skip
RECIPE = {
    "name": "demo",
    "sandbox": {"use": "bubblewrap"},
    "given": {"inputs": {
        "sources": {"pinned": [{"address": "pypi:a", "version": "1.0", "sha256": "ab" * 32}]},
        "rows": {"pinned": [{"address": "/home/someone/rows.jsonl", "sha256": "cd" * 32}]},
    }},
    "step": [
        {"use": "cut", "name": "cut"},
        {"loop": "more", "step": [{"use": "run", "name": "run"}, {"use": "run", "name": "run-2"}]},
    ],
}  # fmt: skip
LIMITS = {"cpu_s": 5.0, "wall_s": 17.0, "memory_mb": 512}


def proof(words, rule="mutants", verdict="passed"):
    return Check("prove", verdict, findings=(Finding(rule, "note", words),))


def seen(cpu_s, verdict="AC"):
    outcome = {"cpu_s": cpu_s, "wall_s": 2 * cpu_s, "peak_mb": 20.0, "environment": "e" * 32}
    return {"verdict": verdict, "job": {"limits": LIMITS}, "outcome": outcome}


def origin(path, first=1, last=9, **more):
    return Origin("pypi:a==1.0", "a", "1.0", path, first, last, **{"licence": "MIT", **more})


def accepted():
    yield sample(
        "one", level="proven", origin=origin("a/x.py", sha256="f" * 64),
        tests=(Tested("script", "doc", "assert f(1)"),),
        checks=(Check("parse", "passed"), proof("9 of 10 usable mutants killed (12 made)")),
        keywords=Keywords(("add",), (), ("sets",)), scores=(NamedScore("nll", 1.25),),
    )  # fmt: skip
    yield sample(
        "two", level="tested", origin=origin("a/x.py", 10, 20),
        tests=(Tested("script", "recorded"),),
        checks=(proof("3 of 10 usable mutants killed (10 made)", "not-proven", "unverified"),),
    )  # fmt: skip
    yield sample(
        "both", level="tested", language="go", question_type="compose",
        origin=Origin(
            "pypi:a==1.0 + pypi:b==2.0", path="a/x.py + b|y.py", licence="BSD-3-Clause AND MIT"
        ),
        lineage=Lineage("backfeed", ("one", "gone")),
        checks=(proof("no mutants for go", "not-proven"),),
    )  # fmt: skip
    yield sample("none", origin=Origin(), messages=(Message("user", "q"),))


def rejected():
    for name in ("three", "four"):
        yield sample(name).no("cut", "too-short", f"{name} is short")
    gone = Origin("pypi:b==2.0", "b", "2.0", "b|y.py", 3, 4, "BSD-3-Clause")
    yield sample("gone", origin=gone).no("cut", "odd", "it is odd")


def make(directory):
    """Write that run."""
    evidence = [("one", "test", seen(0.03)), ("one", "stub", seen(0.04, "WA")),
                ("two", "test", seen(1.5))]  # fmt: skip
    lost = [sample("five").no("engine", "unfinished", "silent")]
    return finish(
        directory, accepted(), rejected(), lost, evidence=evidence, summary=SUMMARY, recipe=RECIPE
    )
