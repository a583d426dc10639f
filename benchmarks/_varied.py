"""Many rows from few: each use of a row has other words, names and numbers, and a function more.

So a row that is used again is neither known to the answer book nor nearly equal to its other uses.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import _edits
from _planted import repeatable

from backfeed.engine.inputs import Wanted, open_inputs
from backfeed.engine.methods.code_blocks import extract_code
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.records import Message, Sample

NUMBER = re.compile(r"(?<![\w.#])\d{2,6}(?![\w.])")
_WORD = re.compile(r"[A-Za-z]{3,}")
EVERY = 9  # so many words of prose, and one of them is another one
LEAST, SHARE = 5, 0.5  # statements that are added, and how many for each line of the answer
_SIGNS = ("+", "-", "*")
_TESTS = ("<", ">", "==", "!=", "<=", ">=")


@dataclass(frozen=True, slots=True)
class Form:
    """How a language writes a function of two numbers; `{v}` stands before names of variables."""

    head: str
    foot: str
    let: str = "int {n} = {e};"
    put: str = "{n} = {e};"
    when: str = "if ({e}) {{"
    loop: str = "while ({e}) {{"
    end: str = "}}"
    back: str = "return {v}c + {v}d;"
    v: str = ""


_C = Form("int {f}(int a, int b) {{", "}}")
_JS = Form("function {f}(a, b) {{", "}}", let="let {n} = {e};")
_CLASS = Form("class C{f} {{ static int {f}(int a, int b) {{", "}} }}")
_PLAIN = {"put": "{n} = {e}", "let": "{n} = {e}", "back": "return c + d"}
FORMS: Mapping[str, Form] = {
    "c": _C, "cpp": _C, "javascript": _JS,
    "typescript": Form("function {f}(a: number, b: number): number {{", "}}", let="let {n} = {e};"),
    "java": _CLASS, "csharp": _CLASS,
    "go": Form(
        "func {f}(a int, b int) int {{", "}}", **{**_PLAIN, "let": "{n} := {e}"},
        when="if {e} {{", loop="for {e} {{",
    ),
    "rust": Form(
        "fn {f}(a: i64, b: i64) -> i64 {{", "}}", let="let mut {n} = {e};", when="if {e} {{",
        loop="while {e} {{",
    ),
    "php": Form("function {f}($a, $b) {{", "}}", let="{n} = {e};", v="$"),
    "ruby": Form(
        "def {f}(a, b)", "end", **_PLAIN, when="if {e}", loop="while {e}", end="end"
    ),
    "python": Form(
        "def {f}(a, b):", "", **_PLAIN, when="if {e}:", loop="while {e}:", end=""
    ),
    "bash": Form(
        "{f}() {{", "}}", let="local {n}=$(( {e} ))", put="{n}=$(( {e} ))",
        when="if (( {e} )); then", loop="while (( {e} )); do", end="", back="echo $(( c + d ))",
    ),
}  # fmt: skip
_ENDS = {"bash": {"when": "fi", "loop": "done"}}


def function(language: str, name: str, *, size: int, rng: random.Random) -> str:
    """A function of so many statements, each of a kind that is drawn."""
    form = FORMS[language]
    put = partial(_filled, form, rng)
    lines = [form.head.format(f=name), *(f"    {put(form.let, name=one)}" for one in "cd")]
    open_: list[str] = []
    for _ in range(size):
        pad = "    " * (len(open_) + 1)
        drawn = rng.random()
        if drawn < 0.45 or len(open_) > 2:
            lines.append(pad + put(form.put, name=rng.choice("cd")))
        elif drawn < 0.8:
            kind = "when" if drawn < 0.65 else "loop"
            open_.append(kind)
            inner = put(form.put, name=rng.choice("cd"))
            lines += [pad + put(getattr(form, kind)), f"{pad}    {inner}"]
        elif open_:
            lines.append("    " * len(open_) + _closed(language, open_.pop()))
    while open_:
        lines.append("    " * len(open_) + _closed(language, open_.pop()))
    lines += ["    " + form.back.format(v=form.v), form.foot.format()]
    return "\n".join(line for line in lines if line.strip())


def _closed(language: str, kind: str) -> str:
    return _ENDS.get(language, {}).get(kind) or FORMS[language].end.format()


def _filled(form: Form, rng: random.Random, pattern: str, *, name: str = "") -> str:
    """A line with an expression, of one test or of one to three terms."""
    known = "ab" if pattern == form.let else "abcd"
    terms = [
        form.v + rng.choice(known) if rng.random() < 0.6 else str(rng.randrange(2, 99))
        for _ in range(rng.randint(2, 4))
    ]
    text = terms[0]
    for term in terms[1:]:
        text += f" {rng.choice(_SIGNS)} {term}"
    if not name:
        text += f" {rng.choice(_TESTS)} {rng.randrange(99)}"
    return pattern.format(n=form.v + name, e=text)


class Rows:
    """The rows of data sets, and as many more made from them as are wanted."""

    def __init__(self, files: Sequence[Path], cache: Path) -> None:
        recipe = Recipe("check", (), {"dataset": Input("rows")})
        given = open_inputs(recipe, Wanted({"dataset": [str(one) for one in files]}, cache))
        self.own = [one for one in given.samples() if one.rejected is None and one.messages]
        self.words = sorted({
            word for one in self.own for said in one.messages[:1]
            for word in _WORD.findall(said.content.lower())
        })  # fmt: skip

    def made(self, count: int) -> Iterator[dict[str, Any]]:
        """So many rows as JSON has them: all, in an order that is drawn, again and again."""
        rng, number = repeatable("check/rows"), 0
        while number < count:
            for one in rng.sample(self.own, len(self.own)):
                if number == count:
                    return
                said = self._varied(one, number, rng) if number >= len(self.own) else one.messages
                turns = [{"role": each.role, "content": each.content} for each in said]
                yield {"id": f"row-{number}", "messages": turns}
                number += 1

    def _varied(self, row: Sample, number: int, rng: random.Random) -> Sequence[Message]:
        """Its messages in other words; the code of its last answer with other names, and more."""
        asked = "\n\n".join(one.content for one in row.messages if one.role == "user")
        said = [
            one if one.role == "tool" else Message(one.role, self.reworded(one.content, rng))
            for one in row.messages
        ]
        last = max(
            (n for n, one in enumerate(row.messages) if one.role == "assistant"), default=None
        )
        if last is not None:
            answer = row.messages[last].content
            got = extract_code(answer, row.language, asked)
            if got.code.strip() and got.code.strip() in answer:
                code = _other(got.code.strip(), got.language, number=number, rng=rng)
                said[last] = Message("assistant", answer.replace(got.code.strip(), code))
        return said

    def reworded(self, text: str, rng: random.Random) -> str:
        """The text with some of its small words exchanged, and another sentence behind it."""
        changed = re.sub(
            r"\b[a-z]{3,}\b",
            lambda found: rng.choice(self.words) if _is_free(found[0], rng) else found[0],
            text,
        )
        told = " ".join(rng.choice(self.words) for _ in range(rng.randint(6, 14)))
        return f"{changed}\nNote: {told}."


def _is_free(word: str, rng: random.Random) -> bool:
    return rng.random() < 1 / EVERY and word not in FORMS


def _other(code: str, language: str, *, number: int, rng: random.Random) -> str:
    """Code with other names and numbers, and a function behind it that no other row has."""
    if language in _edits.LANGUAGES:
        code = _edits.renamed(code, language, rng) or code
    code = NUMBER.sub(lambda found: str(rng.randrange(10, 10 ** len(found[0]))), code)
    if language in FORMS:
        size = LEAST + int(SHARE * code.count("\n"))
        code = f"{code}\n\n{function(language, f'extra{number}', size=size, rng=rng)}"
    return code
