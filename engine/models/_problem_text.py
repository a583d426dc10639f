"""Problems in words, from descriptions of code. The wording is chosen by the text itself."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

FENCE = "```"

_OPENINGS = (
    "Write a {language} {kind} `{name}` that does what this description says.",
    "Implement the {language} {kind} `{name}`, described below.",
    "Your task is to write a {kind} named `{name}` in {language}.",
    "In {language}, implement a {kind} `{name}` with this behaviour:",
    "Please write the {language} {kind} `{name}`. It should behave as follows.",
    "Create a {kind} called `{name}` in {language} that meets the specification below.",
)
_SIGNATURES = ("Signature:", "Use this signature:", "It has to have this signature:", "Interface:")
_EXAMPLES = (
    "Example:",
    "For example:",
    "This is how it is used:",
    "A session with it looks like this:",
)
_COMPOSED = (
    "Write a {language} function `{name}` that works in two steps.",
    "Implement a {language} function `{name}` that combines two operations.",
    "In {language}, write `{name}`: a function that feeds the result of one operation into another"
    ".",
    "Build a {language} function named `{name}` out of two parts, one after the other.",
)
_NAMES = {
    "cpp": "C++", "csharp": "C#", "javascript": "JavaScript", "php": "PHP", "sql": "SQL",
    "typescript": "TypeScript",
}  # fmt: skip


def generate(language: str, found: Any, example: str) -> str:
    """A problem from one description: what it does, parameters, signature, example."""
    opening = _chosen(_OPENINGS, found.name + found.prose)
    parts = [
        opening.format(language=_spoken(language), kind=found.kind, name=found.name),
        found.prose,
    ]
    if found.parameters:
        lines = [f"- `{name}`: {text}" for name, text in found.parameters if text]
        parts.append("Parameters:\n\n" + "\n".join(lines)) if lines else None
    if found.returns and found.returns.lower() not in found.prose.lower():
        parts.append(_returned(found.returns))
    if found.unspoken:
        parts.append(f"Nothing but the default is asked of {_listed(found.unspoken)}.")
    parts += _closing(language, found, example)
    return "\n\n".join(parts)


def _returned(said: str) -> str:
    """What comes out, in a sentence, or as the list that it is."""
    if re.match(r"[-*+] ", said):
        return f"It returns:\n\n{said}"
    return f"It returns {_lowered(re.sub(r'(?i)^returns? +', '', said))}"


def compose(
    language: str, whole: Any, parts: Sequence[tuple[Any, str]], *, example: str
) -> str:  # fmt: skip
    """A problem from two descriptions: the first one's result is the second one's input.

    Each comes with calls of it, for where its author gave no examples.
    """
    first, second = parts
    opening = _chosen(_COMPOSED, whole.name + first[0].prose)
    steps = [
        opening.format(language=_spoken(language), name=whole.name),
        _step(1, language, first),
        _step(2, language, second),
        f"`{whole.name}` feeds what step 1 gives into step 2. {_joined(whole)}",
    ]
    return "\n\n".join([*steps, *_closing(language, whole, example)])


def _step(number: int, language: str, told: tuple[Any, str]) -> str:
    """One step in words, with its first examples: they say what words leave open."""
    part, calls = told
    text = f"**Step {number}** (`{part.signature.rstrip(':')}`). {part.prose}"
    shown = "\n".join((one.source + one.want).strip() for one in part.examples[:2]) or calls
    return f"{text}\n\n{FENCE}{language}\n{shown}\n{FENCE}" if shown else text


def _joined(whole: Any) -> str:
    """What comes out, as the composed function says it of itself."""
    told = re.sub(r"^Return\b", "It returns", whole.prose).rstrip(".")
    return f"{told}; all else keeps its default."


def _closing(language: str, found: Any, example: str) -> list[str]:
    signature = _chosen(_SIGNATURES, found.signature)
    shown = _chosen(_EXAMPLES, example)
    return [
        f"{signature}\n\n{FENCE}{language}\n{found.signature}\n{FENCE}",
        f"{shown}\n\n{FENCE}{language}\n{example.strip()}\n{FENCE}",
    ]


def _listed(names: Sequence[str]) -> str:
    marked = [f"`{name}`" for name in names]
    return " and ".join([", ".join(marked[:-1]), marked[-1]] if len(marked) > 1 else marked)


def _chosen(options: Sequence[str], by: str) -> str:
    mark = hashlib.blake2b(by.encode("utf-8", "replace"), digest_size=4).digest()
    return options[int.from_bytes(mark) % len(options)]


def _spoken(language: str) -> str:
    return _NAMES.get(language, language.capitalize())


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z ]", text) else text
