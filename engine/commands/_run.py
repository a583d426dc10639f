"""Run a recipe as the command line orders it, and say what became of it."""

import asyncio
import dataclasses
import platform
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec

from backfeed.engine import progress, services
from backfeed.engine.boundary import storing
from backfeed.engine.commands._checked import leave_checked
from backfeed.engine.commands._costs import stages_cost
from backfeed.engine.commands._drawn import Draw
from backfeed.engine.commands._resolve import HEAD, given_before, given_in, resolved
from backfeed.engine.commands._told import tell_checked
from backfeed.engine.errors import Interrupted, StoreFault, WorldError
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.identity import sha256_of
from backfeed.engine.inputs import Given, Wanted, open_inputs
from backfeed.engine.job import Plan, Report, execute
from backfeed.engine.ledger import Ledger
from backfeed.engine.output import read_rows, write_json
from backfeed.engine.recipe import Recipe
from backfeed.engine.report.facts import Counted
from backfeed.engine.report.write import write_all


@dataclass(frozen=True, slots=True)
class Order:
    """One run, as it was ordered. `path` is the recipe's file.

    `sample` rows are drawn from the input, all are taken if it is None. With `checked` the data set
    itself is left, too, with its verdicts.
    """

    recipe: Recipe
    path: Path
    directory: Path
    addresses: Mapping[str, Sequence[str]]
    columns: Mapping[str, str] = field(default_factory=dict)
    wishes: services.Wishes = field(default_factory=services.Wishes)
    book: Path | None = None
    update: bool = False
    format: str = ""
    sample: int | None = None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A run that may begin: its plan, and the input rows, all or as they are drawn."""

    plan: Plan
    given: Given
    draw: Draw | None = None


def run(order: Order) -> int:
    """Do it. Returns the exit code; raises what the outermost loop tells."""
    made = ready(order)
    report = asyncio.run(execute(made.plan))
    path = order.directory / "summary.json"
    told = summary(made.plan, report, _read_json(path))
    known = Counted.of(order.directory)
    seen = known.plain()
    if order.checked:
        seen["checked"] = leave_checked(order.directory, made.given, made.draw)
    write_json(path, {**told, **seen})
    write_all(order.directory, known)
    tell(order.recipe, order.directory, report)
    if order.checked:
        tell_checked(order.directory, seen["checked"])
    return _exit_code(order.directory, report)


def prepared(order: Order) -> Plan:
    """The plan of a run, checked."""
    return ready(order).plan


def ready(order: Order) -> Ready:
    """What a run needs, checked: inputs, services that can answer, a ledger."""
    _refuse_file(order.directory)
    wanted = _wanted(order)
    given = open_inputs(order.recipe, wanted)
    draw = _draw(order, given)
    ledger = Ledger(order.recipe.stop.usd)
    wishes = dataclasses.replace(order.wishes, work=order.directory / ".work")
    made = services.build(order.recipe, wishes, ledger)
    plan = _plan(order, wanted, draw.drawn() if draw else given, made=made)
    if draw:
        plan.resolved = {**plan.resolved, HEAD: {**plan.resolved[HEAD], "sample": draw.size}}
    return Ready(dataclasses.replace(plan, ledger=ledger), given, draw)


def _draw(order: Order, given: Given) -> Draw | None:
    """The sample that is ordered, or that the run took whose recipe this is."""
    size = order.sample or given_in(order.path).get("sample")
    if not size:
        return None
    return Draw(given, size, order.recipe.seed, order.directory / ".work" / "drawn")


def _refuse_file(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise StoreFault(f"{directory} is a file: name a directory with -o")


def _wanted(order: Order) -> Wanted:
    """A recipe that a run wrote brings its own inputs; the directory knows what was pinned."""
    own = given_in(order.path)
    known = {} if order.update else given_before(order.directory)
    before = known.get("inputs", {})
    addresses = {name: list(values) for name, values in order.addresses.items() if values}
    if not addresses:
        before = own.get("inputs", {})
        addresses = {name: item["asked"] for name, item in before.items()}
    return Wanted(
        addresses, order.directory / ".work" / "sources", order.columns or own.get("columns", {}),
        before=before, tell=lambda line: click.echo(line, err=True),
        format=order.format or own.get("format", ""),
    )  # fmt: skip


def _plan(
    order: Order, wanted: Wanted, given: Given, *, made: Mapping[str, Any]
) -> Plan:  # fmt: skip
    name, settings = services.sandbox_of(order.recipe.sandbox, order.wishes.sandbox)
    whole = resolved(
        order.recipe, given, wanted, services=made,
        models=services.model_specs(order.recipe.models, order.wishes),
        sandbox={"use": name, **settings},
    )  # fmt: skip
    return Plan(
        order.recipe, order.directory, made, given.samples, given.key, resolved=whole,
        book=order.book, update=order.update, watcher=progress.watcher(),
        artefacts={name: _kept(order.directory, path) for name, path in given.files.items()},
    )  # fmt: skip


def _kept(directory: Path, path: Path) -> Path:
    """An input file as an artefact: under the hash of its bytes."""
    with storing(f"reading {path}"):
        place = directory / ".work" / "artefacts" / sha256_of(path)
    if not place.exists():
        write_via(place, lambda to: shutil.copyfile(path, to))
    return place


def _read_json(path: Path) -> dict[str, Any]:
    """What an earlier run wrote; nothing if that cannot be read."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    return {}


def summary(plan: Plan, report: Report, before: Mapping[str, Any]) -> dict[str, Any]:
    """What summary.json says of a run; `before` is what it said until now."""
    written, spent = dataclasses.asdict(report.written), report.spent
    return {
        "recipe": plan.recipe.name, "complete": report.complete, "stopped": report.stopped,
        **written, "stages": _stages(report), "metrics": report.metrics,
        "stages_cost": stages_cost(report.tallies, plan.services),
        "bugs": sorted(report.bugs),
        "asked": {name: counts.get("asked", 0) for name, counts in report.asked.items()},
        "desks": report.asked, "book": report.answers, "spent": spent, "usd": spent["usd"],
        "tokens": {"in": spent["tokens_in"], "out": spent["tokens_out"]},
        "seconds": round(report.seconds, 2), "all_runs": _all_runs(report, before),
        "versions": _versions(plan), "sandbox": _in_force(plan),
    }  # fmt: skip


def _stages(report: Report) -> dict[str, Any]:
    """What became of the rows at each stage; what was asked there stands in `stages_cost`."""
    tallies = report.tallies.plain().items()
    return {
        stage: {key: value for key, value in plain.items() if key != "used"}
        for stage, plain in tallies
    }


def _in_force(plan: Plan) -> dict[str, Any]:
    """What isolates and limits programs on this machine; nothing if none is run."""
    box = plan.services.get("sandbox")
    return {**getattr(box, "in_force", {}), **getattr(box, "load", {})}


def _all_runs(report: Report, before: Mapping[str, Any]) -> dict[str, Any]:
    """The sums over all runs of a directory that came to their end, and asked anything at all."""
    known = before.get("all_runs", {"runs": 0, "seconds": 0.0, "desks": {}})
    if known["runs"] and not any(map(sum, map(dict.values, report.asked.values()))):
        return dict(known)
    desks = {name: Counter(counts) for name, counts in known["desks"].items()}
    for name, counts in report.asked.items():
        desks.setdefault(name, Counter()).update(counts)
    return {
        "runs": known["runs"] + 1, "seconds": round(known["seconds"] + report.seconds, 2),
        "desks": {name: dict(counts) for name, counts in desks.items()},
    }  # fmt: skip


def _versions(plan: Plan) -> dict[str, Any]:
    """Of this program and its Python, of the stages, and what names the services' behaviour."""
    return {
        "backfeed": version("backfeed"), "python": platform.python_version(),
        "stages": plan.resolved["versions"], "services": plan.resolved["services"],
    }  # fmt: skip


def stages_in_order(recipe: Recipe, report: Report) -> list[str]:
    """Reading first, then as the recipe has them, then what the engine itself did."""
    order = ["read", *(step.name for step in recipe.all_steps())]
    known = [name for name in order if name in report.tallies]
    return known + [name for name in report.tallies if name not in order]


def tell(recipe: Recipe, directory: Path, report: Report) -> None:
    """A few lines on standard output: what was kept, what left and why, what it cost."""
    done = report.written
    levels = ", ".join(f"{level} {count:,}" for level, count in sorted(done.levels.items()))
    kept = f"{done.accepted:,} accepted" + (f" ({levels})" if levels else "")
    click.echo(f"{directory}: {kept}, {done.rejected:,} rejected, {done.unfinished:,} unfinished")
    stages = stages_in_order(recipe, report)
    width = max(map(len, stages), default=0)
    for stage in stages:
        tally = report.tallies[stage]
        reasons = ", ".join(f"{why} {n:,}" for why, n in tally.rejected.most_common(4))
        gone = f"  {tally.rejected.total():,} rejected: {reasons}" if reasons else ""
        click.echo(f"  {stage:<{width}} {tally.entered:>9,} in  {tally.out:>9,} out{gone}")
    asked = ", ".join(
        f"{name} {counts.get('asked', 0):,} (+{counts.get('known', 0):,} known)"
        for name, counts in report.asked.items()
        if counts and name != "compute"
    )
    click.echo(f"asked: {asked or 'nothing'}; {report.seconds:.1f} s")
    if (spent := report.spent)["requests"]:
        usd = "price unknown" if spent["unpriced"] else f"{spent['usd']:.4f} USD"
        lost = f" and at most {spent['lost_usd']:.4f} lost" if spent["lost_usd"] else ""
        tokens = f"{spent['tokens_in']:,} tokens in, {spent['tokens_out']:,} out"
        click.echo(f"paid for this directory so far: {tokens}, {usd}{lost}")


def _exit_code(directory: Path, report: Report) -> int:
    if report.stopped == "interrupted":
        raise Interrupted("interrupted; what was answered is kept: run the same command to go on")
    if report.written.unfinished:
        count, why = report.written.unfinished, _first(directory / "unfinished", "engine")
        raise WorldError(
            f"{count:,} rows are unfinished ({why}); run the same command to try them again"
        )
    if report.stopped:
        click.echo(f"stopped by the limit of {report.stopped}: what there is is a prefix", err=True)
    if unread := report.tallies["read"].rejected.total():
        of, why = report.tallies["read"].entered, _first(directory / "rejected", "read")
        click.echo(f"{unread:,} of {of:,} rows could not be used; the first: {why}", err=True)
    if report.written.rejected and not report.written.accepted:
        click.echo(_why_nothing(directory, report), err=True)
    if report.bugs:
        log = directory / "bugs.log"
        write_whole(log, "\n".join(report.bugs.values()))
        click.echo(f"bugs, please report them: {', '.join(report.bugs)}; see {log}", err=True)
    return 0


def _why_nothing(directory: Path, report: Report) -> str:
    """Where the most rows left, and how to look at them."""
    left = [
        (count, stage, why)
        for stage, tally in report.tallies.items()
        for why, count in tally.rejected.items()
    ]
    count, stage, why = max(left, key=lambda one: one[0])
    first = _first(directory / "rejected", stage, why)
    return (
        f"nothing was accepted; {count:,} rows left at {stage}: {why}, the first is {first};"
        f" look at them with: backfeed show {directory} --rejected {why}"
    )


def _first(folder: Path, stage: str, reason: str = "") -> str:
    """The first row of a folder that left at this stage: its id and why."""
    with storing(f"reading {folder}"):
        for sample in read_rows(folder):
            gone = sample.rejected
            if gone is not None and gone.stage == stage and reason in ("", gone.reason):
                return f"{sample.source_id or sample.id}: {gone.detail}".rstrip(": ")
    return "no reason is known"
