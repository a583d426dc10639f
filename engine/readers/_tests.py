"""Tests of an answer, in the ways that data sets write them."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from backfeed.engine.config import nearest
from backfeed.engine.methods.compare import CHECKER
from backfeed.engine.methods.compare import KINDS as COMPARED
from backfeed.engine.readers._values import Unusable, files_of, kind_of, parsed
from backfeed.engine.records import Test

KINDS = ("script", "stdio", "framework", "doctest")
_TEST_KEYS = {item.name for item in dataclasses.fields(Test)}
_STDIO = ("stdin", "stdin_stdout", "stdio")
_CHECKED = re.compile(r"^check\(", re.MULTILINE)
_SOLUTION = re.compile(r"^class Solution\b", re.MULTILINE)


class Asked(NamedTuple):
    """What tests may need to know besides their own value; `where` it stands is for complaints."""

    where: str
    answer: str = ""
    entry_point: str = ""
    setup: str = ""


def tests_of(value: Any, how: str, asked: Asked) -> tuple[Test, ...]:
    """The tests of a cell, written as `how` says. Raises `Unusable` for what is no test."""
    value = parsed(value)
    return tuple(_WAYS[how](value, asked)) if value else ()


def _any(value: Any, asked: Asked) -> Iterator[Test]:
    """A list of objects or of scripts, or one of them; inputs and outputs are cases, too."""
    if _is_cases(value):
        yield from _cases(value, asked)
        return
    if isinstance(value, str | Mapping):
        value = [value]
    if not isinstance(value, Sequence):
        raise Unusable("bad-tests", f"{asked.where} holds {kind_of(value)}, not a list of tests")
    yield from (_test(item, f"{asked.where}, test {n}") for n, item in enumerate(value, 1))


def _asserts(value: Any, asked: Asked) -> Iterator[Test]:
    """Statements that hold of a right answer, each behind the setup that they share."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Unusable(
            "bad-tests", f"{asked.where} holds {kind_of(value)}, not a list of statements"
        )
    before = asked.setup.strip()
    for item in filter(str.strip, items):
        yield Test("script", code=f"{before}\n{item}" if before else item)


def _check(value: Any, asked: Asked) -> Iterator[Test]:
    """HumanEval: a function `check(candidate)`, which somebody has to call."""
    if not isinstance(value, str):
        raise Unusable("bad-tests", f"{asked.where} holds {kind_of(value)}, not a program")
    called = "def check(" not in value or _CHECKED.search(value)
    yield Test("script", code=value if called else f"{value}\n\ncheck({asked.entry_point})\n")


def _pytest(value: Any, asked: Asked) -> Iterator[Test]:
    """KodCode: a test file that imports the answer from `solution`."""
    if not isinstance(value, str):
        raise Unusable("bad-tests", f"{asked.where} holds {kind_of(value)}, not a test file")
    yield Test("framework", code=value, framework="pytest")


def _is_cases(value: Any) -> bool:
    if isinstance(value, list) and value:
        return all(isinstance(v, Mapping) and {"input", "output"} <= v.keys() for v in value)
    return isinstance(value, Mapping) and {"inputs", "outputs"} <= value.keys()


def _cases(value: Any, asked: Asked) -> Iterator[Test]:
    """APPS, TACO: inputs and outputs side by side, of a program or of the function `fn_name`."""
    if not _is_cases(value):
        if value == {}:
            return
        raise Unusable("bad-tests", f"{asked.where} does not hold inputs and outputs")
    called = ""
    if isinstance(value, Mapping):
        called = str(value.get("fn_name") or "")
        inputs, outputs = parsed(value["inputs"]), parsed(value["outputs"])
    else:
        kinds = {str(v.get("testtype") or v.get("type") or _STDIO[0]) for v in value}
        if odd := sorted(kinds - {*_STDIO}):
            raise Unusable("bad-tests", f"{asked.where} has tests of kind {odd[0]!r}, not of stdin")
        inputs, outputs = [v["input"] for v in value], [v["output"] for v in value]
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise Unusable("bad-tests", f"{asked.where} does not hold as many outputs as inputs")
    for given, wanted in zip(inputs, outputs, strict=True):
        if called and isinstance(given, list):
            yield Test("script", code=_call(called, (given, wanted), asked))
        else:
            yield Test("stdio", stdin=_lines(given), stdout=_lines(wanted))


def _call(name: str, case: tuple[list[Any], Any], asked: Asked) -> str:
    """A call and what it must give: the output, or the only item of a list of one."""
    given, wanted = case
    try:
        json.dumps(case, allow_nan=False)
    except ValueError:
        raise Unusable(
            "bad-tests", f"{asked.where} has a number that Python cannot write"
        ) from None
    called = f"Solution().{name}" if _SOLUTION.search(asked.answer) else name
    also = f" or got == {wanted[0]!r}" if isinstance(wanted, list) and len(wanted) == 1 else ""
    return (
        f"got = {called}({', '.join(map(repr, given))})\n"
        "got = list(got) if isinstance(got, tuple) else got\n"
        f"assert got == {wanted!r}{also}\n"
    )


def _lines(value: Any) -> str:
    """Text of a program's input or output, which may be a list of lines."""
    if isinstance(value, list):
        return "\n".join(map(_lines, value))
    return value if isinstance(value, str) else json.dumps(value)


def _test(item: Any, where: str) -> Test:
    if isinstance(item, str):
        return Test("script", code=item)
    if not isinstance(item, Mapping):
        raise Unusable("bad-tests", f"{where} is {kind_of(item)}, not an object")
    plain = {key: value for key, value in item.items() if value is not None}
    for key in plain:
        if key not in _TEST_KEYS:
            raise Unusable("bad-tests", f"{where} has the key {key!r}; {nearest(key, _TEST_KEYS)}")
    plain["files"] = files_of(plain.get("files"), where)
    plain.setdefault("kind", _kind_of_test(plain))
    if plain["kind"] not in KINDS:
        raise Unusable(
            "bad-tests", f"{where}: no kind {plain['kind']!r}; {nearest(str(plain['kind']), KINDS)}"
        )
    how = plain.get("compare", "token")
    if how not in (*COMPARED, CHECKER):
        known = nearest(str(how), (*COMPARED, CHECKER))
        raise Unusable("bad-tests", f"{where}: no compare {how!r}; {known}")
    if how == CHECKER and (plain["kind"] != "stdio" or not plain.get("code")):
        raise Unusable("bad-tests", f"{where}: a checker is the code of a test of kind stdio")
    try:
        return msgspec.convert(plain, Test)
    except msgspec.ValidationError as error:
        raise Unusable("bad-tests", f"{where}: {error}") from None


def _kind_of_test(plain: Mapping[str, Any]) -> str:
    if plain.get("framework"):
        return "framework"
    if plain.get("compare") == CHECKER:
        return "stdio"
    return (
        "stdio" if not plain.get("code") and ("stdin" in plain or "stdout" in plain) else "script"
    )


_WAYS: Mapping[str, Callable[[Any, Asked], Iterator[Test]]] = {
    "": _any,
    "asserts": _asserts,
    "check": _check,
    "pytest": _pytest,
    "cases": _cases,
}

__all__ = ("Asked", "tests_of")
