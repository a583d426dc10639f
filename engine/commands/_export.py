"""Export a corpus: choose rows, split them, write files, and say what was done."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from backfeed.engine import registry
from backfeed.engine.boundary import storing
from backfeed.engine.contracts import Exporter
from backfeed.engine.errors import CallerError, InputError
from backfeed.engine.exporters._files import STATED, SUFFIXES, Count, schema_of, shaped, write
from backfeed.engine.methods.splits import REST, Split, check_shares, split
from backfeed.engine.output import write_json
from backfeed.engine.records import LEVELS, Sample
from backfeed.engine.report import _columns, releases

FOLDERS = ("corpus", "rejected", "unfinished", "evidence", "answers", ".work")
OTHERS = (".csv", ".tsv", ".txt", ".xlsx", ".arrow", ".gz", ".zst", ".zip")
NEAR_ENOUGH = 0.25


@dataclass(frozen=True, slots=True)
class Order:
    """One export, as it was ordered.

    `files` maps splits to files: those of `shares`, or else those that the run has made; without
    any, `train` is all.
    """

    directory: Path
    exporter: Exporter
    files: Mapping[str, Path]
    shares: Mapping[str, float]
    level: str = "none"
    languages: Sequence[str] = ()
    types: Sequence[str] = ()
    with_tests: bool = False
    cut: bool = False
    release: str = "filtered"

    @property
    def stated(self) -> Sequence[str]:
        """The columns that tell rows that have failed from those that have passed."""
        return () if self.release == "filtered" else STATED

    def rows(self) -> Iterator[Sample]:
        """The rows that are asked for."""
        least = LEVELS.index(self.level)
        for sample in releases.rows(self.directory, self.release):
            fits = LEVELS.index(sample.level) >= least
            fits = fits and (not self.languages or sample.language in self.languages)
            if fits and (not self.types or sample.question_type in self.types):
                yield sample


@dataclass(frozen=True, slots=True)
class Done:
    """What was written: counts by file, and how the rows were split."""

    order: Order
    counts: Mapping[str, Count]
    split: Split | None

    @property
    def refused(self) -> Counter[str]:
        """Rows that the format cannot hold, by reason."""
        return sum((count.refused for count in self.counts.values()), Counter[str]())

    @property
    def examples(self) -> dict[str, str]:
        """One of them for each reason."""
        every = [count.examples for count in self.counts.values()]
        return {reason: told for found in reversed(every) for reason, told in found.items()}


def order_of(
    directory: Path, *, name: str, target: Path, shares: str, level: str | None, **more: Any
) -> Order:  # fmt: skip
    """What the options mean. Raises `CallerError` for what cannot be written."""
    exporter = registry.made("exporters", name.replace("-", "_"))
    parts = parse_shares(shares)
    if more["cut"] and not parts:
        raise CallerError("--cut is about splits: add --split, e.g. --split valid=0.02")
    own = [name for name in _columns.named(directory / "corpus") if name != REST]
    if own and not parts and more["release"] != "filtered":
        raise CallerError(
            f"the splits of {directory} ({', '.join(own)}) are those of its accepted rows: split"
            f" the {more['release']} release with --split, e.g. --split valid=0.02"
        )
    files = _files(directory, target, exporter.suffix, splits=list(parts) or own)
    return Order(directory, exporter, files, parts, level or "none", **more)


def parse_shares(text: str) -> dict[str, float]:
    """The shares of `valid=0.02,test=0.01`."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = part.partition("=")
        try:
            number = float(share)
        except ValueError:
            number = 0.0
        if name in found:
            raise CallerError(f"--split {part!r}: {name} is named twice")
        found[name] = number
    check_shares(found)
    return found


def _files(
    directory: Path, target: Path, suffix: str, *, splits: Sequence[str]
) -> dict[str, Path]:  # fmt: skip
    """Where each split goes: a file if its name says so, files in a directory otherwise."""
    ending = target.suffix.lower()
    if any(target.resolve().is_relative_to((directory / own).resolve()) for own in FOLDERS):
        raise CallerError(f"{target} is the run's own: name another place with -o")
    if target.is_dir() or ending not in (*SUFFIXES, *OTHERS):
        return {name: target / f"{name}{suffix}" for name in (REST, *splits)}
    if ending in OTHERS:
        raise CallerError(f"-o {target}: files end in {', '.join(SUFFIXES)}; or name a directory")
    if splits:
        listed = ", ".join((REST, *splits))
        raise CallerError(f"-o {target}: the splits {listed} need a file each: name a directory")
    return {REST: target}


def export(order: Order) -> Done:
    """Write all files, each whole or not at all. Raises `InputError` if no row is asked for."""
    if next(order.rows(), None) is None:
        raise InputError(_nothing(order))
    parts = split(order.rows, order.shares, cut=order.cut) if order.shares else None
    counts = {name: Count() for name in order.files}
    schema = schema_of(order.exporter, with_tests=order.with_tests, more=order.stated)
    for name, path in order.files.items():
        mine = (row for row in order.rows() if _home(row, order, parts) == name)
        rows = shaped(
            order.exporter, mine, counts[name], with_tests=order.with_tests, more=order.stated
        )
        write(path, rows, schema)
    _register(order)
    return Done(order, counts, parts)


def _home(row: Sample, order: Order, parts: Split | None) -> str:
    """The split of a row."""
    if parts is not None:
        return parts.of[row.id]
    return row.split if len(order.files) > 1 else REST


def _nothing(order: Order) -> str:
    """What the corpus has instead of what was asked for."""
    found: dict[str, Counter[str]] = {
        "levels": Counter(),
        "languages": Counter(),
        "types": Counter(),
    }
    for sample in releases.rows(order.directory, order.release):
        values = (sample.level, sample.language, sample.question_type)
        for counter, value in zip(found.values(), values, strict=True):
            counter[value or "none"] += 1
    whole: Path | str = order.directory / "corpus"
    if order.release != "filtered":
        whole = f"the {order.release} release of {order.directory}"
    if not found["levels"]:
        return f"{whole} is empty: there is nothing to export"
    told = "; ".join(
        f"{name}: " + ", ".join(f"{value} {count:,}" for value, count in counter.most_common(9))
        for name, counter in found.items()
    )
    return f"no row of {whole} is what was asked for; it has {told}"


def _register(order: Order) -> None:
    """Tell LLaMA-Factory of the files, beside them; what it knew of others stays."""
    read_by = getattr(order.exporter, "llama_factory", None)
    if read_by is None:
        return
    path = next(iter(order.files.values())).parent / "dataset_info.json"
    known = _known(path)
    for file in order.files.values():
        stem = file.stem if len(order.files) == 1 else f"{file.parent.resolve().name}_{file.stem}"
        known[re.sub(r"\W+", "_", stem)] = {"file_name": file.name, **read_by}
    write_json(path, known)


def _known(path: Path) -> dict[str, Any]:
    with storing(f"reading {path}"):
        raw = path.read_bytes() if path.exists() else b"{}"
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no JSON object ({error}): move it away") from error
    return found


def tell(done: Done, *, as_json: bool) -> None:
    """What was written, on standard output; what was not, on standard error."""
    if as_json:
        click.echo(json.dumps(plain(done), indent=2))
        return
    total = sum(count.rows for count in done.counts.values())
    for name, path in done.order.files.items():
        rows = done.counts[name].rows
        share = f" ({rows / max(total, 1):.1%})" if done.split else ""
        wish = f", {done.order.shares[name]:.1%} asked for" if name in done.order.shares else ""
        click.echo(f"{path}: {rows:,} rows{share}{wish}")
    for reason, count in done.refused.most_common():
        click.echo(f"{count:,} rows left out, {reason}: {done.examples[reason]}", err=True)
    for line in why(done.split) if done.split else ():
        click.echo(line, err=True)


def why(found: Split) -> Iterator[str]:
    """Why shares are not what was asked for."""
    if found.left_out:
        yield f"{found.left_out:,} composed rows left out: their parts are in different splits"
    total = len(found.of)
    for name, share in found.wanted.items():
        has, wanted = found.counts()[name], share * total
        if abs(has - wanted) > max(NEAR_ENOUGH * wanted, 1):
            hint = f"; --cut frees them from {found.ties:,} composed rows" if found.ties else ""
            yield (
                f"{name} has {has:,} rows, not {wanted:,.0f}: rows of one file, made from one"
                f" another or nearly equal stay together; of {sum(found.groups.values()):,} such"
                f" groups the largest has {found.largest:,} of {total:,} rows{hint}"
            )


def plain(done: Done) -> dict[str, Any]:
    """The same as plain data."""
    files = {
        name: {"file": str(path), "rows": done.counts[name].rows}
        for name, path in done.order.files.items()
    }
    told: dict[str, Any] = {
        "release": done.order.release, "files": files, "refused": dict(done.refused),
    }  # fmt: skip
    if done.split is not None:
        told |= {
            "asked": dict(done.split.wanted), "left_out": done.split.left_out,
            "groups": dict(done.split.groups), "largest_group": done.split.largest,
            "why": list(why(done.split)),
        }  # fmt: skip
    return told
