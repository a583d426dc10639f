"""Verdicts again: the jobs of a row's evidence run anew, and held against what was seen."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from backfeed.engine import services
from backfeed.engine.commands._rows import Seen, evidence
from backfeed.engine.config import read_toml
from backfeed.engine.contracts import Service
from backfeed.engine.errors import AskFailed, InputError
from backfeed.engine.lanes import Engine, close_all
from backfeed.engine.methods.compare import CHECKER, same_output
from backfeed.engine.records import Sample
from backfeed.engine.requests import Job, Outcome

_JOB = {"files", "command", "stdin", "limits", "report", "variables"}


@dataclass(frozen=True, slots=True)
class Held:
    """One job run again. `why` says in what it differs; empty if the verdict holds."""

    id: str
    check: str
    was: str
    now: str
    why: str
    environment: str


def recheck(
    directory: Path, samples: Sequence[Sample], *, sandbox: str | None, as_json: bool
) -> int:  # fmt: skip
    """Run the rows' jobs again, say what came of them; 1 if one does not hold."""
    seen = evidence(directory, [sample.id for sample in samples])
    todo = [(sample, item) for sample in samples for item in seen[sample.id] if "job" in item.data]
    if not todo:
        raise InputError(
            f"nothing of {samples[0].id} in {directory} was run: it has no evidence to check again"
        )
    path = directory / "recipe.toml"
    section = read_toml(path).get("sandbox", {}) if path.is_file() else {}
    name, settings = services.sandbox_of(section, sandbox)
    service = services.open_proven(name, settings)
    results = asyncio.run(_again(service, todo))
    (_tell_json if as_json else _tell)(samples, results)
    bad = {result.id for result in results if result.why}
    if bad:
        click.echo(f"backfeed: {len(bad)} rows do not hold, the first is {min(bad)}", err=True)
    return int(bool(bad))


async def _again(service: Service, todo: Sequence[tuple[Sample, Seen]]) -> list[Held]:
    engine = Engine({"sandbox": service}, None)
    try:
        return list(await asyncio.gather(*(_one(engine, *pair) for pair in todo)))
    finally:
        await engine.end()
        await close_all([service])


async def _one(engine: Engine, sample: Sample, seen: Seen) -> Held:
    plain = {key: value for key, value in seen.data["job"].items() if key in _JOB}
    job = msgspec.convert(plain, Job)
    word = str(seen.data["verdict"])
    try:
        outcome: Outcome = await engine.drive(job, sample.id)
    except AskFailed as failure:
        return Held(sample.id, seen.check, word, "refused", str(failure), "")
    why = difference(sample, seen, outcome)
    now = word if not why else outcome.verdict
    return Held(sample.id, seen.check, word, now, why, _environment(seen, outcome))


def difference(sample: Sample, seen: Seen, now: Outcome) -> str:
    """In what a second outcome differs from the first, if that touches the verdict."""
    was = msgspec.convert(seen.data["outcome"], Outcome)
    if was.verdict != now.verdict:
        return f"it ended with {now.verdict} ({now.detail or now.stderr[-200:]}), not {was.verdict}"
    if (was.exit_code, was.signal) != (now.exit_code, now.signal):
        return f"exit {now.exit_code}, signal {now.signal}; was {was.exit_code}, {was.signal}"
    if seen.data["job"].get("report"):
        return "" if _found(was.report) == _found(now.report) else "the report of its tests differs"
    if seen.check == "run" or was.stdout == now.stdout:
        return ""
    return _other_output(sample, seen, now)


def _found(report: str) -> Any:
    """A report without its messages, which may name addresses and times."""
    try:
        return _without_messages(json.loads(report))
    except ValueError:
        return report


def _without_messages(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_messages(v) for k, v in value.items() if k != "message"}
    if isinstance(value, list):
        return [_without_messages(item) for item in value]
    return value


def _other_output(sample: Sample, seen: Seen, now: Outcome) -> str:
    """Another output is the same verdict if the comparison says so."""
    stdin = seen.data["job"].get("stdin", "")
    tests = [test for test in sample.tests if test.kind == "stdio" and test.stdin == stdin]
    if any(test.compare == CHECKER for test in tests):
        return "it wrote another output, which its checker has not seen"
    words = {"AC" if same_output(now.stdout, t.stdout, t.compare) else "WA" for t in tests}
    return "" if words == {seen.data["verdict"]} else "it wrote another output"


def _environment(seen: Seen, now: Outcome) -> str:
    was = str(seen.data["outcome"].get("environment", ""))
    return "" if was == now.environment else f"{was[:12]} then, {now.environment[:12]} now"


def _tell(samples: Sequence[Sample], results: Sequence[Held]) -> None:
    good = ran = 0
    for sample in samples:
        mine = [result for result in results if result.id == sample.id]
        bad = [result for result in mine if result.why]
        ran += bool(mine)
        good += bool(mine) and not bad
        words = ", ".join(f"{result.check} {result.was}" for result in mine)
        click.echo(
            f"{'NO ' if bad else 'ok ' if mine else '-  '} {sample.id}  {words or 'not run'}"
        )
        for result in bad:
            click.echo(f"     {result.check} was {result.was}: {result.why}")
    for told in sorted({result.environment for result in results if result.environment}):
        click.echo(f"the environment is another: {told}")
    click.echo(f"{good} of {ran} rows hold ({len(results)} programs run again)")


def _tell_json(samples: Sequence[Sample], results: Sequence[Held]) -> None:
    bad = {result.id for result in results if result.why}
    ran = {result.id for result in results}
    told = {
        "rows": len(samples), "ran": len(ran), "hold": len(ran - bad),
        "jobs": [asdict(result) for result in results],
    }  # fmt: skip
    click.echo(json.dumps(told, indent=2))
