"""Evolved rows -> the weaknesses that students share, as seeds of the next round."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from backfeed.plugin import (
    AskFailed,
    Asks,
    ConfigError,
    InputError,
    Labels,
    Lineage,
    Message,
    NamedScore,
    Prompt,
    Read,
    Result,
    Sample,
    Table,
    notes,
    together,
)
from backfeed.plugins.infinity._turns_asked import reply_to, shown

STAGE = "diagnose"
AT_ONCE = 256
SHOWN = 8
NO_CLASS = "no class"


class Grade(msgspec.Struct, frozen=True):
    """The reply to `diagnose/grade`."""

    fault: str
    grade: Annotated[int, msgspec.Meta(ge=1, le=10)]


class Weakness(msgspec.Struct, frozen=True):
    """The reply to `diagnose/weakness`."""

    weakness: str
    instructions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graded:
    """What the students' answers to one row are worth, and their worst faults."""

    grades: tuple[int, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnose:
    """Let students answer, grade them, and return what all of them do badly (Infinity P2-d).

    Of each coarse class `per_class` rows are drawn. The roles of `students` answer the last
    question of each; the role `judge` grades the answers, 1 to 10, with the row's own answer as
    reference. Rows whose answers all have `poor` or less are weak: they are seeds of the next
    round. For each class with weak rows the role `role` names the weakness that they share and
    writes `fresh` new instructions against it, seeds, too. Threshold, number and rounds are not
    published; these are our defaults. Rows go on with scores `grade/STUDENT`; rows that could not
    be graded go on without. A loop can stop by the metrics `poor` (the share of weak rows) or
    `improved` (in how many classes it fell since the last round; in the first round all count).

    in:  rows with labels.coarse and answers
    out: the rows with scores; seeds: weak rows without their answers, and new instructions
    """

    students: tuple[str, ...] = ("student_a", "student_b")
    judge: str = "judge"
    role: str = "strong"
    per_class: int = 200
    poor: int = 5
    fresh: int = 4
    version = 1
    asks = ("model",)
    prompts = ("chat/answer", "diagnose/grade", "diagnose/weakness")
    reads = ("diagnosis",)
    writes = ("diagnosis",)

    def __post_init__(self) -> None:
        """Refuse no student, and numbers that make no sense."""
        if not self.students or len(set(self.students)) < len(self.students):
            raise ConfigError(f"{STAGE}.students = {self.students}: name one or more roles, once")
        if not 1 <= self.poor < 10 or self.per_class < 1 or self.fresh < 0:
            raise ConfigError(
                f"{STAGE}: poor = {self.poor}, per_class = {self.per_class}, fresh = {self.fresh}:"
                " poor is 1 to 9, the others numbers of rows"
            )

    def whole(self, table: Table) -> Asks[Result]:
        """Two passes; drawn rows are in memory, others are not."""
        before = _read((yield from Read("diagnosis")))
        drawn = self._drawn(table)
        graded: dict[str, Graded] = {}
        for some in _parts(drawn, AT_ONCE):
            found = yield from together(self._grade(row) for row in some)
            graded |= {row.id: one for row, one in zip(some, found, strict=True) if one}
        weak = [row for row in drawn if row.id in graded and self._is_weak(graded[row.id])]
        new: list[Sample] = yield from self._fresh(weak, graded)
        shares = _shares(drawn, weak, graded)
        metrics = {
            "graded": float(len(graded)), "weak": float(len(weak)), "fresh": float(len(new)),
            "poor": len(weak) / len(graded) if graded else 0.0,
            "improved": float(sum(share < before.get(one, 1.1) for one, share in shares.items())),
            **{f"poor/{one}": share for one, share in shares.items()},
            **{f"seeds/{one}": float(count) for one, count in _classes([*weak, *new]).items()},
        }  # fmt: skip
        told = json.dumps(shares, ensure_ascii=False, sort_keys=True).encode()
        seeds = [*map(_asked_again, weak), *new]
        rows = (self._scored(row, graded.get(row.id)) for row in table)
        return Result(rows, {"diagnosis": told}, metrics, seeds=seeds)

    def _drawn(self, table: Table) -> list[Sample]:
        """So many rows of each class, by their luck, in order."""
        best: dict[str, list[tuple[float, int]]] = {}
        for number, row in enumerate(table):
            if row.rejected is None and row.instruction:
                mine = best.setdefault(_class_of(row), [])
                mine.append((row.rng(STAGE).random(), number))
        kept = {n for mine in best.values() for _, n in sorted(mine)[: self.per_class]}
        return [row for number, row in enumerate(table) if number in kept]

    def _is_weak(self, graded: Graded) -> bool:
        return len(graded.grades) == len(self.students) and max(graded.grades) <= self.poor

    def _grade(self, row: Sample) -> Asks[Graded | None]:
        """The grades of all students; None if one of them could not be asked or graded."""
        said = row.messages
        reference = said[-1].content if said[-1].role == "assistant" else ""
        asked = said[:-1] if reference else said
        grades: list[Grade | None] = yield from together(
            self._one(asked, reference, student) for student in self.students
        )
        if any(one is None for one in grades):
            return None
        known = [one for one in grades if one is not None]
        return Graded(tuple(one.grade for one in known), tuple(one.fault for one in known))

    def _one(self, asked: Sequence[Message], reference: str, student: str) -> Asks[Grade | None]:
        try:
            answer: str = yield from reply_to(asked, student)
            grade: Grade = yield from Prompt(
                "diagnose/grade", reply=Grade, role=self.judge, turns=shown(asked),
                reference=reference, answer=answer,
            )  # fmt: skip
        except AskFailed:
            return None
        return grade

    def _fresh(self, weak: Sequence[Sample], graded: Mapping[str, Graded]) -> Asks[list[Sample]]:
        """New instructions against the weakness of each class."""
        of: dict[str, list[Sample]] = {}
        for row in weak:
            of.setdefault(_class_of(row), []).append(row)
        asked = (self._against(one, rows[:SHOWN], graded) for one, rows in sorted(of.items()))
        found: list[list[Sample]] = (yield from together(asked)) if self.fresh else []
        return [row for rows in found for row in rows]

    def _against(
        self, name: str, rows: Sequence[Sample], graded: Mapping[str, Graded]
    ) -> Asks[list[Sample]]:
        items = [
            {"instruction": row.instruction, "faults": " / ".join(graded[row.id].faults)}
            for row in rows
        ]  # fmt: skip
        prompt = Prompt(
            "diagnose/weakness", reply=Weakness, role=self.role, field=name, items=items,
            most=self.fresh,
        )  # fmt: skip
        try:
            told: Weakness = yield from prompt
        except AskFailed:
            return []
        texts = dict.fromkeys(one.strip() for one in told.instructions)
        return [
            _new(rows, number, text, weakness=told.weakness)
            for number, text in enumerate([one for one in texts if one][: self.fresh])
        ]

    def _scored(self, row: Sample, graded: Graded | None) -> Sample:
        if graded is None:
            return row
        told = [
            NamedScore(f"grade/{name}", float(one))
            for name, one in zip(self.students, graded.grades, strict=True)
        ]  # fmt: skip
        names = {one.name for one in told}
        kept = [one for one in row.scores if one.name not in names]
        return row.but(scores=(*kept, *told))


def _new(rows: Sequence[Sample], number: int, text: str, *, weakness: str) -> Sample:
    """A seed against a weakness; its parents are the rows that showed it."""
    first = rows[0].child(STAGE, number, messages=(Message("user", text),), tests=(), code="")
    coarse = rows[0].labels.coarse[:1]
    made = first.but(
        labels=Labels(coarse=coarse), scores=(), files=(), support=(), entry_point="",
        lineage=Lineage(STAGE, tuple(row.id for row in rows), seed=rows[0].lineage.seed),
    )  # fmt: skip
    return notes.with_notes(made, weakness=weakness)


def _asked_again(row: Sample) -> Sample:
    """A weak row as a seed: without its answer, and without what was said of that."""
    last = row.messages[-1].role == "assistant"
    said = row.messages[:-1] if last else row.messages
    return row.but(messages=said, checks=(), level="none", scores=(), code="")


def _class_of(row: Sample) -> str:
    return row.labels.coarse[0] if row.labels.coarse else NO_CLASS


def _classes(rows: Sequence[Sample]) -> Counter[str]:
    return Counter(map(_class_of, rows))


def _shares(
    drawn: Sequence[Sample], weak: Sequence[Sample], graded: Mapping[str, Graded]
) -> dict[str, float]:
    """The share of weak rows among those graded, by class."""
    of, poor = _classes([row for row in drawn if row.id in graded]), _classes(weak)
    return {one: round(poor[one] / count, 6) for one, count in sorted(of.items())}


def _parts(of: Sequence[Sample], size: int) -> Iterator[Sequence[Sample]]:
    return (of[start : start + size] for start in range(0, len(of), size))


def _read(path: Path | None) -> dict[str, float]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except msgspec.MsgspecError as error:
        raise InputError(f"the artefact diagnosis cannot be read: {error}") from error


PLUGIN = Diagnose
