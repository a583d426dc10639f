"""How many texts a second are held against benchmarks, in what memory; what the index costs.

    python benchmarks/contamination.py BENCHMARK... --of FILE... [--rows 1000000] [--json]

BENCHMARKs are files of tasks such as HumanEval and MBPP. Texts are made from the rows of FILEs
(data sets that `check` reads), in turn: in each use every ninth small word is another word of the
sets, numbers are others, and a sentence of such words stands behind the question. All of them are
looked at by `exact` and `ngrams`, a twentieth by `tree` as well (and as Python where the answer
says `def`), in one process, as a worker of `decontaminate` does it; texts are made outside of what
is measured. The index is made in an empty cache, then read again by a process that finds it there.
CPU seconds are told; memory is what the process has at each quarter of the rows.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from _planted import repeatable
from _varied import NUMBER, Rows

from backfeed.engine.files import user_cache
from backfeed.engine.inputs import Wanted, open_inputs
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Read, rejoined
from backfeed.engine.stages import _contamination_index as indexes
from backfeed.engine.stages.decontaminate import CHEAP, Decontaminate

WORDS = CHEAP[:2]
PART, BLOCK = 20, 500
Told = dict[str, Any]


def texts(rows: Rows) -> Iterator[Sample]:
    """Texts without end."""
    rng = repeatable("contamination")
    while True:
        for one in rng.sample(rows.own, len(rows.own)):
            said = [
                Message(turn.role, _renumbered(rows.reworded(turn.content, rng), rng))
                for turn in one.messages
            ]
            is_code = "def " in said[-1].content
            code, language = (said[-1].content, "python") if is_code else ("", "")
            yield Sample(messages=tuple(said), code=code, language=language)


def _renumbered(text: str, rng: random.Random) -> str:
    return NUMBER.sub(lambda _: str(rng.randrange(10, 99999)), text)


def searched(path: Path, given: Iterator[Sample], count: int, *, methods: Sequence[str]) -> Told:
    """Look at so many texts; what that took."""
    stage, spent, found, memory = Decontaminate(methods=tuple(methods)), 0.0, 0, list[int]()

    def answer(request: Any) -> Any:
        return path if isinstance(request, Read) else request.function(*request.arguments)

    for start in range(0, count, BLOCK):
        block = list(islice(given, min(BLOCK, count - start)))
        began = time.process_time()
        seen = [rejoined(stage.each(sample), answer) for sample in block]
        spent += time.process_time() - began
        found += sum(one.rejected is not None for [one] in seen)
        while len(memory) < 4 * (start + len(block)) // count:
            memory.append(resident_mib())
    return {
        "methods": list(methods), "rows": count, "found": found, "cpu_s": round(spent, 1),
        "rows_per_cpu_s": round(count / max(spent, 1e-6)), "mib_by_quarter": memory,
    }  # fmt: skip


def resident_mib() -> int:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def artefact(files: Sequence[Path], folder: Path) -> Path:
    """The tasks of benchmarks as `check` gives them to the stage."""
    recipe = Recipe("against", (), {"against": Input("benchmarks")})
    return open_inputs(recipe, Wanted({"against": [*map(str, files)]}, folder)).files["against"]


def index(path: Path) -> Told:
    """Make the index or read it, in this process."""
    kept, began = _kept(), time.process_time()
    file = indexes.ready(path, Decontaminate().ngram)
    made = time.process_time() - began
    tasks = len(indexes.index_of(path, Decontaminate().ngram).tasks)
    read = time.process_time() - began - made
    mib = round(file.stat().st_size / (1 << 20), 1)
    return {
        "tasks": tasks, "is_new": _kept() > kept, "ready_cpu_s": round(made, 3),
        "read_cpu_s": round(read, 3), "mib": mib,
    }  # fmt: skip


def _kept() -> int:
    return len(list(user_cache("contamination").iterdir()))


def measure(asked: argparse.Namespace, folder: Path) -> Told:
    """The index twice, each time in a process of its own, and the texts."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    path = artefact(asked.benchmarks, folder)
    command = [sys.executable, __file__, "--index", str(path)]
    first, again = (
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in "12"
    )
    rows = Rows(asked.of, folder / "cache")
    rates = [
        searched(path, texts(rows), asked.rows, methods=WORDS),
        searched(path, texts(rows), max(asked.rows // PART, 1), methods=CHEAP),
    ]
    return {"index_made": first, "index_there": again, "searches": rates}


def tell(told: Told) -> None:
    """Print what it took."""
    made, there = told["index_made"], told["index_there"]
    print(
        f"index of {made['tasks']:,} tasks, {made['mib']} MiB: made in {made['ready_cpu_s']} CPU s;"
        f" when it is there, found and read in {there['ready_cpu_s'] + there['read_cpu_s']:.3f}"
    )
    for one in told["searches"]:
        print(
            f"{'+'.join(one['methods']):20} {one['rows']:9,} rows {one['cpu_s']:8,} CPU s"
            f" {one['rows_per_cpu_s']:7,} rows/CPU s, {one['found']:,} found,"
            f" {one['mib_by_quarter']} MiB"
        )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmarks", nargs="*", type=Path, metavar="BENCHMARK")
    parser.add_argument("--of", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.index:
        print(json.dumps(index(asked.index)))
        return
    if not asked.benchmarks or not asked.of:
        parser.error("name benchmarks, and with --of data sets to make texts from")
    with tempfile.TemporaryDirectory() as folder:
        told = measure(asked, Path(folder))
    if asked.json:
        print(json.dumps(told, indent=2))
    else:
        tell(told)


if __name__ == "__main__":
    main()
