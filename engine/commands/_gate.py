"""Check a data set, judge what the run left, and tell the verdict wherever it is asked for."""

import io
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from backfeed.engine import recipe as recipes
from backfeed.engine.boundary import storing
from backfeed.engine.commands import check
from backfeed.engine.config import read_toml
from backfeed.engine.errors import (
    BackfeedError,
    CallerError,
    ConfigError,
    Interrupted,
    RunConflict,
)
from backfeed.engine.files import write_whole
from backfeed.engine.gate import baseline, changed, judge, lines, policy, told, verdict
from backfeed.engine.gate.annotations import annotations, mistake
from backfeed.engine.gate.clauses import clauses
from backfeed.engine.gate.junit import junit
from backfeed.engine.gate.markdown import markdown, not_judged
from backfeed.engine.gate.sarif import sarif
from backfeed.engine.output import write_json
from backfeed.engine.readers._shapes import parse_columns

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Order:
    """What the caller asks for; `passed` are words for `check`."""

    datasets: Sequence[str]
    policy: Path | None = None
    sarif: Path | None = None
    junit: Path | None = None
    baseline: Path | None = None
    changed_only: str | None = None
    directory: Path | None = None
    against: Sequence[str] = ()
    as_json: bool = False
    passed: Sequence[str] = ()


def gate(order: Order) -> int:
    """Do it: 0 if the data set keeps to the policy, 1 if not. Raises as `check` does."""
    try:
        return _gate(order)
    except BackfeedError as error:
        told = " ".join(order.datasets), str(error)
        _tell_ci(os.environ, [mistake(told[1])], not_judged(*told), as_json=order.as_json)
        raise


def _gate(order: Order) -> int:
    _refuse_paths(order)
    rules = _policy(order)
    conditions = clauses(rules)
    before = baseline.load(order.baseline, conditions) if order.baseline else None
    old = changed.marks_at(order.datasets, _before(order)) if order.changed_only else None
    with _directory(order) as directory:
        _check(order, _words(order, rules), directory)
        rows: Iterable[judge.Marked] = _rows(directory)
        if before is not None:
            rows = before.meeting(rows)
        if old is not None:
            rows = judge.only_new(rows, old)
        gone = baseline.rows_of(directory, ("rejected",))
        judged = judge.judge(conditions, rows, judge.repeated(gone))
        found = verdict.Verdict(
            " ".join(order.datasets), str(order.policy or "the default policy"), judged.rows,
            verdict.outcomes(judged, before), str(order.baseline or ""), order.changed_only or "",
        )  # fmt: skip
        if old is None:
            _remember(directory, judged)
    _tell(order, found, judged)
    return 0 if found.passed else 1


def _policy(order: Order) -> policy.Policy:
    """The policy, with the benchmarks of the command line. Raises `ConfigError`."""
    rules = policy.load(order.policy) if order.policy else policy.Policy()
    rules = replace(rules, against=(*rules.against, *order.against))
    if rules.contamination is not None and not rules.against:
        raise ConfigError(
            f"{order.policy}: contamination = {rules.contamination}, but no benchmark is named:"
            ' write against = ["FILE"], or --against FILE'
        )
    return rules


def _words(order: Order, rules: policy.Policy) -> list[str]:
    """What `check` is told. Unless it is asked which rows repeat others, each is looked at."""
    compared = [] if rules.compares else ["--keep-duplicates"]
    against = [word for one in rules.against for word in ("--against", one)]
    return ["--update", "--until", rules.depth, *compared, *against, *order.passed]


def _refuse_paths(order: Order) -> None:
    """Mistakes that would only show after the work."""
    for option, path in (("--sarif", order.sarif), ("--junit", order.junit)):
        if path is not None and path.is_dir():
            raise CallerError(f"{option} {path} is a folder: name a file")
        if path is not None:
            _refuse_place(option, path)
    if order.sarif is not None and order.sarif == order.junit:
        raise CallerError(f"--sarif and --junit both name {order.sarif}: name two files")
    recipe = order.directory / "recipe.toml" if order.directory else None
    if (
        recipe is not None
        and recipe.is_file()
        and (name := read_toml(recipe).get("name")) != "check"
    ):
        raise RunConflict(f"{order.directory} holds a run of {name!r}: name another with -o DIR")


def _refuse_place(option: str, path: Path) -> None:
    place = next(one for one in path.absolute().parents if one.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        what = "cannot be written to" if place.is_dir() else "is a file"
        raise CallerError(f"{option} {path}: {place} {what}: name another place")


def _before(order: Order) -> changed.Before:
    return changed.Before(
        str(order.changed_only), recipes.load(recipes.find("check")),
        parse_columns(_given(order.passed, "--columns")),
    )  # fmt: skip


def _given(words: Sequence[str], name: str) -> str:
    return next((value for key, value in pairwise(words) if key == name), "")


@contextmanager
def _directory(order: Order) -> Iterator[Path]:
    if order.directory is not None:
        yield order.directory
        return
    with tempfile.TemporaryDirectory(prefix="backfeed-gate-") as folder:
        yield Path(folder) / "run"


def _check(order: Order, words: Sequence[str], directory: Path) -> None:
    """Run `check`, as the command line would. What it says of a folder that goes is not told."""
    goes = "" if order.directory is not None else str(directory)
    said = sys.stderr if sys.stderr.isatty() else _Lines(sys.stderr, goes)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            check.COMMAND.main(
                [*order.datasets, "-o", str(directory), *words],
                prog_name="backfeed check", standalone_mode=False,
            )  # fmt: skip
    except Interrupted:
        if goes and not _given(words, "--book"):
            raise Interrupted(
                "interrupted; nothing was judged, and nothing is kept without -o DIR or --book PATH"
            ) from None
        raise


class _Lines(io.TextIOBase):
    """Hands lines on as soon as they are whole, each as one line; but those that say a word."""

    def __init__(self, to: TextIO, without: str) -> None:
        self._to, self._without, self._begun = to, without, ""

    def write(self, text: str) -> int:
        """Hand on the lines that end here."""
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            if not self._without or self._without not in line:
                self._to.write(told.plain_line(line, 2000) + "\n")
                self._to.flush()
        return len(text)


def _rows(directory: Path) -> Iterator[judge.Marked]:
    marks = lines.line_marks(baseline.rows_of(directory, ("rejected",)))
    return lines.marked(baseline.rows_of(directory), marks)


def _remember(directory: Path, judged: judge.Judged) -> None:
    """What was found goes to summary.json, which can be the baseline of another run."""
    path = directory / "summary.json"
    with storing(f"reading {path}"):
        known = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    write_json(path, {**known, "gate": baseline.plain(judged)})


def _tell(order: Order, found: verdict.Verdict, judged: judge.Judged) -> None:
    places = told.Places(
        changed.root_of(Path(order.datasets[0])) or Path.cwd(), lines.columns(found.broken)
    )
    if order.as_json:
        click.echo(msgspec.json.format(_json(found.plain())).decode())
    else:
        _say(found, places)
        if not found.passed:
            click.echo(_more(order, found.broken))
    if order.sarif is not None:
        log = sarif(found, places, [*judged.files])
        write_whole(order.sarif, msgspec.json.format(_json(log)) + b"\n")
    if order.junit is not None:
        write_whole(order.junit, junit(found, judged, places) + b"\n")
    said = annotations(found, places)
    _tell_ci(os.environ, said, markdown(found, places), as_json=order.as_json)


def _more(order: Order, broken: Sequence[judge.Broken]) -> str:
    """Where to look at what was found."""
    if order.directory is None:
        return "run it with -o DIR to keep a report that shows these rows with their code"
    name = told.plain_line(broken[0].name, 200) if broken else "ROW"
    show = shlex.join(["backfeed", "show", str(order.directory), name])
    return f"these rows with their code: {order.directory / 'report.html'}; one of them: {show}"


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _tell_ci(
    given: Mapping[str, str], lines: Iterable[str], text: str, *, as_json: bool
) -> None:  # fmt: skip
    """Annotations and the summary of the step, where GitHub Actions asks for them."""
    if given.get("GITHUB_ACTIONS") == "true":
        for line in lines:
            click.echo(line, err=as_json)
    if summary := given.get("GITHUB_STEP_SUMMARY"):
        with storing(f"writing {summary}"), Path(summary).open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def _say(found: verdict.Verdict, places: told.Places) -> None:
    """The verdict, a table of the clauses, and the first rows that break each."""
    colour = "green" if found.passed else "red"
    line = told.plain_line(f"{found.dataset}: {told.headline(found)}", 2000)
    click.secho(line, fg=colour, bold=True)
    table = [
        (one.name, told.found(one), told.bound(one), _state(one),
         told.plain_line(one.tally.clause.told, 80))
        for one in found.outcomes
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  " + "  ".join(cells).rstrip())
    broken = found.broken
    for doubt in filter(None, map(told.doubt, found.outcomes)):
        click.echo(f"{found.policy}: {doubt}", err=True)
    for one in found.first(SHOWN):
        where = f"{places.path(one.place.file)}:{one.place.line}"
        if column := places.column(one):
            where += f":{column}"
        click.echo(told.plain_line(f"{where}: {one.blame.rule}: {told.line_of(one)}"))
    if len(broken) > SHOWN:
        click.echo(f"and {len(broken) - SHOWN:,} more; all of them: --sarif FILE or --json")


def _state(outcome: verdict.Outcome) -> str:
    if outcome.state == "kept":
        return "kept"
    before = "" if outcome.before is None else f", {told.number(outcome, outcome.before)} before"
    return f"no worse than before{before}" if outcome.state == "as before" else f"BROKEN{before}"
