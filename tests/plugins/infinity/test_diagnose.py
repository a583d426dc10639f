"""What students do badly comes back as seeds, and what they share as new instructions."""

import json

import pytest

from backfeed.engine.conformance import Rows
from backfeed.plugin import (
    ConfigError,
    InputError,
    Labels,
    Message,
    Read,
    Refused,
    Sample,
    notes,
    rejoined,
)
from backfeed.plugins.infinity.diagnose import Diagnose


def row(name, coarse="Law", said="", answer="Known."):
    turns = (Message("user", said or f"Do {name}."),)
    turns += (Message("assistant", answer),) if answer else ()
    return Sample(id=name, messages=turns, labels=Labels(("x",), (coarse,) if coarse else ()))


def diagnosed(rows, grades, known=None, asked=None, **settings):
    """`grades` by row and student; others get 9. A grade of None is a refusal."""

    def answer(request):
        if isinstance(request, Read):
            return known
        if asked is not None:
            asked.append(request)
        if request.name == "chat/answer":
            return {"text": f"{request.role} on {request.fields['turns'][-1]['content']}"}
        if request.name == "diagnose/grade":
            student, _, said = request.fields["answer"].partition(" on ")
            grade = grades.get((said[3:-1], student[-1]), grades.get(said[3:-1], 9))
            if grade is None:
                raise Refused("filtered", "no")
            return {"text": json.dumps({"fault": f"{student} is wrong", "grade": grade})}
        assert request.name == "diagnose/weakness"
        told = [f"Train {request.fields['field']} {n}." for n in range(6)]
        return {"text": json.dumps({"weakness": "They do not cite.", "instructions": told})}

    result = rejoined(Diagnose(**settings).whole(Rows(rows)), answer)
    return list(result.rows), list(result.seeds), result


def test_only_what_all_students_do_badly_comes_back():
    rows = [row(name) for name in "abc"]
    grades = {("a", "a"): 2, ("a", "b"): 5, ("b", "a"): 2, ("b", "b"): 6, "c": 9}
    found, seeds, result = diagnosed(rows, grades, fresh=0)
    assert [one.id for one in seeds] == ["a"]
    assert [one.role for one in seeds[0].messages] == ["user"]
    assert {s.name: s.value for s in found[1].scores} == {
        "grade/student_a": 2.0, "grade/student_b": 6.0,
    }  # fmt: skip
    assert found[1].messages == rows[1].messages
    assert result.metrics["poor"] == pytest.approx(1 / 3)
    assert json.loads(result.artefacts["diagnosis"]) == {"Law": 0.333333}


def test_a_weakness_becomes_new_instructions_of_its_class():
    asked = []
    rows = [row("a"), row("b", "Life"), row("c", "Life")]
    _, seeds, result = diagnosed(rows, {"a": 1, "b": 9, "c": 3}, asked=asked)
    new = [one for one in seeds if one.lineage.stage == "diagnose"]
    assert [one.instruction for one in new] == [
        f"Train {name} {n}." for name in ("Law", "Life") for n in range(4)
    ]  # fmt: skip
    assert len({one.id for one in seeds}) == 10
    assert new[0].labels == Labels(coarse=("Law",))
    assert new[0].lineage.parents == ("a",)
    assert notes.noted(new[0])["weakness"] == "They do not cite."
    assert (result.metrics["seeds/Law"], result.metrics["seeds/Life"]) == (5, 5)
    [law] = [r for r in asked if r.name == "diagnose/weakness" and r.fields["field"] == "Law"]
    faults = "student_a is wrong / student_b is wrong"
    assert law.fields["items"] == [{"instruction": "Do a.", "faults": faults}]


def test_the_rows_own_answer_is_the_judges_reference_and_no_students_help():
    asked = []
    diagnosed([row("a"), row("b", answer="")], {}, asked=asked)
    answers = [r for r in asked if r.name == "chat/answer"]
    assert all([turn["role"] for turn in r.fields["turns"]] == ["user"] for r in answers)
    assert [r.role for r in answers] == ["student_a", "student_b"] * 2
    grades = [r for r in asked if r.name == "diagnose/grade"]
    assert sorted(r.fields["reference"] for r in grades) == ["", "", "Known.", "Known."]
    assert {r.role for r in grades} == {"judge"}


def test_so_many_rows_of_each_class_are_looked_at():
    rows = [row(f"l{n}") for n in range(30)] + [row(f"n{n}", coarse="") for n in range(3)]
    found, _, result = diagnosed(rows, {}, per_class=5)
    assert result.metrics["graded"] == 8
    assert sum(bool(one.scores) for one in found) == 8
    assert len(found) == 33


def test_what_could_not_be_graded_is_not_weak():
    found, seeds, result = diagnosed([row("a"), row("b")], {("a", "b"): None, ("a", "a"): 1})
    assert seeds == []
    assert (found[0].scores, result.metrics["graded"]) == ((), 1)


def test_classes_that_improved_are_counted(tmp_path):
    known = tmp_path / "diagnosis"
    known.write_text(json.dumps({"Law": 1.0, "Life": 0.0}))
    rows = [row("a"), row("b"), row("c", "Life")]
    _, _, result = diagnosed(rows, {"a": 1}, known=known)
    assert result.metrics["improved"] == 1
    assert diagnosed(rows, {"a": 1})[2].metrics["improved"] == 2
    known.write_text("?")
    with pytest.raises(InputError, match="diagnosis"):
        diagnosed(rows, {}, known=known)


def test_nothing_to_look_at():
    assert diagnosed([], {})[2].metrics["poor"] == 0.0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"students": ()}, "students"),
        ({"students": ("a", "a")}, "once"),
        ({"poor": 10}, "poor = 10"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(ConfigError, match=told):
        Diagnose(**settings)
