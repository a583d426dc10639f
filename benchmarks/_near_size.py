"""One side of `near.py --size`: finds near duplicates among made rows, and says what it took.

    python benchmarks/_near_size.py make|ours|datasketch|rensa FOLDER ROWS

All sides read the same table, cut the same shingles, and keep the first of rows that are alike;
theirs are asked as their pages say: a row that the index knows a match for is a duplicate, any
other joins it. `rensa` checks candidates by their signatures; `datasketch` has bands as ours.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from _planted import repeatable

from backfeed.engine.methods.minhash import BANDS, PERMUTATIONS, jaccard, shingles, words
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.deduplicate import Deduplicate
from backfeed.engine.store import DiskTable, Shards

LEAST = 0.8
VOCABULARY = 30_000
SIZES = range(20, 80)  # words in a row
EDITED = 0.1  # the share of rows that are an earlier one with up to four words changed
RECENT = 50_000  # how many rows can be edited
TOKENS = 5


def made(count: int) -> Iterator[tuple[list[str], list[str]]]:
    """Rows as words, and what each was made from, if it is an edit."""
    rng = repeatable(f"near/{count}")
    past: list[list[str]] = []
    for _ in range(count):
        if past and rng.random() < EDITED:
            origin = rng.choice(past)
            row = list(origin)
            for _ in range(rng.randrange(5)):
                row[rng.randrange(len(row))] = f"w{rng.randrange(VOCABULARY)}"
            yield row, origin
            continue
        row = [f"w{int(VOCABULARY * rng.random() ** 2)}" for _ in range(rng.choice(SIZES))]
        if len(past) < RECENT:
            past.append(row)
        yield row, []


def make(folder: Path, count: int) -> dict[str, Any]:
    """Write the table, and which rows overlap enough with what they were made from."""
    shards, truth = Shards(folder / "table"), []
    for number, (row, origin) in enumerate(made(count)):
        text = f"{' '.join(row[:15])}\n{' '.join(row[15:])}"
        overlap = jaccard(shingles(" ".join(origin)), shingles(text)) if origin else 0.0
        truth.append(overlap)
        said = (Message("user", " ".join(row[:15])), Message("assistant", " ".join(row[15:])))
        shards.add(Sample(id=str(number), messages=said))
    shards.flush()
    np.save(folder / "overlaps.npy", np.array(truth, np.float32))
    return {"rows": count}


def texts(folder: Path) -> Iterator[str]:
    """What each row says."""
    for batch in DiskTable.of(folder / "table").batches(["messages"]):
        for one in batch["messages"].to_pylist():
            yield "\n".join(message["content"] for message in one)


def runs(text: str) -> list[str]:
    """The same shingles as ours, as texts."""
    found = words(text)
    return [" ".join(found[i : i + TOKENS]) for i in range(max(len(found) - TOKENS + 1, 1))]


def ours(folder: Path) -> Iterator[bool]:
    """The stage, from its table to its rows."""
    result = rejoined(Deduplicate(near=LEAST).whole(DiskTable.of(folder / "table")), len)
    for batch in result.rows:
        yield from batch["rejected"].is_valid().to_pylist()


def datasketch(folder: Path) -> Iterator[bool]:
    """A row is a duplicate if the index finds any."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, PERMUTATIONS // BANDS))
    sets = ([run.encode() for run in runs(text)] for text in texts(folder))
    settings = {"num_perm": PERMUTATIONS, "hashfunc": xxhash.xxh32_intdigest}
    for number, sketch in enumerate(MinHash.generator(sets, **settings)):
        known = bool(index.query(sketch))
        if not known:
            index.insert(number, sketch, check_duplication=False)
        yield known


def rensa(folder: Path) -> Iterator[bool]:
    """Its own deduplicator, which keeps signatures and compares them."""
    made = importlib.import_module("rensa").RMinHashDeduplicator
    index = made(LEAST, PERMUTATIONS, use_lsh=True, num_bands=BANDS)
    pairs = ((str(number), runs(text)) for number, text in enumerate(texts(folder)))
    yield from (not kept for kept in index.add_pairs(pairs))


def took(side: str, folder: Path) -> dict[str, Any]:
    """Seconds, the peak above what was there before, and what was found."""
    overlaps = np.load(folder / "overlaps.npy")
    list(zip(texts(folder), range(1), strict=False))  # the libraries that read are loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    flags = np.fromiter(SIDES[side](folder), bool, len(overlaps))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    alike, unlike = overlaps >= LEAST, overlaps == 0
    return {
        "cpu_s": round(time.process_time() - cpu, 1),
        "wall_s": round(time.perf_counter() - wall, 1),
        "peak_mib": round(peak / 1024), "above_mib": round((peak - before) / 1024),
        "flagged": int(flags.sum()), "alike": int(alike.sum()),
        "found": round(float(flags[alike].mean()), 4),
        "too_different": int(flags[(overlaps > 0) & ~alike].sum()),
        "unrelated": int(flags[unlike].sum()),
    }  # fmt: skip


SIDES = {"ours": ours, "datasketch": datasketch, "rensa": rensa}


def main() -> None:
    """Print a line of JSON."""
    side, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(make(folder, count) if side == "make" else took(side, folder)))


if __name__ == "__main__":
    main()
