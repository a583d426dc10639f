"""Facts: what a directory says of itself."""

import doctest

import pytest
from finished import finish, sample

from backfeed.engine.errors import StoreFault
from backfeed.engine.records import Check, Finding
from backfeed.engine.report import _evidence, _header, _words, attribution
from backfeed.engine.report.facts import EXAMPLES, SHOWN, Counted, gather
from backfeed.engine.report.mutants import Mutants


@pytest.mark.parametrize("module", [_header, _words, attribution], ids=lambda m: m.__name__)
def test_examples_in_docstrings(module):
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0


def test_counts(run):
    facts = gather(run)
    assert facts.rows == {"corpus": 4, "rejected": 3, "unfinished": 1}
    assert facts.counts["levels"] == {"proven": 1, "tested": 2, "none": 1}
    assert facts.counts["languages"] == {"python": 3, "go": 1}
    assert facts.counts["oracles"] == {"doc": 1, "recorded": 1}
    assert facts.counts["licences"] == {"MIT": 2, "BSD-3-Clause AND MIT": 1, "": 1}
    assert facts.verdicts == {
        "parse": {"passed": 1},
        "prove": {"passed": 2, "unverified": 1},
    }


def test_proofs(run):
    facts = gather(run)
    assert facts.killed == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    assert facts.unproven == {
        "too few mutants of the answer fail its tests": 1,
        "no mutants for go": 1,
    }


def test_mutants_are_counted_by_language(tmp_path):
    told = {
        "a": ("go", "mutants", "6 of 8 usable mutants killed (10 made)"),
        "b": ("go", "mutants", "6 of 8 usable mutants killed (10 made)"),
        "c": ("go", "not-proven", "1 of 3 usable mutants killed (20 made)"),
        "d": ("c", "not-proven", "0 of 0 usable mutants killed (4 made)"),
        "e": ("c", "not-proven", "not tested"),
    }
    rows = [
        sample(name, language=language).checked(
            Check("prove", "unverified", findings=(Finding(rule, "note", message),))
        )
        for name, (language, rule, message) in told.items()
    ]
    finish(tmp_path, rows[1:], [rows[0].no("accept", "level")])
    found = gather(tmp_path).mutants
    assert found == {"go": Mutants(3, 40, 19, 13), "c": Mutants(1, 4, 0, 0)}
    assert (found["go"].survived, round(found["go"].share, 2)) == (6, 0.68)


def test_mutants_are_counted_by_operator(tmp_path):
    told = ["2 of 5 usable mutants killed (7 made)",
            "number: 2 of 2 usable mutants killed (3 made)",
            "string: 0 of 3 usable mutants killed (4 made)",
            "equivalent-looking: 0 of 0 usable mutants killed (1 made)"]  # fmt: skip
    rules = ["not-proven", "mutants-by", "mutants-by", "mutants-by"]
    findings = tuple(Finding(*pair) for pair in zip(rules, ["note"] * 4, told, strict=True))
    row = sample("a").checked(Check("prove", "unverified", findings=findings))
    finish(tmp_path, [row], [row.no("accept", "level")])
    facts, number = gather(tmp_path), Mutants(2, 6, 4, 4)
    operators = {"number": number, "string": Mutants(2, 8, 6, 0)}
    operators["equivalent-looking"] = Mutants(2, 2, 0, 0)
    assert facts.mutants == {"python": Mutants(2, 14, 10, 4, operators)}
    assert (facts.unproven.total(), sum(facts.killed)) == (1, 1)
    counts = {"rows": 2, "made": 6, "unusable": 2, "killed": 4, "survived": 0}
    told = Counted.of(tmp_path).plain()["mutants"]["python"]["operators"]
    assert (told["number"], told["equivalent-looking"]) == (counts, {"rows": 2, "made": 2})


def test_stages_stand_in_the_order_of_the_recipe(run):
    assert gather(run).stage_names == ["read", "cut", "run", "run-2"]


def test_reasons_with_examples(tmp_path):
    rows = [sample(f"{n}").no("cut", "short", f"{n}") for n in range(9)]
    finish(tmp_path, rejected=[*rows, sample("x").no("run", "WA")])
    short, wrong = gather(tmp_path).left["rejected"]
    assert (short.stage, short.reason, short.count) == ("cut", "short", 9)
    assert [row.id for row in short.examples] == ["0", "1", "2"][:EXAMPLES]
    assert (wrong.reason, wrong.count) == ("WA", 1)


def test_evidence(run):
    used = gather(run).used
    assert (used.total, used.read) == (3, 3)
    assert used.verdicts == {"test": {"AC": 2}, "stub": {"WA": 1}}
    assert used.environments == {"e" * 32: 3}
    [(checks, limits)] = used.grouped_limits()
    assert (checks, limits["memory_mb"]) == ("stub, test", 512)
    assert used.cpu_s.counts == (0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0)
    assert (used.cpu_s.median, used.cpu_s.most) == (0.04, 1.5)


def test_much_evidence_is_read_in_steps(run, monkeypatch):
    monkeypatch.setattr(_evidence, "MOST_READ", 2)
    used = gather(run).used
    assert (used.total, used.read) == (3, 2)
    assert used.verdicts["test"]["AC"] == 2


def test_rows_by_chance_are_the_same_every_time(tmp_path):
    rows = [sample(f"{n}") for n in range(100)]
    finish(tmp_path / "a", rows)
    finish(tmp_path / "b", rows[:50] + rows[50:])
    one, two = (gather(tmp_path / name).samples for name in "ab")
    assert [row.id for row in one] == [row.id for row in two]
    assert len(one) == len({row.id for row in one}) == SHOWN
    places = [int(row.id) for row in one]
    assert places == sorted(places)


def test_an_empty_directory_says_nothing(tmp_path):
    facts = gather(finish(tmp_path))
    assert set(facts.rows.values()) == {0}
    assert facts.samples == []
    assert (facts.used.cpu_s.total, facts.stage_names) == (0, [])


@pytest.mark.parametrize("folder", ["corpus", "rejected", "evidence"])
def test_a_broken_file_is_told(run, folder):
    [path] = (run / folder).iterdir()
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(StoreFault, match=path.name):
        gather(run)
