"""What became of a Rust test program, by what its tests and the compiler wrote."""

import re
from typing import Any, NamedTuple

from backfeed.analyzers import _record
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
CODE = re.compile(r"^error\[(E\d+)\]: (.*)", re.MULTILINE)
_LACKING = re.compile(
    r"unresolved import `([A-Za-z_]\w*)"
    r"|(?:can't find crate for|unlinked crate|module or crate|crate or module) `(\w+)`"
)
_OF_CARGO = re.compile(
    r"no matching package named `([\w-]+)` found|failed to select a version for[^`]*`([\w-]+)|"
    r"feature `(edition\w+)` is required|rustc (\S+) is not supported|requires rustc (\S+)"
)
_ERROR = re.compile(r"^error(?:\[E\d+\])?: (?!aborting|could not compile)", re.MULTILINE)
_PLACE = re.compile(r"^ *--> \S+?:(\d+):\d+$", re.MULTILINE)
_CRATE = re.compile(r"^ *--> \S*/registry/(?:\S+/)?([\w-]+?)-(\d+\.[\w.+-]*)/", re.MULTILINE)
_MODULE = re.compile(r"^error\[E0583\]: file not found for module `(\w+)`", re.MULTILINE)
# Names of which later versions of a crate that is there have others.
_OF_RAND = re.compile(
    r"`rand::|in `(?:rand|distr\w*)`|`(?:random(?:_\w+)?|gen(?:_\w+)?|sample\w*|shuffle|choose\w*)`"
    r"(?: found for)?.*`(?:&mut )?(?:rand::)?\w*(?:Rng|ThreadRng|Distribution)\b"
)
_NO_METHOD = re.compile(r"no (?:method|function|associated)")
# What may bring names, or change what stands there: then no other error is sure.
_SPREADS = re.compile(
    r"\buse\s+(?!(?:std|core|alloc|super|crate|self)\b)[^;\n]*::\*|\bmacro_use\b|#!?\[\s*\w+::"
    r"|cannot find (?:attribute|derive macro|macro)\b"
)
_MACRO = re.compile(r"\b([a-z_]\w*)!\s*[\[({]")
_STD_MACROS = frozenset((
    "assert", "assert_eq", "assert_ne", "cfg", "column", "compile_error", "concat", "dbg",
    "debug_assert", "debug_assert_eq", "debug_assert_ne", "env", "eprint", "eprintln", "file",
    "format", "format_args", "include_bytes", "include_str", "line", "matches", "module_path",
    "option_env", "panic", "print", "println", "stringify", "todo", "unimplemented", "unreachable",
    "vec", "write", "writeln",
))  # fmt: skip
_PLAIN = r"`&?(?:'static )?(?:[iu](?:8|16|32|64|128|size)|f32|f64|bool|char|str|String|\(\))`"
_MISMATCH = re.compile(rf"expected {_PLAIN}, found {_PLAIN}")
_OWN = ("alloc", "core", "crate", "self", "std", "super")
_SUMMARY = re.compile(
    r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE
)
_ENDED = re.compile(r"^test \S+.* \.\.\. (?:ok|FAILED)$", re.MULTILINE)
_PANIC = re.compile(
    r"^thread '.*?'(?: \(\d+\))? panicked at (\S+?):(\d+):\d+:\n"
    r"(.*(?:\n {1,2}(?:left|right).*)*)",
    re.MULTILINE,
)
# Before 1.73, what is said comes first, and values are in marks.
_OLD_PANIC = re.compile(r"^thread '.*?' panicked at '((?s:.*?))', (\S+?):(\d+):\d+$", re.MULTILINE)
_OLD_ASSERTION = re.compile(
    r"assertion failed: `\((left [!=]= right)\)` left: `(.*)`, right: `(.*)`(?:: (.*))?"
)
_WORD = r"\b([0-9a-f]{24})\b"


class Tests(NamedTuple):
    """Which lines of which files are tests, and how many assertions a main of theirs has."""

    places: tuple[str, ...]
    begin: int = 0
    guards: int = 0
    programs: int = 1


def lacking(code: str, message: str) -> str:
    """The crate that is not there, if an error of the compiler says so."""
    if code not in ("E0432", "E0433", "E0463"):
        return ""
    name = _LACKING.search(message)
    found = (name[1] or name[2]) if name else ""
    return "" if found in _OWN else found


def results(job: Job, outcome: Outcome, tests: Tests) -> list[Plain]:
    """What the tests came to; nothing where they did not come to their end."""
    if outcome.verdict == "CE":
        return _unbuilt(outcome.stdout + outcome.stderr, tests.begin)
    told = _record.read(outcome.report, _record.first(_WORD, " ".join(job.command)))
    ended = [tuple(map(int, numbers)) for numbers in _SUMMARY.findall(outcome.stdout)]
    if not told or not ended or (tests.programs and len(ended) != tests.programs):
        return _died(outcome)
    executed = sum(passed + failed for passed, failed, _ in ended)
    if outcome.exit_code == 0:
        return [{"executed": tests.guards or executed, "error": None, "phase": "test"}]
    return [_failed(outcome, tests, executed)]


def _failed(outcome: Outcome, tests: Tests, executed: int) -> Plain:
    place, line, message = _first_panic(outcome.stdout)
    its_own = any(place.startswith(name) for name in tests.places) and line >= tests.begin
    asserted = its_own or message.startswith("assertion") or not place
    kind = "AssertionError" if asserted else "panic"
    line = line - tests.begin + 1 if its_own and tests.begin else line
    message = message or _record.first(r"^test (\S+).* FAILED", outcome.stdout)
    [found] = _record.failed(kind, message, phase="test", executed=executed, line=line)
    return found


def _first_panic(output: str) -> tuple[str, int, str]:
    """Where the first test that failed did so, and what it said."""
    new, old = _PANIC.search(output), _OLD_PANIC.search(output)
    if new is not None and (old is None or new.start() < old.start()):
        return new[1], int(new[2]), _on_one_line(new[3])[:300]
    if old is not None:
        return old[2], int(old[3]), _said_now(_on_one_line(old[1]))[:300]
    return "", 0, ""


def _on_one_line(message: str) -> str:
    return " ".join(part.strip() for part in message.splitlines())


def _said_now(message: str) -> str:
    """A failed comparison in the words of today's compiler."""
    match = _OLD_ASSERTION.fullmatch(message)
    if match is None:
        return message
    compared, left, right, more = match.groups()
    told = f"failed: {more}" if more else "failed"
    return f"assertion `{compared}` {told} left: {left} right: {right}"


def _died(outcome: Outcome) -> list[Plain]:
    """Tests that end before their end: one that says why has failed, one that does not is lazy."""
    if outcome.verdict not in ("RE", "SIG"):
        return []
    executed = len(_ENDED.findall(outcome.stdout))
    *_, last = outcome.stderr.strip().splitlines() or [""]
    return _record.failed("abort", last[:300], phase="test", executed=executed) if last else []


def absent(said: str, code: str = "") -> str:
    """What a program was not built for want of: a crate, or a version of one; empty for neither.

    Where a crate is not there, other errors may come of that.
    """
    if match := _OF_CARGO.search(said):
        return str(next(filter(None, match.groups())))
    named = (lacking(code, message) for code, message in CODE.findall(said))
    if name := next(filter(None, named), ""):
        return "" if _has_faults(said, code) else name
    others = [of_version(text) for text in _ERROR.split(said)[1:]]
    if others and all(others):
        return others[0]
    file = _MODULE.search(said)
    return f"self::{file[1]}" if file else ""


def _has_faults(said: str, code: str) -> bool:
    """Is anything wrong that no crate would mend?"""
    errors = re.findall(r"^error\[(E\d+)\]: ((?:.*\n)*?)(?=^error|\Z)", said, re.MULTILINE)
    return not spreads(f"{code}\n{said}") and any(is_sure(*error) for error in errors)


def spreads(text: str) -> bool:
    """May what is missing bring names, or change code, that does not name it?"""
    return bool(_SPREADS.search(text) or set(_MACRO.findall(text)) - _STD_MACROS)


def is_sure(code: str, said: str) -> bool:
    """Is this a fault of the code's own: an unknown name, or another plain type than asked?"""
    return code in ("E0384", "E0425") or (code == "E0308" and bool(_MISMATCH.search(said)))


def of_version(error: str) -> str:
    """The crate that a program calls otherwise than the one that is there wants it."""
    crate = _CRATE.search(error)
    if crate is not None and not _NO_METHOD.match(error):
        return f"another {crate[1]} than {crate[2]}"
    named = _OF_RAND.search(error.partition("\n")[0])
    return "another rand" if named else ""


def _unbuilt(said: str, begin: int) -> list[Plain]:
    """What a program could not be built for, if that is no fault of its own; else nothing."""
    if match := _OF_CARGO.search(said):
        return _record.lacks(next(filter(None, match.groups())))
    errors = CODE.findall(said)
    absent = [lacking(code, message) for code, message in errors]
    if absent and all(absent):
        return _record.lacks(absent[0])
    others = [_other_version(text, begin) for text in _ERROR.split(said)[1:]]
    return _record.lacks(others[0]) if others and all(others) else []


def _other_version(error: str, begin: int) -> str:
    """The crate that tests call otherwise than the one that is there wants it, if they do."""
    place, crate = _PLACE.search(error), _CRATE.search(error)
    if place is None or crate is None or not 0 < begin <= int(place[1]):
        return ""
    return f"another {crate[1]} than {crate[2]}"
