"""What a check came to, as a short table on standard output."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from backfeed.engine.records import LEVELS
from backfeed.engine.report._words import gathered, joined, plural, ranked, share

MOST_REASONS, MOST_REMARKS, MOST_DOUBTS, MOST_WIDE = 8, 6, 5, 80
Line = tuple[str, int, str]
_HEAD = -1


def tell_checked(directory: Path, told: Mapping[str, Any]) -> None:
    """Rows, accepted by level, reasons, remarks, and where to look."""
    drawn = told.get("sample", {})
    rows, of = told["rows"], f", drawn from {drawn['of']:,}" if drawn else ""
    click.echo(f"\n{plural(rows, 'row')} checked{of}")
    lines = list(_lines(told))
    width = max((len(name) for name, _, _ in lines), default=0)
    for name, count, ends in lines:
        counted = f" {count:>9,}  {share(count, rows):>7}{ends}" if count >= 0 else ""
        click.echo(f"  {name:<{width}}{counted}".rstrip())
    first = next((one for one in told["files"] if one.startswith("checked")), "")
    click.echo(
        f"\nlook at {directory / 'report.html'}; every row with its verdict is in"
        f" {directory / first}; one row: backfeed show {directory} ID"
    )


def _lines(told: Mapping[str, Any]) -> Iterator[Line]:
    """Name, count (none of a heading), and the interval of its share."""
    verdicts, levels = told["verdicts"], told["levels"]
    accepted = verdicts.get("passed", 0) + verdicts.get("unverified", 0)
    yield "accepted", accepted, ""
    for level in reversed(LEVELS):
        if count := levels.get(level, 0):
            known = "none: unverified, nothing is known" if level == "none" else level
            yield f"  {known}", count, _between(told, "levels", level)
    yield from _doubts(told)
    yield "rejected", verdicts.get("failed", 0), _between(told, "verdicts", "failed")
    reasons = joined(told["reasons"])
    for name, count in ranked(reasons)[:MOST_REASONS]:
        yield f"  {name}", count, _between(told, "reasons", name)
    if rest := ranked(reasons)[MOST_REASONS:]:
        yield f"  {len(rest):,} other reasons", sum(count for _, count in rest), ""
    if unfinished := verdicts.get("unfinished", 0):
        yield "unfinished", unfinished, ""
    remarks = {rule: one["rows"] - one["rejected"] for rule, one in told["remarks"].items()}
    kept = ranked({rule: count for rule, count in remarks.items() if count})
    if kept:
        more = f", the first {MOST_REMARKS} of {len(kept):,} rules" if kept[MOST_REMARKS:] else ""
        yield f"remarks on accepted rows{more}", _HEAD, ""
    for rule, count in kept[:MOST_REMARKS]:
        yield f"  {rule}", count, ""


def _doubts(told: Mapping[str, Any]) -> Iterator[Line]:
    """How many of the accepted rows are unverified, and why most often."""
    unverified = told["verdicts"].get("unverified", 0)
    if unverified:
        yield "of these unverified", unverified, _between(told, "verdicts", "unverified")
    most = ranked({why: found.total() for why, found in gathered(told["unverified"]).items()})
    for name, count in most[:MOST_DOUBTS]:
        yield f"  {name[:MOST_WIDE]}", count, ""
    if rest := unverified - sum(count for _, count in most[:MOST_DOUBTS]):
        yield "  other reasons", rest, ""


def _between(told: Mapping[str, Any], kind: str, name: str) -> str:
    """The interval of a share in what was drawn from; nothing if all rows were checked."""
    drawn = told.get("sample")
    if not drawn or drawn["complete"]:
        return ""
    found = drawn["shares"][kind].get(name)
    return f"  ({_percent(found['low'])} to {_percent(found['high'])})" if found else ""


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"
