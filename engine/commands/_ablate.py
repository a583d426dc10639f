"""Write the arms of an ablation: their rows, the held-out rows, and the table."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from backfeed.engine import registry
from backfeed.engine.contracts import Exporter
from backfeed.engine.errors import CallerError, InputError, MissingExtra
from backfeed.engine.exporters._files import STATED, Count, schema_of, shaped
from backfeed.engine.exporters._files import write as write_file
from backfeed.engine.files import write_whole
from backfeed.engine.output import write_json
from backfeed.engine.records import Sample
from backfeed.engine.report import _arm_table, arms, releases
from backfeed.engine.report.arms import Ablation

OWN = ("corpus", "rejected", "unfinished", "evidence", "answers", ".work")


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to write, in which format, and whether to train."""

    target: Path
    name: str
    train: bool = False

    @property
    def exporter(self) -> Exporter:
        """The format's exporter. Raises `UnknownName`."""
        found: Exporter = registry.made("exporters", self.name.replace("-", "_"))
        return found


def choose(directory: Path, wish: Wish, **how: Any) -> Ablation:
    """Choose the rows of all arms. Raises `CallerError` for what cannot be done."""
    own = [directory / name for name in OWN]
    if any(wish.target.resolve().is_relative_to(one.resolve()) for one in own):
        raise CallerError(f"{wish.target} is the run's own: name another place with -o")
    if wish.target.is_file():
        raise CallerError(f"-o {wish.target}: that is a file, name a directory")
    if wish.train and not how["share"]:
        raise CallerError("--train measures the loss on held-out rows: let --held-out be above 0")
    _ = wish.exporter
    if wish.train:
        _trainer()
    found = arms.ablation(directory, **how)
    if wish.train and not any(found.held_out.values()):
        groups = found.groups
        raise InputError(
            f"no row could be held out: of {sum(groups.groups.values()):,} groups of rows that hang"
            f" together the largest has {groups.largest:,} of {len(groups.of):,}; ask for a larger"
            " --held-out, or make a run from more files"
        )
    return found


def write(found: Ablation, wish: Wish) -> dict[str, Any]:
    """Write all files; what stands in arms.json."""
    told = [_arm(found, arm, wish) for arm in found.arms]
    held = list(arms.held_out(found))
    _rows(wish.target / f"held_out{wish.exporter.suffix}", wish.exporter, held)
    if wish.train:
        for arm, loss in zip(told, _losses(found, held), strict=True):
            arm["loss"] = loss
    whole = {
        "run": found.directory.name, "budget": found.budget, "seed": found.seed,
        "held_out": {name: len(ids) for name, ids in found.held_out.items()},
        "left_out": found.left_out, "given": found.given, "arms": told,
    }  # fmt: skip
    write_json(wish.target / "arms.json", whole)
    write_whole(wish.target / "arms.md", _arm_table.markdown(found, told))
    return whole


def _arm(found: Ablation, arm: arms.Arm, wish: Wish) -> dict[str, Any]:
    """Write the rows of an arm; what is to be told of it."""
    file = f"{arm.name}{wish.exporter.suffix}"
    more = STATED if arm.release == "raw" else ()
    count = _rows(wish.target / file, wish.exporter, arms.rows(found, arm), more=more)
    measured = _arm_table.measured(arms.rows(found, arm))
    told = {"file": file, "written": count.rows, "refused": dict(count.refused)}
    return {**_arm_table.plain(arm, measured), **told}


def _rows(
    path: Path, exporter: Exporter, rows: Iterable[Sample], *, more: Sequence[str] = ()
) -> Count:  # fmt: skip
    """Write a file of rows, with `more` columns; how many, and which it cannot hold."""
    count = Count()
    write_file(path, shaped(exporter, rows, count, more=more), schema_of(exporter, more=more))
    return count


def _losses(found: Ablation, held: Sequence[Sample]) -> list[dict[str, Any]]:
    """The held-out loss of each arm."""
    taught = {arm.name: [_pair(row) for row in arms.rows(found, arm)] for arm in found.arms}
    asked: dict[str, list[tuple[str, str]]] = {}
    for row in held:
        asked.setdefault(releases.branch(row), []).append(_pair(row))
    return [loss.plain() for loss in _trainer().losses(taught, asked).values()]


def _trainer() -> Any:
    try:
        return import_module("backfeed.engine.models._tiny")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"--train needs {error.name!r}: run pip install 'backfeed[train]'"
        ) from error


def _pair(row: Sample) -> tuple[str, str]:
    return row.instruction, row.response


def tell(whole: Mapping[str, Any], wish: Wish, *, as_json: bool) -> None:
    """The table on standard output."""
    if as_json:
        click.echo(json.dumps(whole, indent=2, sort_keys=True))
        return
    click.echo((wish.target / "arms.md").read_text(encoding="utf-8"), nl=False)
    click.echo(f"{wish.target}: {len(whole['arms'])} arms", err=True)
