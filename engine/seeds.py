"""The input rows of a run as shards on disk, with their ids: made once for what determines them."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from backfeed.engine.boundary import storing
from backfeed.engine.errors import Interrupted
from backfeed.engine.files import write_whole
from backfeed.engine.identity import Ids, digest
from backfeed.engine.pulse import Pulse
from backfeed.engine.records import Place, Sample
from backfeed.engine.store import DiskTable
from backfeed.engine.tally import Tally
from backfeed.engine.writing import StepWriter

FIRST_SHARD = 64
"""Shards of seeds grow from this size: the first waves of a run with a limit are small."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """What makes the rows anew, in their fixed order; `key` is a digest of what determines them.

    `seed` is the run's; `limit` ends the reading after so many usable rows.
    """

    rows: Callable[[], Iterable[Sample]]
    key: str
    seed: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The usable rows, how many were not, and the place where both lie."""

    rows: DiskTable
    tally: Tally
    place: Path


def materialise(seeds: Seeds, folder: Path, pulse: Pulse) -> Read:
    """Write the rows, unless they are there. Raises `Interrupted` if the run is stopped."""
    place = folder / digest(seeds.key, seeds.limit, seeds.seed)
    if not (place / "done.json").exists():
        with storing(f"clearing {place}"):
            shutil.rmtree(place, ignore_errors=True)
        tally = _write(seeds, place, pulse)
        write_whole(place / "done.json", msgspec.json.encode(tally.plain()))
    with storing(f"reading {place}"):
        tally = Tally.of(msgspec.json.decode((place / "done.json").read_bytes()))
    return Read(DiskTable.of(place / "out"), tally, place)


def _write(seeds: Seeds, folder: Path, pulse: Pulse) -> Tally:
    """A row that several samples are made from is one that entered."""
    writer, ids, tally = StepWriter(folder, first=FIRST_SHARD), Ids(), Tally()
    place = Place()
    for sample in seeds.rows():
        named = ids.name(sample, lineage=replace(sample.lineage, seed=seeds.seed))
        again = sample.place.line > 0 and sample.place == place
        tally.add([named], entered=0 if again else 1)
        place = sample.place
        writer.add(named)
        if seeds.limit is not None and writer.out.total >= seeds.limit:
            break
        if pulse.stop_reason:
            raise Interrupted("interrupted while the inputs were read: nothing was asked yet")
    writer.close()
    return tally
