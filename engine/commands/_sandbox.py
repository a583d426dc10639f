"""The hostile suite on one backend, for people to follow."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from backfeed.engine import registry, services
from backfeed.engine.config import nearest
from backfeed.engine.contracts import Service
from backfeed.engine.errors import CallerError, ConfigError
from backfeed.sandboxes.selfcheck import judge, suite
from backfeed.sandboxes.selfcheck.items import select

LARGE_IMAGE = "backfeed-tools"  # has the tool chains of all languages
SIGNS = {judge.HELD: "ok", judge.FAILED: "NO", judge.GAP: "gap", judge.NOT_RUN: "-"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the caller asked for. Without a backend, the default one; without workers, all cores."""

    backend: str
    languages: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    workers: int | None = None
    image: str = ""

    @property
    def name(self) -> str:
        """The backend's name."""
        return self.backend or services.DEFAULT_SANDBOX


def tried(chosen: Chosen) -> tuple[list[judge.Found], str]:
    """What became of each item, and why the threshold does not hold, if so.

    Raises `CallerError` for a name that there is not, `ConfigError` if the backend does not work.
    """
    known = registry.names("sandboxes")
    if chosen.name not in known:
        raise CallerError(f"no sandbox {chosen.name!r}; {nearest(chosen.name, known)}")
    if chosen.image and chosen.name != "docker":
        raise CallerError(f"--image is for docker: the sandbox {chosen.name} has no images")
    items = select(chosen.languages, chosen.items)
    bench = suite.Bench(
        chosen.name, _opener(chosen), chosen.workers or len(os.sched_getaffinity(0)),
        Progress(len(items)) if sys.stderr.isatty() else _quiet,
    )  # fmt: skip
    found = asyncio.run(suite.run(bench, items))
    return found, judge.threshold(chosen.name, found)


def _opener(chosen: Chosen) -> Callable[[int], Service]:
    """Opens the backend with so many slots; programs are not run twice to compare interpreters."""
    settings = {"cold_share": 0.0} if chosen.name not in services.UNSAFE else {}

    def opened(slots: int) -> Service:
        if chosen.name != "docker":
            return services.open_sandbox(chosen.name, settings, jobs=slots)
        if chosen.image:
            return services.open_sandbox("docker", {**settings, "image": chosen.image}, jobs=slots)
        try:
            large = {**settings, "image": LARGE_IMAGE}
            return services.open_sandbox("docker", large, jobs=slots)
        except ConfigError:  # without that image, with the default one
            return services.open_sandbox("docker", settings, jobs=slots)

    return opened


def _quiet(_found: judge.Found) -> None:
    """Nobody looks."""


class Progress:
    """One line on a terminal, written over and over."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._failed = total, 0, 0

    def __call__(self, found: judge.Found) -> None:
        """Count an item that is done."""
        self._done += 1
        self._failed += found.holds is False
        told = f"{self._done}/{self._total}, {self._failed} failed  {found.item.name}"
        click.echo(f"\r\033[K{told}", nl=self._done == self._total, err=True)


def tell(name: str, found: Sequence[judge.Found]) -> None:
    """The table, then one line."""
    width = max((len(one.item.name) for one in found), default=0)
    for one in found:
        row, expected = one.item.row or "", " or ".join(one.item.verdicts)
        item = f"{row!s:>3} {one.item.name:<{width}}  {one.item.language:<11}"
        line = f"{SIGNS[one.counts]:<4}{item}{expected:<16} "
        click.echo(f"{line}{_safe(one.verdict[:8]):<9}{_safe(one.why)}".rstrip())
    click.echo(f"{name}: {summary(found)}")


def summary(found: Sequence[judge.Found]) -> str:
    """How many of each, in words."""
    counts = Counter(one.counts for one in found)
    gaps = counts[judge.GAP]
    return (
        f"{counts[judge.HELD]} held, {counts[judge.FAILED]} failed, "
        f"{gaps} known gap{'' if gaps == 1 else 's'}, {counts[judge.NOT_RUN]} not run"
    )


def _safe(text: str) -> str:
    """Without what a terminal would obey: programs may have had a say in it."""
    return "".join(char if char.isprintable() else "?" for char in text)
