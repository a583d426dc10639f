"""Answers prompts without a model: problems from docstrings, keywords from syntax.

It answers by a prompt's name and fields, and only those prompts that `answers` lists; what it says
depends on nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from backfeed.engine import languages
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.identity import digest
from backfeed.engine.models import _problem_text
from backfeed.engine.records import EXTRACTIVE
from backfeed.engine.requests import Prompt

VERSION = "9"


class ExtractiveService:
    """Answers at once, in this process."""

    name, form = EXTRACTIVE, "fields"
    gather = Gather(batch=64, parallel=1)

    def __init__(self) -> None:
        self.identity = digest("extractive", VERSION)

    def content(self, request: Prompt) -> Any:
        """Prompt and fields: it never draws, and never needs to be asked again."""
        return {"name": request.name, "fields": dict(request.fields)}

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """Replies as JSON text, as a model would give them."""
        return [_reply(request) for request in requests]

    async def close(self) -> None:
        """Nothing is held."""


def _reply(request: Prompt) -> Any:
    answer = ANSWERS.get(request.name)
    if answer is None:
        return Refused("not-extractive", f"the extractive backend has no answer to {request.name}")
    reply = answer(request.fields)
    return {"text": msgspec.json.encode(reply).decode(), "finish": "stop", "in": 0, "out": 0}


def _generate(fields: Mapping[str, Any]) -> dict[str, Any]:
    language, code, name = fields["language"], fields["snippet"], fields["entry_point"]
    if not languages.can(language, "describe"):
        return {"suitable": False, "reason": f"no-describer: {language}"}
    found = languages.call(language, "describe", code, name)
    if found.reason:
        return {"suitable": False, "reason": f"{found.reason}: {found.detail}"}
    if not fields["example"]:
        return {
            "suitable": False,
            "reason": "no-example: none is given, and none could be recorded",
        }
    text = _problem_text.generate(language, found, str(fields["example"]))
    return {"suitable": True, "behaviour": found.prose.partition("\n\n")[0], "problem": text}


def _compose(fields: Mapping[str, Any]) -> dict[str, Any]:
    language, code = fields["language"], fields["snippet"]
    parts = [languages.call(language, "describe", code, name) for name in fields["parts"]]
    bad = next((part for part in parts if part.reason), None)
    if bad is not None:
        return {"suitable": False, "reason": f"{bad.reason}: {bad.name}"}
    whole = languages.call(language, "describe", code, fields["entry_point"])
    shown = fields.get("shown") or [""] * len(parts)
    steps = list(zip(parts, shown, strict=True))
    text = _problem_text.compose(language, whole, steps, example=str(fields["example"]))
    return {
        "suitable": True,
        "behaviour": f"{parts[0].name}, then {parts[1].name}",
        "problem": text,
    }


def _keywords(fields: Mapping[str, Any]) -> dict[str, Any]:
    language = fields["language"]
    if not languages.can(language, "keywords"):
        return {"task": [], "instruction": [], "knowledge": []}
    found: dict[str, Any] = languages.call(
        language, "keywords", fields["code"], fields["entry_point"], fields["problem"]
    )
    return found


ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "reverse/generate": _generate,
    "backfeed/compose": _compose,
    "keywords/extract": _keywords,
}


class _Extractive:
    """The plug-in."""

    answers = frozenset(ANSWERS)

    def service(self, name: str, settings: Mapping[str, Any]) -> ExtractiveService:
        """It has no settings and no models to choose from."""
        if name or settings:
            raise ConfigError(
                f"the extractive backend takes no model name or settings, not {name!r}"
            )
        return ExtractiveService()


PLUGIN = _Extractive()
