"""No model at all: replies made from a prompt's schema, for dry runs and tests of what is around.

Every text of its making says so. Replies depend on the prompt alone, so they come again.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from backfeed.engine.config import build
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import ConfigError
from backfeed.engine.identity import canonical, digest
from backfeed.engine.models import _prompts
from backfeed.engine.requests import Prompt

VERSION = "1"
NOTICE = "Echo, not a model:"


@dataclass(frozen=True, slots=True)
class Settings:
    """`latency_s` is how long each reply takes; `bad_share` of the first replies is malformed."""

    latency_s: float = 0.0
    bad_share: float = 0.0
    parallel: int = 64


class EchoService:
    """Says back what it was given, in the form that was asked for."""

    name, form = "echo", "reply"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.identity = digest("echo", VERSION, settings.bad_share)
        self.content = _prompts.form(self.form)
        self.gather = Gather(parallel=settings.parallel)

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """Replies as a model would give them, with guesses at tokens."""
        if self._settings.latency_s:
            await asyncio.sleep(self._settings.latency_s)
        return [self._reply(request) for request in requests]

    def _reply(self, request: Prompt) -> dict[str, Any]:
        asked = canonical(self.content(request))
        mark = hashlib.blake2b(asked, digest_size=8).digest()
        spoken = f"{NOTICE} {request.name} {_fields(request)}".strip()
        if request.reply is None:
            text = spoken
        elif not request.attempt and int.from_bytes(mark) / 2**64 < self._settings.bad_share:
            text = f"{NOTICE} {{ this is no JSON"
        else:
            schema = _prompts.schema(request.reply)
            made = _Maker(schema.get("$defs", {}), spoken, mark.hex()[:6]).value(schema)
            text = msgspec.json.encode(made).decode()
        return {"text": text, "finish": "stop", "in": len(asked) // 4, "out": len(text) // 4}

    async def close(self) -> None:
        """Nothing is held."""


def _fields(request: Prompt) -> str:
    return "\n\n".join(value for _, value in sorted(request.fields.items()) if _is_text(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes values of a schema: what was said for texts, a short mark for texts in lists."""

    definitions: Mapping[str, Any]
    spoken: str
    mark: str

    def value(self, schema: Mapping[str, Any], *, inside: bool = False) -> Any:
        """A value that is valid under the schema."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            return self.value(self.definitions[name], inside=inside)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.value(schema[key][0], inside=inside)
        return self._typed(schema, str(schema.get("type", "string")), inside=inside)

    def _typed(self, schema: Mapping[str, Any], kind: str, *, inside: bool) -> Any:
        if kind == "object":
            wanted = schema.get("properties", {}).items()
            return {name: self.value(part, inside=inside) for name, part in wanted}
        if kind == "array":
            items = schema.get("prefixItems")
            if items is None:
                items = [schema.get("items") or {}] * max(1, int(schema.get("minItems", 1)))
            return [self.value(item, inside=True) for item in items]
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind == "string":
            return f"echo {self.mark}" if inside else self.spoken
        return True if kind == "boolean" else None


class _Echo:
    """The plug-in."""

    answers = None

    def service(self, name: str, settings: Mapping[str, Any]) -> EchoService:
        """Raises `ConfigError` for a name, or a setting it does not know."""
        if name:
            raise ConfigError(f"echo is no model, and has no {name!r}: write --model echo")
        found = build(Settings, settings, "[models] echo")
        if not 0 <= found.bad_share <= 1:
            raise ConfigError(
                f"[models] echo: bad_share = {found.bad_share}: it is a share, 0 to 1"
            )
        return EchoService(found)


PLUGIN = _Echo()
