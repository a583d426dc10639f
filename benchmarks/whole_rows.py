"""A million rows through a stage that needs them all, in a process with little memory.

    python benchmarks/whole_rows.py [--rows 1000000] [--limit-gib 1.5] [--json]

The engine reads the rows, gives them ids, rejects what has been said before, and writes corpus and
rejected rows, in a process whose address space is limited (RLIMIT_AS: what is mapped, not only what
is used). One row in ten repeats an earlier one.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GIB = 1024**3
REPEATS = 10


def samples(count: int) -> Iterator[Any]:
    """Small problems with their answers."""
    from backfeed.engine.records import Message, Origin, Sample

    for n in range(count):
        k = n // 2 if n % REPEATS == REPEATS - 1 else n
        code = f"def scaled_{k}(values):\n    return [value * {k} for value in values]\n"
        asked = Message("user", f"Write a function `scaled_{k}` that multiplies each value by {k}.")
        said = Message("assistant", f"```python\n{code}```")
        yield Sample(
            source_id=str(n), language="python", messages=(asked, said), code=code,
            origin=Origin("rows", path="rows.jsonl", first_line=n + 1, last_line=n + 1),
        )  # fmt: skip


def run(count: int, limit_bytes: int, directory: Path) -> dict[str, Any]:
    """The whole run, in this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    from backfeed.engine.job import Plan, execute
    from backfeed.engine.recipe import Recipe, Step
    from backfeed.engine.stages.deduplicate import Deduplicate
    from backfeed.engine.watching import Watcher

    marks: list[tuple[str, float]] = []

    class Clock(Watcher):
        """Notes when the rows have been read."""

        def started(self, engine: Any, seeds: int) -> None:
            marks.append(("read", time.perf_counter()))

        def ended(self) -> None:
            marks.append(("ended", time.perf_counter()))

    recipe = Recipe("whole", (Step("deduplicate", "deduplicate", {}, Deduplicate()),))
    plan = Plan(recipe, directory, {}, lambda: samples(count), f"rows-{count}", watcher=Clock())
    began = time.perf_counter()
    report = asyncio.run(execute(plan))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": count,
        "limit_gib": limit_bytes / GIB,
        "accepted": report.written.accepted,
        "rejected": report.written.rejected,
        "read_s": round(marks[0][1] - began, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_rss_mib": round(usage.ru_maxrss / 1024),
        "peak_mapped_mib": mapped_mib(),
    }


def mapped_mib() -> int:
    """The most that was ever mapped: what the limit is about."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmPeak:")[1].split()[0]) // 1024


def main() -> None:
    """Start a process with the limit, and print what it reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--limit-gib", type=float, default=1.5)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within is not None:
        json.dump(run(options.rows, int(options.limit_gib * GIB), options.within), sys.stdout)
        return
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, __file__, "--within", str(folder / "run"), "--rows"]
    command += [str(options.rows), "--limit-gib", str(options.limit_gib)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, env=frugal(), check=True)
    finally:
        shutil.rmtree(folder)
    found = json.loads(done.stdout)
    if options.json:
        json.dump(found, sys.stdout, indent=2)
    else:
        print("\n".join(f"{key:16} {value:,}" for key, value in found.items()))


def frugal() -> dict[str, str]:
    """Without what reserves address space in advance: Arrow's own allocator, and many threads."""
    wanted = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
    return {**os.environ, **wanted, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    main()
