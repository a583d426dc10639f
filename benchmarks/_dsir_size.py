"""Parts of `dsir.py --size`: makes the rows, or draws from them as a run does.

    python benchmarks/_dsir_size.py make|draw FOLDER ROWS

Every row is 100 words. Words are drawn by Zipf's law from 50,000, one by one, so that pairs hardly
come again: few buckets can be kept, which is the worst case. One row of a hundred, and the target,
have the same words in another order of frequency. The stage runs in the engine, with worker
processes, over a table on disk, and its rows are written as a run writes them.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from backfeed.engine.compute import ComputeService
from backfeed.engine.lanes import Engine, close_all
from backfeed.engine.methods import benchmarks
from backfeed.engine.records import Sample
from backfeed.engine.store import WORK_SCHEMA, DiskTable, Shards, to_row
from backfeed.engine.writing import StepWriter
from backfeed.plugins.infinity.select_dsir import SelectDsir

VOCABULARY, WORDS, EVERY, TARGET = 50_000, 100, 100, 2_000
AT_ONCE = 2_500


def texts(count: int, seed: int, *, turned: bool) -> Iterator[str]:
    """Texts of a hundred words; `turned`: those that are rare in the others are frequent."""
    rng = np.random.default_rng(seed)
    words = [f"{'abcdefghijklmnopqrstuvwxyz'[n % 26]}{n:x}" for n in range(VOCABULARY)]
    words = [words[(n + 200) % VOCABULARY] for n in range(VOCABULARY)] if turned else words
    sums = np.cumsum(1 / np.arange(1, VOCABULARY + 1))
    for start in range(0, count, AT_ONCE):
        size = min(AT_ONCE, count - start)
        drawn = np.searchsorted(sums, rng.random((size, WORDS)) * sums[-1])
        for row in drawn.tolist():
            yield " ".join([words[number] for number in row])


def make(folder: Path, count: int) -> dict[str, Any]:
    """Write the table and the target."""
    plain, planted = texts(count, 1, turned=False), texts(count // EVERY, 2, turned=True)
    shards, blank = Shards(folder / "table"), to_row(Sample(kind="general"))
    for start in range(0, count, AT_ONCE):
        rows = []
        for number in range(start, min(start + AT_ONCE, count)):
            mine = number % EVERY == EVERY - 1
            said = [{"role": "user", "content": next(planted if mine else plain)}]
            said.append({"role": "assistant", "content": "Yes."})
            rows.append({**blank, "id": f"{'planted' if mine else 'row'}-{number}"})
            rows[-1]["messages"] = said
        shards.add_batch(pa.Table.from_pylist(rows, schema=WORK_SCHEMA))
    shards.flush()
    with (folder / "target.jsonl").open("wb") as file:
        for number, text in enumerate(texts(TARGET, 3, turned=True)):
            task = benchmarks.Task(str(number), "target", prompt=text)
            file.write(msgspec.json.encode(task) + b"\n")
    return {"rows": count}


def draw(folder: Path, count: int) -> dict[str, Any]:
    """Draw as many rows as were planted, and say how that went."""
    table, stage = DiskTable.of(folder / "table"), SelectDsir(k=count // EVERY)
    writer, began = StepWriter(folder / "out"), time.monotonic()
    result = asyncio.run(_answered(stage, table, folder / "target.jsonl"))
    drawn_s = time.monotonic() - began
    writer.add_all(result.rows)
    writer.close()
    ids = [i for b in DiskTable.of(folder / "out" / "out").batches(["id"]) for i in b["id"]]
    good = sum(str(one).startswith("planted") for one in ids)
    return {
        "selected": len(ids), "planted_among_them": round(good / max(len(ids), 1), 4),
        "kl": {name: round(value, 4) for name, value in result.metrics.items() if "kl_" in name},
        "drawn_s": round(drawn_s, 1), "with_writing_s": round(time.monotonic() - began, 1),
    }  # fmt: skip


async def _answered(stage: SelectDsir, table: DiskTable, target: Path) -> Any:
    services = {"compute": ComputeService()}
    engine = Engine(services, None)
    engine.artefacts = {"target": target}
    try:
        return await engine.drive(stage.whole(table), "select_dsir")
    finally:
        await engine.end()
        await close_all(services.values())


def main() -> None:
    """Do one part, and print what came of it as one line of JSON."""
    what, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"make": make, "draw": draw}[what](folder, count)))


if __name__ == "__main__":
    main()
