"""How many of the keywords that are given are right? Scored on exercises labelled by hand.

    python benchmarks/keywords.py

The set is `keywords/LANGUAGE.toml` beside this script: exercises with answers, the keywords that
are right and some that are not. `extractive` is what the engine gives without a model. `model` are
the replies in the set, written as a plausible model would write them, with something in most that
the text does not support: a keyword that is not labelled right is wrong. Before is what the
backend says, after is what the stage `extract_keywords` keeps of it. The replies and labels are
ours, so `model` measures the support check and no model.
"""

import argparse
import asyncio
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.methods.phrases import form
from backfeed.engine.models.extractive import ExtractiveService
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Prompt, Who, rejoined
from backfeed.engine.stages._vocabulary import words
from backfeed.engine.stages.extract_keywords import ExtractKeywords, normalised

SET = Path(__file__).parent / "keywords"
KINDS = ("task", "instruction", "knowledge")
# True of every exercise that asks for a function, or shows optional arguments.
COMMON = ("implement a function",)
Given = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Gold:
    """An exercise with its labels."""

    sample: Sample
    task: frozenset[str]
    other: frozenset[str]
    wrong: frozenset[str]
    reply: Mapping[str, list[str]]

    def right(self, kind: str, phrase: str) -> bool:
        """Is the phrase labelled right? Instruction and knowledge points are one to the labels."""
        return form(phrase, words()) in (self.task if kind == "task" else self.other)


def gold(folder: Path = SET) -> Iterator[Gold]:
    """The set, in order."""
    for path in sorted(folder.glob("*.toml")):
        for number, one in enumerate(tomllib.loads(path.read_text())["problem"]):
            sample = Sample(
                id=f"{path.stem}-{number}", language=one["language"], code=one["code"].lstrip(),
                entry_point=one["entry_point"], messages=(Message("user", one["text"]),),
            )  # fmt: skip
            labels = (one["task"], [*one["other"], *COMMON], one["wrong"])
            yield Gold(sample, *map(_forms, labels), one["reply"])


def _forms(phrases: list[str]) -> frozenset[str]:
    return frozenset(form(phrase, words()) for phrase in phrases)


def given(item: Gold, backend: str) -> tuple[Given, Given]:
    """Keywords of an exercise before and after the support check."""
    before: Given = []

    def answer(request: Any) -> Any:
        if isinstance(request, Who):
            return backend
        assert isinstance(request, Prompt)
        reply = {"text": json.dumps(dict(item.reply)), "finish": "stop"}
        if backend == "extractive":
            [reply] = asyncio.run(ExtractiveService().answer([request]))
        told = json.loads(reply["text"])
        before.extend((kind, p) for kind in KINDS for p in normalised(tuple(told[kind])))
        return reply

    [found] = rejoined(ExtractKeywords().each(item.sample), answer)
    return before, [(kind, p) for kind in KINDS for p in getattr(found.keywords, kind)]


def score(backend: str, items: list[Gold]) -> dict[str, Any]:
    """Precision before and after, right ones lost, and what is given though it is not right."""
    counts: Counter[str] = Counter()
    amiss: list[str] = []
    languages: dict[str, Counter[str]] = {}
    for item in items:
        before, after = given(item, backend)
        counts["before"] += len(before)
        counts["right_before"] += sum(item.right(*one) for one in before)
        counts["after"] += len(after)
        counts["right_after"] += sum(item.right(*one) for one in after)
        counts["forbidden"] += sum(form(p, words()) in item.wrong for _, p in after)
        tally = languages.setdefault(item.sample.language, Counter())
        tally["given"] += len(after)
        tally["right"] += sum(item.right(*one) for one in after)
        amiss += [f"{item.sample.id}: {kind} {p}" for kind, p in after if not item.right(kind, p)]
        amiss += [f"{item.sample.id}: LOST {p}" for one in before if item.right(*one)
                  if one not in after for p in one[1:]]  # fmt: skip
    return {
        "problems": len(items), **counts, "precision_before": _share(counts, "before"),
        "precision_after": _share(counts, "after"), "amiss": amiss,
        "by_language": {k: f"{v['right']}/{v['given']}" for k, v in sorted(languages.items())},
    }  # fmt: skip


def _share(counts: Counter[str], when: str) -> float:
    return round(counts[f"right_{when}"] / max(counts[when], 1), 3)


def main() -> None:
    """Print a line for each backend, and with `--amiss` what is not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amiss", action="store_true", help="list what is not labelled right")
    asked = parser.parse_args()
    items = list(gold())
    for backend in ("extractive", "model"):
        found = score(backend, items)
        amiss = found.pop("amiss")
        print(backend, json.dumps(found))
        if asked.amiss:
            print("\n".join(f"  {line}" for line in amiss))


if __name__ == "__main__":
    main()
