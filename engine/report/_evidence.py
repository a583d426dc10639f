"""What programs used, from the evidence of a run: times and peaks, limits, environments."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backfeed.engine.boundary import storing
from backfeed.engine.report import _columns

MOST_READ = 100_000
EDGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MEGABYTES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


class _Outcome(msgspec.Struct):
    cpu_s: float | None = None
    wall_s: float | None = None
    peak_mb: float | None = None
    environment: str = ""


class _Job(msgspec.Struct):
    limits: dict[str, Any] = {}


class _Data(msgspec.Struct):
    outcome: _Outcome = msgspec.field(default_factory=_Outcome)
    job: _Job = msgspec.field(default_factory=_Job)


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number is spread: bins up to each edge and one beyond, the middle, and the ends."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    median: float = 0.0
    p95: float = 0.0
    most: float = 0.0
    total: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float], edges: Sequence[float]) -> "Spread":
        """The spread of some numbers."""
        bins = np.searchsorted(edges, values, side="left")
        counts = tuple(np.bincount(bins, minlength=len(edges) + 1).tolist())
        if not values:
            return cls(tuple(edges), counts)
        middle, high = np.percentile(values, (50, 95)).tolist()
        return cls(tuple(edges), counts, middle, high, max(values), sum(values))


@dataclass(slots=True)
class Used:
    """What the programs behind the verdicts used. `read` of `total` pieces were looked at."""

    total: int = 0
    read: int = 0
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    environments: Counter[str] = field(default_factory=Counter)
    cpu_s: Spread = Spread((), ())
    wall_s: Spread = Spread((), ())
    peak_mb: Spread = Spread((), ())

    def grouped_limits(self) -> list[tuple[str, dict[str, Any]]]:
        """The limits, and the names of the checks that they held for."""
        found: dict[str, tuple[list[str], dict[str, Any]]] = {}
        for check, limits in sorted(self.limits.items()):
            found.setdefault(repr(sorted(limits.items())), ([], limits))[0].append(check)
        return [(", ".join(checks), limits) for checks, limits in found.values()]


def used(folder: Path) -> Used:
    """Read the evidence of a run; every k-th piece if there are very many."""
    found = Used(_columns.rows(folder))
    step = -(-found.total // MOST_READ) or 1
    numbers: dict[str, list[float]] = {"cpu_s": [], "wall_s": [], "peak_mb": []}
    place = 0
    for batch in _columns.batches(folder):
        for check, verdict in zip(
            batch["check"].to_pylist(), batch["verdict"].to_pylist(), strict=True
        ):
            found.verdicts.setdefault(check, Counter())[verdict] += 1
        for index in range(-place % step, batch.num_rows, step):
            _read(found, batch, index, numbers=numbers)
        place += batch.num_rows
    found.cpu_s = Spread.of(numbers["cpu_s"], EDGES)
    found.wall_s = Spread.of(numbers["wall_s"], EDGES)
    found.peak_mb = Spread.of(numbers["peak_mb"], MEGABYTES)
    return found


def _read(found: Used, batch: Any, index: int, *, numbers: dict[str, list[float]]) -> None:
    with storing("reading evidence"):
        data = msgspec.json.decode(batch["data"][index].as_py(), type=_Data)
    found.read += 1
    if data.outcome.environment:
        found.environments[data.outcome.environment] += 1
    if data.job.limits:
        found.limits.setdefault(batch["check"][index].as_py(), data.job.limits)
    for name, values in numbers.items():
        if (value := getattr(data.outcome, name)) is not None:
            values.append(value)
