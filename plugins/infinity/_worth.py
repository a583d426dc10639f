"""How good an answer looks without a model: features that mean something, and their weights.

The features were chosen before any was measured; their weights are those of a logistic regression
(`benchmarks/quality.py` fits and measures it). A score says how an answer looks, never that it is
right.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from backfeed.plugin import code_blocks, quality
from backfeed.plugins.infinity._small_words import SMALL

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’]\w+)?")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)]|[a-zA-Z][.)]|\|)\s*\S", re.MULTILINE)
_SENTENCE = re.compile(r"[.!?。！？](?:\s|$)")
_END = re.compile(r"(?:[.!?。！？:;)\]}\"'”’`|>]|\d|\w+@\S+|https?://\S+)\s*\Z")
_NAMED = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]+|\d[\d.,]*")
_SEVERAL = re.compile(
    r"\b(?:list|lists|several|examples|ideas|suggestions|tips|steps|ways|names|topics|questions"
    r"|recommend(?:ations)?|titles|hashtags|activities|skills|courses|instructions|recipe|itinerary"
    r"|plan|checklist|outline|brainstorm|as many|\d+ \w+s)\b", re.IGNORECASE,
)  # fmt: skip
_LONG = re.compile(
    r"\b(?:write|compose|draft|create|explain|describe|discuss|design|expand|detailed|essay|letter"
    r"|e-?mail|story|poem|article|review|blog|report|guide|summar\w+|plan|recipe|instructions)\b",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"\b(?:classif\w+|categor\w+|yes or no|true or false|select|choose|predict|decide|identify"
    r"|convert|one word|which of|determine|verify|correct|title|name of|answer with|output)\b",
    re.IGNORECASE,
)
_FEW = 8
_MUCH = 20_000

NAMES = (
    "length", "asked_long", "asked_short", "sentences", "items", "several", "answered", "echo",
    "repeated", "variety", "new_words", "named", "word_length", "ends", "begins", "code", "flaws",
)  # fmt: skip
"""The features, in the order of `features`."""


def features(question: str, answer: str) -> tuple[float, ...]:
    """What an answer looks like; all small numbers, 0 of an empty one."""
    asked, said = _words(question[:_MUCH]), _words(answer[:_MUCH])
    if not said:
        return (0.0,) * len(NAMES)
    terms = {word for word in asked if word not in SMALL and len(word) > 1}
    content = [word for word in said if word not in SMALL]
    distinct = set(content)
    length, items = math.log1p(len(said)), len(_ITEM.findall(answer))
    prose = quality.prose_of(answer)
    lines = [line for line in answer.splitlines() if line.strip()]
    return (
        length,
        length if _LONG.search(question) else 0.0,
        length if _SHORT.search(question) else 0.0,
        math.log1p(len(_SENTENCE.findall(prose))),
        math.log1p(items),
        float(bool(_SEVERAL.search(question)) and max(items, len(lines), _listed(prose)) >= 3),
        len(terms & distinct) / max(len(terms), 1),
        _shared(asked, said),
        1 - len(set(_runs(said))) / max(len(_runs(said)), 1),
        len(set(said)) / len(said) * math.log1p(min(len(said), 50)),
        math.log1p(len(distinct - terms)),
        math.log1p(len(_NAMED.findall(answer))),
        sum(map(len, content)) / max(len(content), 1),
        float(bool(_END.search(answer.rstrip())) or len(said) < _FEW),
        float(not answer.lstrip()[:1].islower()),
        float(bool(code_blocks.blocks(answer))),
        float(sum(1 for _ in quality.flaws(quality.Turn(question, answer)))),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _listed(text: str) -> int:
    """How many things stand between commas, where that is a list of them."""
    parts = [part.split() for part in re.split(r",|;|\band\b", text)]
    return len(parts) if parts and max(map(len, parts)) <= _FEW else 0


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Runs of three words."""
    return [tuple(words[n : n + 3]) for n in range(len(words) - 2)] or [tuple(words)]


def _shared(asked: Sequence[str], said: Sequence[str]) -> float:
    """Which share of the answer's runs of words stands in the question."""
    known = set(_runs(asked))
    runs = _runs(said)
    return sum(run in known for run in runs) / len(runs)


def score(question: str, answer: str) -> float:
    """From 0, poor, to 1."""
    return _of(features(question, answer), weights())


def _of(values: Sequence[float], table: Mapping[str, Mapping[str, float]]) -> float:
    total = table["bias"]["weight"]
    for name, value in zip(NAMES, values, strict=True):
        one = table[name]
        total += one["weight"] * (value - one["mean"]) / one["spread"]
    return 1 / (1 + math.exp(-max(min(total, 50.0), -50.0)))


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """For each feature its weight, and the mean and spread of the rows that it was fitted on."""
    text = files(__package__).joinpath("_worth.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = tomllib.loads(text)
    return found
