"""Our own words, as stages use them: the tables in `vocabulary/`, read once."""

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from backfeed.engine.methods.phrases import Sign, Support, Words
from backfeed.engine.records import Sample


def folder() -> Traversable:
    """Where the tables lie."""
    return files("backfeed.engine") / "vocabulary"


@cache
def words() -> Words:
    """Abbreviations, spellings, plurals, dull words."""
    told = tomllib.loads((folder() / "words.toml").read_text(encoding="utf-8"))
    return Words(told["short"], told["spelling"], told["plurals"], frozenset(told["dull"]))


@cache
def signs(language: str) -> tuple[Sign, ...]:
    """What code of a language shows of concepts."""
    told = tomllib.loads((folder() / "signs.toml").read_text(encoding="utf-8"))["sign"]
    return tuple(
        Sign(tuple(one["phrases"]), tuple(one["patterns"]))
        for one in told
        if language in one.get("languages", [language])
    )


def support(sample: Sample, *more: str) -> Support:
    """What the problem, the answer and other texts of a sample support."""
    said = "\n".join((sample.instruction, sample.response, *more))
    code = sample.code or sample.response
    name = sample.entry_point if code else ""
    known = [sign.of(name) for sign in signs(sample.language)]
    return Support(said, code, words=words(), signs=known)
