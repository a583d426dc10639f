"""Rows of any pool in one form: turns in order, where they are from, what they are written in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backfeed.plugin import Check, ConfigError, Finding, Message, Sample, notes, prose_language
from backfeed.plugins.infinity._extra import named
from backfeed.plugins.infinity._scripts import misread
from backfeed.plugins.infinity._turns import Settled, Unsettled, settle

CHOICES = {"doubled": ("join", "refuse"), "loose_ends": ("drop", "refuse")}


@dataclass(frozen=True, slots=True)
class SettleTurns:
    """Put turns in order, and say where a row is from (Infinity-Instruct, pooling).

    Repaired are faults that public sets are known for: empty turns, the system's text under the tag
    of an answer or behind the first question, a turn that is said twice. Turns of one speaker in a
    row are made one, or refused (`doubled`); what is an answer to nothing, or not answered, at the
    ends of a conversation is left out, or refused (`loose_ends`). Each repair is a finding of the
    check `settle_turns`. `sources` are the columns that say where a row is from, the best first: it
    becomes `origin.source`, else the file does. `tags` are those that name the language people
    speak: one that the script of the text belies is mended; with `classify`, also one that a
    classifier is sure of (extra `language`).

    in:  gpt "You are a helpful assistant.", human "Hi!", gpt "Hello.", human ""
    out: system "You are a helpful assistant.", user "Hi!", assistant "Hello.", kind "general"
    """

    doubled: str = "join"
    loose_ends: str = "drop"
    sources: tuple[str, ...] = ("source", "dataset", "data_source", "dataset_name")
    tags: tuple[str, ...] = ("langdetect", "lang", "language", "locale")
    classify: bool = False
    version = 1

    def __post_init__(self) -> None:
        """Refuse choices that are none, and a classifier that is not there."""
        for name, known in CHOICES.items():
            if (value := getattr(self, name)) not in known:
                raise ConfigError(f"settle_turns.{name} = {value!r}: it is {' or '.join(known)}")
        if self.classify:
            prose_language.foreign("What is this written in?", ("en",))

    def each(self, sample: Sample) -> list[Sample]:
        """Nothing is asked."""
        extra = notes.noted(sample)
        source = sample.origin.source or named(extra, self.sources) or sample.place.file
        sample = sample.but(origin=replace(sample.origin, source=source), kind=_kind(sample))
        try:
            found = self._settled(sample)
        except Unsettled as why:
            return [sample.no("settle_turns", why.reason, why.detail)]
        sample = sample.but(messages=found.messages)
        told, mended = self._language(sample, extra)
        check = Check("settle_turns", "passed", findings=(*found.repairs, *told))
        return [sample.but(extra=mended).checked(check)]

    def _settled(self, sample: Sample) -> Settled:
        """Turns in order; an answer that is files needs no words."""
        turns = list(sample.messages)
        if bare := bool(sample.files) and not sample.response.strip():
            turns.append(Message("assistant", "files"))
        found = settle(turns, join=self.doubled == "join", drop=self.loose_ends == "drop")
        return replace(found, messages=found.messages[:-1]) if bare else found

    def _language(
        self, sample: Sample, extra: Mapping[str, Any]
    ) -> tuple[tuple[Finding, ...], str]:
        """Tags that are wrong, and the row's other columns with the right ones."""
        text, right = sample.instruction, dict[str, str]()
        for column in self.tags:
            if not isinstance(tag := extra.get(column), str) or not tag.strip():
                continue
            code = misread(text, tag)
            if not code and self.classify:
                code = prose_language.foreign(text, (tag.lower().partition("-")[0],))
            if code:
                right[column] = code
        if not right:
            return (), sample.extra
        told = tuple(
            Finding("wrong-language", "note", f"{column} says {extra[column]!r}, it is {code!r}")
            for column, code in right.items()
        )
        return told, json.dumps({**extra, **right}, sort_keys=True, ensure_ascii=False)


def _kind(sample: Sample) -> str:
    """Of what brings tests, files or code it is known; others are routed by their words."""
    told = sample.tests or sample.files or sample.code or sample.language
    return "code" if told else "general"


PLUGIN = SettleTurns
