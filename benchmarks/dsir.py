"""Does DSIR find planted rows, how near does a pool come to a target, and how long does it take?

    python benchmarks/dsir.py [FILE...] [--target FILE] [--json]
    python benchmarks/dsir.py --size 1000000 [--json]

The questions of FILEs (instruction data; by default those of the folder beside this repository) are
the pool. Every second question of the target (MBPP by default) is planted among them, and the
others are the target: `select_dsir` is to draw as many rows as were planted. Told are the share of
planted rows among those drawn, and how far (Kullback-Leibler, in nats) the pool, the rows drawn, as
many blindly drawn, and the planted ones (`floor`: no draw comes much nearer) are from the target;
also with the authors' own setting, no smoothing.

With `--size` so many rows of 100 words are made, one of a hundred of them planted: see
_dsir_size.py. CPU says more than the clock on a machine that is busy; memory is the most that the
process and its workers had together.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from _sets import read
from _watched import Look, watched

from backfeed.engine.conformance import Rows
from backfeed.engine.methods import benchmarks, dsir
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Read, rejoined
from backfeed.plugins.infinity.select_dsir import SelectDsir

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
POOL = ("instruct/code/gpteacher_codegen.json", "instruct/general/glaive_toolcall_300.json",
        "instruct/general/quality_pairs.jsonl")  # fmt: skip
Row = dict[str, Any]


def planted(files: Sequence[Path], target: Path) -> Row:
    """How well the halves of a target find each other in a pool."""
    questions = [text for file in files for text in _questions(file)]
    mine = _questions(target)
    rows = [_row(f"row-{n}", text) for n, text in enumerate(questions)]
    rows += [_row(f"planted-{n}", text) for n, text in enumerate(mine[::2])]
    aims = {"pool": len(questions), "planted": len(mine[::2]), "target": len(mine[1::2])}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "target.jsonl")
        tasks = [benchmarks.Task(str(n), "it", prompt=text) for n, text in enumerate(mine[1::2])]
        path.write_bytes(b"".join(msgspec.json.encode(task) + b"\n" for task in tasks))
        told = {
            name: _drawn(SelectDsir(k=len(mine[::2]), **settings), rows, path)
            for name, settings in (("ours", {}), ("no_smoothing", {"smoothing": 0.0}))
        }
    spreads = [dsir.spread(dsir.counts(dsir.features(half))) for half in (mine[1::2], mine[::2])]
    return {**aims, "floor": round(dsir.divergence(*spreads), 3), **told}


def _questions(file: Path) -> list[str]:
    """What the rows of a file ask."""
    rows = json.loads(file.read_text()) if file.suffix == ".json" else read(file)
    return [task.prompt for task in benchmarks.tasks_of(rows, file.name) if task.prompt.strip()]


def _row(name: str, text: str) -> Sample:
    return Sample(id=name, kind="general", messages=(Message("user", text),))


def _drawn(stage: SelectDsir, rows: Sequence[Sample], target: Path) -> Row:
    def answer(request: Any) -> Any:
        if isinstance(request, Read):
            return target if request.name == "target" else None
        return request.function(*request.arguments)

    result = rejoined(stage.whole(Rows(rows)), answer)
    ids = [
        name
        for batch in result.rows
        for name, gone in zip(*(batch[c].to_pylist() for c in ("id", "rejected")), strict=True)
        if gone is None
    ]
    found = sum(name.startswith("planted") for name in ids)
    kl = {name[3:-3]: value for name, value in result.metrics.items() if name.startswith("kl_")}
    return {
        "planted_among_them": round(found / len(ids), 4),
        "kl": {name: round(value, 3) for name, value in kl.items()},
        "kl_times_nearer": round(kl["random"] / max(kl["selected"], 1e-3), 2),
    }


def size(count: int) -> Row:
    """What so many rows take."""
    program = str(Path(__file__).with_name("_dsir_size.py"))
    most: list[Look] = []
    with tempfile.TemporaryDirectory() as folder:
        make, draw = ([sys.executable, program, what, folder, str(count)] for what in PARTS)
        subprocess.run(make, check=True, capture_output=True)
        log = Path(folder, "log")
        code, last = watched(draw, log, every_s=0.5, seen=most.append)
        if code:
            sys.exit(log.read_text())
        told: Row = json.loads(log.read_text().splitlines()[-1])
    return {
        "rows": count, "words": 100 * count, **told, "cpu_s": round(last.cpu_s, 1),
        "wall_s": round(last.at_s, 1), "peak_mib": round(max(one.all_mib for one in most)),
        "load": round(os.getloadavg()[0], 1), "cores": len(os.sched_getaffinity(0)),
    }  # fmt: skip


PARTS = ("make", "draw")


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--target", type=Path, default=BESIDE / "benchmarks" / "mbpp.jsonl")
    parser.add_argument("--size", type=int, metavar="ROWS", help="measure time and memory")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    files = asked.files or [BESIDE / name for name in POOL]
    told = size(asked.size) if asked.size else planted(files, asked.target)
    print(json.dumps(told, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
