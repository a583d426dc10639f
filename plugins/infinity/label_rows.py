"""Instruction -> fine labels: the abilities and fields of knowledge that an answer needs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import msgspec

from backfeed.plugin import Asks, Prompt, Sample, by_model, notes, phrases

MOST, MOST_WORDS = 6, 4


class Label(msgspec.Struct, frozen=True):
    """One label in two languages."""

    en: str
    zh: str = ""


class Labelled(msgspec.Struct, frozen=True):
    """The reply to `labels/fine`."""

    labels: Annotated[tuple[Label, ...], msgspec.Meta(min_length=1, max_length=MOST)]


@dataclass(frozen=True, slots=True)
class LabelRows:
    """Ask a model for one to six fine labels (Infinity-Instruct P2-a), in English and Chinese.

    The English ones are the row's `labels.fine`, the Chinese ones a note `labels_zh` in the same
    order. Labels in lower case, each once; one of more than `most_words` words is no label. A row
    that has fine labels keeps them. The published prompt is unknown; this one is ours.

    in:  "Sort a list of orders by date in Python."
    out: labels.fine ["programming ability", "sorting"], notes labels_zh ["编程能力", "排序"]
    """

    role: str = "default"
    most_words: int = MOST_WORDS
    version = 1
    asks = ("model",)
    prompts = ("labels/fine",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """One prompt; a reply without a label of use rejects the row."""
        if sample.labels.fine:
            return [sample]
        prompt = Prompt(
            "labels/fine", reply=Labelled, role=self.role, instruction=sample.instruction
        )
        reply: Labelled = yield from prompt
        found = dict(self._kept(reply))
        if not found:
            said = ", ".join(label.en for label in reply.labels)
            return [sample.no("label_rows", "no-label", f"no label is of use: {said}")]
        told = sample.but(labels=replace(sample.labels, fine=tuple(found)))
        written: Sample = yield from by_model(told, prompt)
        return [notes.with_notes(written, labels_zh=[*found.values()])]

    def _kept(self, reply: Labelled) -> Iterator[tuple[str, str]]:
        """The labels of use; what comes twice has its last Chinese name."""
        for label in reply.labels:
            name = phrases.clean(label.en)
            if name and len(name.split()) <= self.most_words:
                yield name, label.zh.strip()


PLUGIN = LabelRows
