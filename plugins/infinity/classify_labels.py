"""Fine labels of a set -> coarse classes: about twenty-six, each label in one."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from backfeed.plugin import (
    AskFailed,
    Asks,
    ConfigError,
    InputError,
    Prompt,
    Read,
    Result,
    Sample,
    Table,
    together,
)
from backfeed.plugins.infinity import _classes

AT_ONCE = 64
T = TypeVar("T")


class Placed(msgspec.Struct, frozen=True):
    """A label and its class."""

    label: str
    class_name: str


class Classified(msgspec.Struct, frozen=True):
    """The reply to `labels/coarse`."""

    classes: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class ClassifyLabels:
    """Put every fine label into one coarse class (Infinity-Instruct P2-a), and rows into several.

    `by` "model" shows `at_once` labels to the role at a time; labels that its reply leaves out, or
    puts into a class that there is none of, are shown once more, and then are of the last class.
    `by` "cues" asks nobody: words in the labels decide, which is cruder. The classes are those of
    the published label system, or of the file `coarse_classes` (TOML: [[class]], name, cues). What
    a label was put into stays in later rounds, where those that have no place are asked for again:
    the artefact `label_classes` (JSON: label -> class). Metrics say how many rows a class has.

    in:  rows with labels.fine ["sorting", "contract law"]
    out: labels.coarse ["Programming and Software Development", "Law"]
    """

    by: str = "model"
    role: str = "default"
    at_once: int = 40
    version = 1
    reads = ("label_classes", "coarse_classes")
    optional = ("coarse_classes",)
    writes = ("label_classes",)
    incremental = True

    def __post_init__(self) -> None:
        """Refuse another way of deciding."""
        if self.by not in ("model", "cues"):
            raise ConfigError(f"classify_labels.by = {self.by!r}: it is 'model' or 'cues'")
        if self.at_once < 1:
            raise ConfigError(f"classify_labels.at_once = {self.at_once}: it is 1 or more")

    @property
    def asks(self) -> tuple[str, ...]:
        """The model, unless cues decide."""
        return ("model",) if self.by == "model" else ()

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompt, unless cues decide."""
        return ("labels/coarse",) if self.by == "model" else ()

    def whole(self, table: Table) -> Asks[Result]:
        """Two passes over the labels; all labels are in memory, rows are not."""
        known = _known((yield from Read("label_classes")))
        path: Path | None = yield from Read("coarse_classes")
        classes = _classes.published() if path is None else _classes.read(path)
        names = {one.name for one in classes}
        counts = Counter(label for labels in _labels(table) for label in labels)
        found = {label: name for label, name in known.items() if name in names}
        fresh = sorted(counts.keys() - found.keys())
        if self.by == "cues":
            found |= {label: _classes.by_cues(label, classes) for label in fresh}
        else:
            found |= yield from self._asked(fresh, [one.name for one in classes])
        told = json.dumps(found, ensure_ascii=False, sort_keys=True, indent=0).encode()
        found |= {label: classes[-1].name for label in fresh if label not in found}
        rows: Counter[str] = Counter()
        for labels in _labels(table):
            rows.update({found[label] for label in labels})
        metrics = {f"rows/{one.name}": float(rows[one.name]) for one in classes}
        metrics["labels"] = float(len(counts))
        return Result((_placed(row, found) for row in table), {"label_classes": told}, metrics)

    def _asked(self, labels: Sequence[str], names: Sequence[str]) -> Asks[dict[str, str]]:
        """What the model says of each label; twice, if need be."""
        found: dict[str, str] = {}
        for _ in range(2):
            open_ = [label for label in labels if label not in found]
            parts = _parts(open_, self.at_once)
            for some in _parts(parts, AT_ONCE):
                asked = (self._ask(part, names) for part in some)
                for placed in (yield from together(asked)):
                    found |= placed
        return found

    def _ask(self, labels: Sequence[str], names: Sequence[str]) -> Asks[dict[str, str]]:
        prompt = Prompt(
            "labels/coarse", reply=Classified, role=self.role, labels=[*labels], classes=[*names]
        )
        try:
            reply: Classified = yield from prompt
        except AskFailed:
            return {}
        told = {one.label: one.class_name for one in reply.classes}
        return {one: told[one] for one in labels if told.get(one) in names}


def _parts(of: Sequence[T], size: int) -> list[Sequence[T]]:
    return [of[start : start + size] for start in range(0, len(of), size)]


def _labels(table: Table) -> Iterator[list[str]]:
    for batch in table.batches(["labels"]):
        for row in batch["labels"].to_pylist():
            yield (row or {}).get("fine") or []


def _placed(row: Sample, found: Mapping[str, str]) -> Sample:
    coarse = dict.fromkeys(found[label] for label in row.labels.fine)
    return row.but(labels=replace(row.labels, coarse=tuple(coarse)))


def _known(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise InputError(f"the artefact label_classes cannot be read: {error}") from error


PLUGIN = ClassifyLabels
