"""A row for reading. What a data set says is never taken for markup or terminal codes."""

import io
import re
import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from backfeed.engine.commands._rows import Seen
from backfeed.engine.records import Check, Finding, Sample, Test

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOURS = {"passed": "green", "failed": "red", "unverified": "yellow"}
_LONGEST = 20_000
_WIDTH = 100


def show(sample: Sample, evidence: Sequence[Seen]) -> None:
    """Print a row to standard output; into a file or pipe without the padding of a screen."""
    console = Console(file=sys.stdout, highlight=False)
    parts = Group(*_parts(sample, evidence))
    if console.is_terminal:
        console.print(parts)
        return
    console = Console(file=io.StringIO(), highlight=False, width=_WIDTH)
    console.print(parts)
    for line in console.file.getvalue().splitlines():  # type: ignore[attr-defined]
        click.echo(line.rstrip())


def plain(text: str) -> str:
    """A text without control codes, and not endless."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n[... {len(text):,} characters]"
    return _CONTROL.sub("\N{SYMBOL FOR SUBSTITUTE}", cut.expandtabs(4))


def _parts(sample: Sample, evidence: Sequence[Seen]) -> Iterator[RenderableType]:
    yield Rule(Text(sample.id, style="bold"))
    yield _facts(sample)
    if sample.rejected is not None:
        why = sample.rejected
        yield Text(plain(f"rejected by {why.stage}: {why.reason}: {why.detail}"), style="red")
    for message in sample.messages:
        if message.role != "assistant" or not sample.code or message.content != sample.code:
            yield _titled(message.role)
            yield _indented(Text(plain(message.content)))
    if sample.code:
        yield _titled("code")
        yield _code(sample.code, sample.language)
    for kind, files in (("file", sample.files), ("support", sample.support)):
        for file in files:
            yield _titled(f"{kind} {file.path}")
            yield _code(file.text, sample.language)
    yield from _tests(sample)
    if sample.checks:
        yield _titled("checks")
        yield _indented(_checks(sample.checks))
    if evidence:
        yield _titled("evidence")
        yield _indented(_evidence(evidence))


def _facts(sample: Sample) -> Table:
    origin, lineage = sample.origin, sample.lineage
    where = f"{origin.repo or origin.source} {origin.commit[:12]} {origin.path}".strip()
    if origin.first_line:
        where += f":{origin.first_line}-{origin.last_line}"
    facts = {
        "source id": sample.source_id,
        "level": sample.level,
        "language": sample.language,
        "entry point": sample.entry_point,
        "origin": where,
        "licence": origin.licence,
        "made by": " ".join(part for part in (lineage.stage, lineage.model) if part),
        "from": ", ".join(lineage.parents),
    }
    table = _table()
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(plain(value)))
    return table


def _tests(sample: Sample) -> Iterator[RenderableType]:
    for number, test in enumerate(sample.tests, 1):
        kind = test.framework or test.kind
        yield _titled(f"test {number}: {kind}, expectation from {test.oracle}")
        yield from _test(test, sample.language)


def _test(test: Test, language: str) -> Iterator[RenderableType]:
    for name, text in (("setup", test.setup), ("", test.code)):
        if text:
            yield _indented(Text(name, style="dim")) if name else Text("", end="")
            yield _code(text, language)
    for name, text in (("stdin", test.stdin), ("stdout", test.stdout)):
        if text:
            yield _indented(Text(name, style="dim"))
            yield _indented(Text(plain(text)))
    for file in test.files:
        yield _indented(Text(plain(file.path), style="dim"))
        yield _code(file.text, language)


def _checks(checks: Sequence[Check]) -> Table:
    table = _table()
    for check in checks:
        verdict = Text(check.verdict, style=_COLOURS[check.verdict])
        told = "\n".join(map(_finding, check.findings[:20]))
        tool = f"{check.tool} {check.version}".strip()
        table.add_row(Text(check.name), verdict, Text(plain(tool)), Text(plain(told)))
    return table


def _finding(finding: Finding) -> str:
    where = f" (line {finding.line})" if finding.line else ""
    return f"{finding.rule}: {finding.message}{where}"


def _evidence(evidence: Sequence[Seen]) -> Table:
    table = _table()
    for seen in evidence:
        outcome = seen.data.get("outcome", {})
        job = seen.data.get("job", {})
        peak = outcome.get("peak_mb")
        told = [
            " ".join(job.get("command", ())),
            f"exit {outcome.get('exit_code')}" if outcome.get("signal") is None
            else f"signal {outcome['signal']}",
            f"cpu {outcome.get('cpu_s', 0):.3f} s, wall {outcome.get('wall_s', 0):.3f} s",
            f"peak {peak:.0f} MB" if peak else "",
            f"environment {outcome.get('environment', '')[:12]}",
        ]  # fmt: skip
        said = str(outcome.get("stderr", "")).strip()[-300:]
        line = ", ".join(part for part in told if part) + (f"\n{said}" if said else "")
        word = str(seen.data.get("verdict", ""))
        table.add_row(Text(seen.check), Text(word), Text(plain(line)))
    return table


def _table() -> Table:
    return Table(show_header=False, box=None, padding=(0, 2, 0, 0))


def _titled(title: str) -> RenderableType:
    return Text(f"\n{plain(title)}", style="bold cyan")


def _indented(what: RenderableType) -> RenderableType:
    return Padding(what, (0, 0, 0, 2))


def _code(text: str, language: str) -> RenderableType:
    return _indented(
        Syntax(
            plain(text), language or "text", theme="ansi_dark", line_numbers=True, word_wrap=True
        )
    )
