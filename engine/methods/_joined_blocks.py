"""Which of several blocks of one language is the answer, or whether all of them are, in order."""

import re
from collections.abc import Callable, Sequence

DEFINED = re.compile(
    r"^(?:export |default |pub |public |static |local )*"
    r"(?:async def|def|class|func|fn|fun|function|struct|interface|enum|trait|type)\s+(\w+)",
    re.MULTILINE,
)
_BOUND = re.compile(
    r"^(?:import (?:[\w.]+ as )?(\w+)|from [\w.]+ import (?:\w+ as )?(\w+)"
    r"|(?:const |let |var |my |local |val )?[$@]?(\w+)(?: ?: ?[\w\[\], ]+)? ?:?= ?(?!=))",
    re.MULTILINE,
)
_PROMPTS = {"bash": ("$ ", "# $ "), "python": (">>> ", "In [")}
_IN = re.compile(r"^(?:>>> ?|\.\.\. ?|In \[\d*\]: ?|   \.\.\.: ?|\$ )")


def chosen(codes: Sequence[str], parses: Callable[[str], bool]) -> str:
    """One program of several blocks.

    All of them, in order, if each defines something that no other does, or none defines anything
    and none is another way to say the same; else the longest that defines something, behind the
    blocks before it whose names it uses. Later blocks are often examples, or the same again.
    """
    if len(codes) == 1:
        return codes[0]
    names = [set(DEFINED.findall(code)) for code in codes]
    repeated = len(set().union(*names)) < sum(map(len, names))
    joined = _join(codes)
    if not repeated and (all(names) or not (any(names) or _alike(codes))) and parses(joined):
        return joined
    defining = [number for number, defined in enumerate(names) if defined]
    best = max(defining or range(len(codes)), key=lambda number: len(codes[number]))
    whole = _join([*_needed(codes, best, names), codes[best]])
    return whole if parses(whole) else codes[best]


def _join(codes: Sequence[str]) -> str:
    return "\n".join(code.rstrip("\n") + "\n" for code in codes) if len(codes) > 1 else codes[0]


def _needed(codes: Sequence[str], best: int, names: Sequence[set[str]]) -> list[str]:
    """The blocks before one that bind names it uses, and define nothing that it defines."""
    found: list[str] = []
    text = codes[best]
    for number in range(best - 1, -1, -1):
        bound = names[number] | _bound(codes[number])
        unbound = bound - names[best] - _bound(text)
        used = any(re.search(rf"(?<![\w.]){name}(?!\w)", text) for name in unbound)
        if used and not names[number] & names[best]:
            found.insert(0, codes[number])
            text = codes[number] + text
    return found


def _bound(code: str) -> set[str]:
    """Names that top lines import or assign."""
    return {name for names in _BOUND.findall(code) for name in names if name}


def _alike(codes: Sequence[str]) -> bool:
    """Do two blocks have half of their lines in common, or bind the same names?"""
    parts = [{line.strip() for line in code.splitlines() if line.strip()} for code in codes]
    bound = [_bound(code) for code in codes]
    for number, lines in enumerate(parts):
        for other in range(number):
            if 2 * len(lines & parts[other]) >= min(len(lines), len(parts[other])):
                return True
            if bound[number] and bound[number] <= bound[other]:
                return True
    return False


def without_prompts(code: str, language: str) -> str:
    """What was typed at a prompt, without the prompt and without what came back."""
    lines = code.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith(_PROMPTS.get(language, ("\0",))):
        return code
    typed: list[str] = []
    goes_on = False
    for line in lines:
        if match := _IN.match(line):
            typed.append(line[match.end() :])
        elif goes_on:
            typed.append(line)
        goes_on = bool(typed) and typed[-1].endswith("\\")
    return "".join(f"{line}\n" for line in typed)
