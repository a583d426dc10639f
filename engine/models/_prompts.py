"""Prompts as a model gets them: files with Jinja fields, rendered to messages; reply schemas.

Lines `# system`, `# user` and `# assistant` of a file begin its messages; they are found before the
fields are filled in, so no field can add a message.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backfeed.engine import prompts
from backfeed.engine.errors import ConfigError, PluginFault
from backfeed.engine.identity import digest
from backfeed.engine.methods.problem_facts import fenced
from backfeed.engine.requests import Prompt

Messages = list[dict[str, str]]
Parts = tuple[tuple[str, "str | jinja2.Template"], ...]

SAID = 4000
"""How many characters of a reply that was no good are shown to the model again."""

_HEADING = re.compile(r"^# (system|user|assistant)[ \t]*$", re.MULTILINE)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
_DROPPED = {"default", "minLength", "maxLength"}


def messages(request: Prompt) -> Messages:
    """The conversation: the prompt's messages; after a bad reply, that reply and the complaint."""
    try:
        said = [
            {"role": role, "content": _filled(part, request.fields)}
            for role, part in _template(request.name)
        ]
    except jinja2.TemplateError as error:
        raise PluginFault(f"the prompt {request.name!r} cannot be filled in: {error}") from error
    if request.attempt:
        told = f"That reply cannot be used: {request.complaint}\nGive the whole reply again."
        said.append({"role": "assistant", "content": request.said[:SAID] or "(no text)"})
        said.append({"role": "user", "content": told})
    return said


def check(names: Iterable[str]) -> None:
    """Raise `UnknownName` for a prompt that has no file, `PluginFault` for one that is no good."""
    for name in sorted(names):
        _template(name)


@cache
def _template(name: str) -> Parts:
    return _parts(prompts.find(name))


def _parts(path: Path) -> Parts:
    head, *rest = _HEADING.split(path.read_text(encoding="utf-8"))
    if head.strip() or not rest:
        raise PluginFault(f"{path}: a prompt begins with `# system` or `# user`")
    try:
        texts = zip(rest[::2], rest[1::2], strict=True)
        return tuple((role, _compiled(text)) for role, text in texts)
    except jinja2.TemplateSyntaxError as error:
        raise PluginFault(f"{path}: {error}") from error


def _compiled(text: str) -> str | jinja2.Template:
    """A template; a text without fields is itself."""
    if "{" not in text:
        return text.strip()
    made = _environment().from_string(text)
    made.globals = dict(made.globals)  # a chain of mappings, copied slowly for each rendering
    return made


def _filled(part: str | jinja2.Template, given: Mapping[str, Any]) -> str:
    return part if isinstance(part, str) else part.render(given).strip()


@cache
def _environment() -> jinja2.Environment:
    made = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["fenced"] = fenced
    return made


@cache
def schema(reply: type) -> dict[str, Any]:
    """The JSON schema of a reply as it is sent: all fields required, no others allowed.

    Bounds on the length of strings are left out, since decoders that honour them break code, and
    so are the descriptions that are our docstrings.
    """
    whole = msgspec.json.schema(reply)
    plain = {name: _strict(part) for name, part in whole.pop("$defs", {}).items()}
    top = _strict(whole)
    if (name := str(top.get("$ref", "")).removeprefix("#/$defs/")) in plain:
        top = plain[name]
        if f'"#/$defs/{name}"' not in msgspec.json.encode(plain).decode():
            del plain[name]
    return {**top, "$defs": plain} if plain else top


def _strict(part: Any) -> Any:
    if isinstance(part, list):
        return [_strict(item) for item in part]
    if not isinstance(part, dict):
        return part
    if not isinstance(properties := part.get("properties"), dict):
        return {key: _strict(value) for key, value in part.items() if key not in _DROPPED}
    return {
        "type": "object",
        "properties": {name: _strict(value) for name, value in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def without_thought(text: str) -> str:
    """A reply without what some models write before it.

    >>> without_thought("<think>hm</think> yes")
    'yes'
    """
    return _THOUGHT.sub("", text, count=1)


def seed(request: Prompt, base: int) -> int:
    """The seed to sample with: another one for each draw and attempt, up to 31 bits."""
    return int(digest(base, request.draw, request.attempt, size=4), 16) >> 1


def _asked(request: Prompt) -> dict[str, Any]:
    reply = None if request.reply is None else schema(request.reply)
    return {"messages": messages(request), "schema": reply, "attempt": request.attempt}


FORMS: Mapping[str, Callable[[Prompt], Any]] = {
    "fields": lambda request: {"name": request.name, "fields": dict(request.fields)},
    "reply": lambda request: {**request.content(), "draw": ""},
    "text": _asked,
    "drawn": lambda request: {**_asked(request), "draw": request.draw},
}
"""What of a prompt determines an answer, for each kind of model: `drawn` ones sample anew at each
place. The book notes which of these a model's keys were made by, for `replay`."""


def form(name: str) -> Callable[[Prompt], Any]:
    """The form of that name. Raises `ConfigError` for one that this version does not know."""
    if name not in FORMS:
        raise ConfigError(f"answers keyed by {name!r} come from another version of Backfeed")
    return FORMS[name]
