"""Is what a data set asks and answers found? Counted on every file of rows in a folder.

    python benchmarks/readers.py DIR [--json] [--show N]

Each file (JSON Lines or a JSON array) is read twice: by the readers, and plainly with `json`, by
a list of the names that the two sides of a row go by, which knows nothing of the readers. A row
missed its instruction (or its answer) if the plain reading finds one and no sample of that row
says it. Text is lost if a string of the row stands nowhere in its samples: not in the turns,
tests, files, extra columns or names; of trees of replies, whose messages carry votes and dates,
only the question and the answers are looked for. In is out and rejected: the rows of the plain
reading are counted against those that samples come from. A file whose columns nobody knows is
refused whole; then no row of it may have two sides. `--show` prints some samples of each file.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.errors import InputError
from backfeed.engine.inputs import RowFile, Wanted, open_inputs
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.records import Sample

ASKED = ("instruction", "prompt", "problem", "question", "query", "text", "input")
ANSWERED = ("output", "response", "completion", "solution", "answer", "code", "canonical_solution")
TURNS = ("messages", "conversations", "data")
USERS, MODELS = ("user", "human", "prompter"), ("assistant", "gpt", "function_call")

Row = dict[str, Any]


@dataclass(slots=True)
class Found:
    """What became of one file."""

    file: str
    shape: str = ""
    rows: int = 0
    read: int = 0
    samples: int = 0
    out: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    two_sided: int = 0
    no_instruction: int = 0
    no_answer: int = 0
    lost_text: int = 0


def plain_rows(path: Path) -> list[Row]:
    """The rows, as `json` reads them."""
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def sides(row: Row) -> tuple[list[str], list[str]]:
    """The texts that ask and those that answer, told by the names they go by."""
    if isinstance(row.get("prompt"), dict):
        return _spoken(list(_messages(row["prompt"])))
    for name in TURNS:
        if isinstance(row.get(name), list):
            return _spoken(row[name])
    inner = row["instances"] if isinstance(row.get("instances"), list) else [row]
    asked = [text for name in ASKED[:1] if (text := row.get(name))] if inner[0] is not row else []
    named = [next((o[n] for n in ASKED if _text(o.get(n))), "") for o in inner]
    answers = [next((o[n] for n in ANSWERED if _text(o.get(n))), "") for o in inner]
    return [t for t in (*asked, *named) if _text(t)], [t for t in answers if t]


def _messages(node: Row) -> Iterator[Row]:
    if not node.get("deleted"):
        yield node
        for reply in node.get("replies") or ():
            yield from _messages(reply)


def _spoken(turns: list[Row]) -> tuple[list[str], list[str]]:
    """The first question, and all answers: a tree asks once and is answered often."""
    said = [(str(t.get("role") or t.get("from")), _content(t)) for t in turns]
    asked = [text for role, text in said if role in USERS and text.strip()]
    return asked[:1], [text for role, text in said if role in MODELS and text.strip()]


def _content(turn: Row) -> str:
    value = next((turn[key] for key in ("content", "value", "text") if turn.get(key)), "")
    if isinstance(value, list):
        return "".join(str(part.get("text") or part.get("value") or "") for part in value)
    return str(value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def leaves(value: Any) -> Iterator[str]:
    """All strings of a row that say something."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif _text(value):
        yield value


def said_in(samples: list[Sample]) -> list[str]:
    """All strings of the samples of a row."""
    found: list[str] = []
    for sample in samples:
        found += [turn.content for turn in sample.messages]
        found += [sample.source_id, sample.language, sample.question_type, sample.entry_point]
        found += [text for test in sample.tests for text in (test.code, test.stdin, test.stdout)]
        found += [file.text for file in (*sample.files, *sample.support)]
        found += leaves(json.loads(sample.extra)) if sample.extra else []
    return found


def judge(found: Found, row: Row, samples: list[Sample]) -> None:
    """Compare a row with what was made of it."""
    asked, answered = sides(row)
    kept = [sample for sample in samples if sample.rejected is None]
    turns = [turn.content for sample in samples for turn in sample.messages]
    found.two_sided += bool(asked and answered)
    found.no_instruction += any(not any(text in turn for turn in turns) for text in asked)
    found.no_answer += any(not any(text in turn for turn in turns) for text in answered)
    if kept and not isinstance(row.get("prompt"), dict):
        known = said_in(samples)
        roles = {*USERS, *MODELS, "system", "observation", "tool", "text"}
        odd = [leaf for leaf in leaves(row) if leaf not in roles]
        found.lost_text += any(not any(leaf in text for text in known) for leaf in odd)


def read(path: Path, name: str) -> tuple[Found, list[Sample]]:
    """One file, read both ways."""
    found, rows, said = Found(name), plain_rows(path), list[str]()
    found.rows = len(rows)
    recipe = Recipe("readers", (), inputs={"dataset": Input("rows")})
    try:
        given = open_inputs(recipe, Wanted({"dataset": [str(path)]}, Path(), tell=said.append))
        [table] = given.tables
        by_row = _by_row(table)
    except InputError as error:
        found.shape = f"refused: {str(error).removeprefix(str(path))}"
        found.two_sided = sum(all(sides(row)) for row in rows)
        return found, []
    found.shape = said[0].partition("read as ")[2] if said else "?"
    found.read = len(by_row)
    for row, samples in zip(rows, by_row, strict=False):
        found.samples += len(samples)
        found.out += sum(sample.rejected is None for sample in samples)
        found.rejected.update(s.rejected.reason for s in samples if s.rejected)
        judge(found, row, samples)
    return found, [sample for samples in by_row for sample in samples]


def _by_row(table: RowFile) -> list[list[Sample]]:
    grouped: dict[int, tuple[Any, list[Sample]]] = {}  # the rows stay alive: each is one object
    for row, sample in table.pairs():
        grouped.setdefault(id(row), (row, []))[1].append(sample)
    return [samples for _, samples in grouped.values()]


def is_whole(found: Found) -> bool:
    """Did no row vanish, no side, no text?"""
    if found.shape.startswith("refused"):
        return not found.two_sided
    gone = found.rows - found.read, found.samples - found.out - found.rejected.total()
    return not any((*gone, found.no_instruction, found.no_answer, found.lost_text))


def show(samples: list[Sample], count: int) -> None:
    """Some samples, evenly over the file."""
    step = max(1, len(samples) // max(count, 1))
    for sample in samples[::step][:count]:
        gone = f"  REJECTED {sample.rejected.reason}" if sample.rejected else ""
        print(f"  {sample.source_id} line {sample.place.line} [{sample.language}]{gone}")
        for turn in sample.messages:
            print(f"    {turn.role}: {turn.content[:100]!r}")
        for test in sample.tests[:1]:
            print(f"    {len(sample.tests)} tests, {test.kind}: {(test.code or test.stdin)[:90]!r}")


def main() -> None:
    """Read all files, print a line for each; the exit code is 1 if anything was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    args = parser.parse_args()
    paths = sorted(p for p in args.folder.rglob("*") if p.suffix in (".json", ".jsonl"))
    every = []
    for path in paths:
        found, samples = read(path, str(path.relative_to(args.folder)))
        every.append(found)
        if not args.json:
            why = ", ".join(f"{reason} {count}" for reason, count in found.rejected.items())
            print(f"{'ok' if is_whole(found) else 'MISSED':6} {found.file}: {found.shape}")
            print(
                f"       {found.rows:,} rows, {found.two_sided:,} with both sides;"
                f" {found.samples:,} samples = {found.out:,} out + {found.rejected.total():,}"
                f" rejected ({why or '-'}); missed: {found.no_instruction} instructions,"
                f" {found.no_answer} answers, {found.lost_text} other texts"
            )
            show(samples, args.show)
    if args.json:
        print(
            json.dumps(
                [{**msgspec.to_builtins(found), "whole": is_whole(found)} for found in every]
            )
        )
    raise SystemExit(0 if all(map(is_whole, every)) else 1)


if __name__ == "__main__":
    main()
