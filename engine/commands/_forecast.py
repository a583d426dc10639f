"""`--dry-run`: what a run will ask and cost, from the real run of a sample of its seeds.

The sample's answers are kept in the directory's book, and what they cost in its ledger: the run
that follows pays for the rest only.
"""

import asyncio
import dataclasses
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from backfeed.engine.boundary import storing
from backfeed.engine.commands._costs import price_of
from backfeed.engine.commands._outlook import UNITS, Lanes, Outlook, assumed, needed, used_by
from backfeed.engine.commands._run import Order, prepared
from backfeed.engine.identity import digest
from backfeed.engine.job import Plan, Report, execute
from backfeed.engine.lanes import LaneResult
from backfeed.engine.methods.forecast import Scale
from backfeed.engine.output import write_json
from backfeed.engine.pulse import Pulse
from backfeed.engine.records import Sample
from backfeed.engine.seeds import Seeds, materialise
from backfeed.engine.tally import COUNTED
from backfeed.engine.watching import Watcher

SAMPLE = 20
"""So many seeds are run, or all, if there are fewer."""


class _Notes(Watcher):
    """A watcher that keeps what each lane used."""

    def __init__(self) -> None:
        self.lanes = Lanes()

    def committed(self, step: str, result: LaneResult) -> None:
        """A lane has ended."""
        self.lanes.add(step, result.tallies)


def forecast(order: Order, *, as_json: bool) -> int:
    """Run a sample, and say what the whole will come to. Returns the exit code."""
    plan, notes = prepared(order), _Notes()
    seeds, rows = _sampled(plan)
    work = plan.directory / ".work" / "forecast"
    _clear(work)
    stop = dataclasses.replace(order.recipe.stop, accepted=None, limit=None)
    part = dataclasses.replace(
        plan, recipe=dataclasses.replace(order.recipe, stop=stop), directory=work, update=True,
        seeds=lambda: rows, seeds_key=digest([row.id for row in rows]), watcher=notes,
        book=plan.book or plan.directory / "answers", paid=plan.directory / "ledger.jsonl",
    )  # fmt: skip
    report = asyncio.run(execute(part))
    _clear(work)
    ran = len(rows) if not report.stopped else min(len(rows), len(notes.lanes.first))
    told = _told(plan, report, notes.lanes, scale=Scale(max(ran, 1), max(seeds, ran, 1)))
    write_json(plan.directory / "forecast.json", told)
    click.echo(msgspec.json.format(msgspec.json.encode(told)).decode() if as_json else _words(told))
    return 0


def _clear(folder: Path) -> None:
    with storing(f"clearing {folder}"):
        shutil.rmtree(folder, ignore_errors=True)


def _sampled(plan: Plan) -> tuple[int, list[Sample]]:
    """How many seeds there are, and some of them, in their order, chosen by the run's seed."""
    wanted = Seeds(plan.seeds, plan.seeds_key, plan.recipe.seed, plan.recipe.stop.limit)
    table = materialise(wanted, plan.directory / ".work" / "seeds", Pulse()).rows
    rng = random.Random(f"forecast {plan.recipe.seed}")  # noqa: S311 - which seeds, not a secret
    places = set(rng.sample(range(len(table)), min(SAMPLE, len(table))))
    return len(table), [row for place, row in enumerate(table) if place in places]


def _told(plan: Plan, report: Report, lanes: Lanes, *, scale: Scale) -> dict[str, Any]:
    """The forecast, as it stands in forecast.json."""
    seeds = scale.seeds
    scale = Scale(scale.sampled, needed(plan.recipe, report.written.accepted, scale))
    desks = {desk for _, desk in used_by(report.tallies)}
    prices = {desk: price_of(plan.services.get(desk)) for desk in desks}
    outlook = Outlook(lanes.first, lanes.rest(report.tallies), scale=scale, prices=prices)
    asked = (counts for name, counts in report.asked.items() if name.partition(":")[0] in COUNTED)
    return {
        "seeds": seeds, "sampled": scale.sampled, "used_seeds": scale.seeds,
        "accepted_of_sample": report.written.accepted, **outlook.plain(),
        "sample_asked": sum(counts.get("asked", 0) for counts in asked),
        "spent_usd": round(report.spent["usd"] + report.spent["lost_usd"], 9),
        "stopped": report.stopped, "unfinished": report.written.unfinished,
        "assumed": list(assumed(plan.recipe, scale, seeds=seeds)),
    }  # fmt: skip


def _words(told: Mapping[str, Any]) -> str:
    """The forecast, for a reader."""
    head = f"forecast for {told['used_seeds']:,} seeds, from a run of {told['sampled']:,}"
    paid = f"{told['sample_asked']:,} requests were asked for it"
    lines = [f"{head} ({paid}; paid for this directory so far: {told['spent_usd']:.4f} USD)"]
    rows = [["stage", "desk", "calls", "tokens in", "tokens out", "USD"]]
    for stage, desks in told["stages"].items():
        rows += [[stage, desk, *_cells(numbers)] for desk, numbers in desks.items()]
    rows.append(["all", "", *_cells(told["total"])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(f"  {'  '.join(cells)}".rstrip())
    if told["unpriced"]:
        lines.append(f"price unknown: {', '.join(told['unpriced'])}")
    if told["stopped"] or told["unfinished"]:
        why = told["stopped"] or "some of its rows could not be finished"
        lines.append(f"the sample is not whole: {why}")
    return "\n".join([*lines, *(f"assumed: {one}" for one in told["assumed"])])


def _cells(numbers: Mapping[str, Any]) -> list[str]:
    """Each number with its interval."""
    usd = "unknown" if numbers["usd"] is None else _cell(numbers["usd"], ",.4f")
    return [*(_cell(numbers[unit], ",.0f") for unit in UNITS), usd]


def _cell(number: Mapping[str, float | None], form: str) -> str:
    if number["low"] is None:
        return f"{number['estimate']:{form}} (no interval)"
    return f"{number['estimate']:{form}} ({number['low']:{form}} to {number['high']:{form}})"
