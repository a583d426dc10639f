"""How many rows a second does `backfeed check` look at where no program is run, in what memory?

    python benchmarks/check.py FILE... [--rows 100000] [--against BENCHMARK] [--until analyze]

Rows are those of FILEs (any data sets that `check` reads), and as many more as are wanted, made
from them by a fixed seed: every ninth small word of the prose is another word of the sets, and a
sentence of such words stands behind it; in the code of the last answer, names of functions and
variables are others (by its syntax tree), numbers too, and behind it stands a function that no
other row has: drawn statements, half as many as the answer has lines. So no answer is known to the
book, and no row nearly equal to another one; what was written to be wrong stays so. Languages and
kinds are mixed as FILEs are.

`backfeed check FILE --until analyze` runs in a process of its own, with an empty directory. Steps
that are committed together (extract, parse and inspect; analyze and fit) are told together.
CPU seconds are those of all processes: engine, workers, sandboxes, compilers. Memory is told for
the engine and for all processes together, as the most of each quarter of a step's time.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from _varied import Rows
from _watched import Look, watched

EVERY_S = 0.5
Row = dict[str, Any]


class Steps:
    """What was seen while each step ran: one is over when its `done.json` is there."""

    def __init__(self, run: Path) -> None:
        self._steps, self._done = run / ".work" / "steps", set[str]()
        self._looks: list[Look] = []
        self._from = Look(0, 0, 0, 0, 0)
        self.told: list[Row] = []

    def seen(self, look: Look) -> None:
        """Note a look; tell of a step that has ended since the last one."""
        if look.own_mib:  # else it has just ended
            self._looks.append(look)
        for path in sorted(self._steps.glob("*/done.json"), key=lambda one: one.stat().st_mtime):
            if path.parent.name not in self._done:
                self._done.add(path.parent.name)
                tallies = json.loads(path.read_bytes())["tallies"]
                self._tell("+".join(tallies), next(iter(tallies.values()))["in"], look)

    def ended(self, look: Look) -> None:
        """What came behind the last step: rows, verdicts and the report are written."""
        own = max(look.own_cpu_s - self._from.own_cpu_s, 0)  # the engine alone is left
        cpu = max(look.cpu_s, self._from.cpu_s + own)
        self._tell("writing", 0, replace(look, cpu_s=cpu))

    def _tell(self, name: str, rows: int, now: Look) -> None:
        wall, cpu = now.at_s - self._from.at_s, now.cpu_s - self._from.cpu_s
        looks = self._looks or [now]
        parts = [looks[len(looks) * n // 4 : len(looks) * (n + 1) // 4] or looks for n in range(4)]
        self.told.append({
            "step": name, "rows": rows, "wall_s": round(wall, 1), "cpu_s": round(cpu, 1),
            **({"rows_per_cpu_s": round(rows / max(cpu, 0.01), 1)} if rows else {}),
            "engine_mib_by_quarter": [round(max(one.own_mib for one in part)) for part in parts],
            "all_mib_by_quarter": [round(max(one.all_mib for one in part)) for part in parts],
        })  # fmt: skip
        self._from, self._looks = now, []


def measure(asked: argparse.Namespace, folder: Path) -> Row:
    """Make the rows, check them, and say what it took."""
    rows, run = folder / "rows.jsonl", folder / "run"
    own = written(rows, asked.files, asked.rows)
    more = [word for one in asked.against for word in ("--against", str(one))]
    command = [
        sys.executable, "-m", "backfeed", "check", str(rows), "-o", str(run), "--until",
        asked.until, *more,
    ]  # fmt: skip
    steps, load = Steps(run), os.getloadavg()[0]
    status, last = watched(command, folder / "log", every_s=EVERY_S, seen=steps.seen)
    if status:
        sys.exit(f"backfeed check ended with {status}: {(folder / 'log').read_text()[-2000:]}")
    steps.ended(last)
    cpu = sum(one["cpu_s"] for one in steps.told)
    summary = json.loads((run / "summary.json").read_bytes())
    return {
        "rows": asked.rows, "from_rows": own, "input_mib": _mib([rows]),
        "languages": languages(run), "accepted": summary["accepted"],
        "rows_per_s": round(asked.rows / last.at_s, 1),
        "rows_per_cpu_s": round(asked.rows / cpu, 1),
        "wall_s": round(last.at_s, 1), "cpu_s": round(cpu, 1),
        "cores": len(os.sched_getaffinity(0)), "load_before": round(load, 1),
        "load_after": round(os.getloadavg()[0], 1), "disk_mib": disk(run), "steps": steps.told,
    }  # fmt: skip


def written(path: Path, files: Sequence[Path], count: int) -> int:
    """Write so many rows; returns how many FILEs have themselves."""
    made = Rows(files, path.with_name("cache"))
    if not made.own:
        sys.exit("the files hold no rows")
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in made.made(count))
    return len(made.own)


def languages(run: Path) -> dict[str, int]:
    """How many rows are in which language, the most first."""
    found: Counter[str] = Counter()
    for path in run.glob("*/*.parquet"):
        if path.parent.name in ("corpus", "rejected"):
            found.update(pq.read_table(path, columns=["language"])["language"].to_pylist())
    return {name or "none": count for name, count in found.most_common()}


def disk(run: Path) -> dict[str, float]:
    """What lies in the directory of a run, MiB by its parts."""
    parts = sorted(run.iterdir())
    return {one.name: _mib([p for p in (one, *one.rglob("*")) if p.is_file()]) for one in parts}


def _mib(paths: Iterable[Path]) -> float:
    return round(sum(path.stat().st_size for path in paths) / (1 << 20), 1)


def tell(told: Row) -> None:
    """Print what it took."""
    named = ", ".join(f"{name} {count:,}" for name, count in [*told["languages"].items()][:8])
    print(
        f"{told['rows']:,} rows made from {told['from_rows']:,}, {told['input_mib']} MiB: {named}"
    )
    for step in told["steps"]:
        speed = f"{step['rows_per_cpu_s']:,}/CPU s" if step["rows"] else ""
        print(
            f"{step['step']:24} {step['rows']:9,} rows {step['cpu_s']:9,} CPU s"
            f" {step['wall_s']:9,} s {speed:>14}  engine {step['engine_mib_by_quarter']}"
            f" all {step['all_mib_by_quarter']} MiB"
        )
    print(
        f"in all: {told['cpu_s']:,} CPU s, {told['wall_s']:,} s on {told['cores']} cores (load"
        f" {told['load_before']} to {told['load_after']}): {told['rows_per_cpu_s']} rows a CPU s,"
        f" {told['rows_per_s']} rows/s; on disk {sum(told['disk_mib'].values()):.0f} MiB"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--rows", type=int, default=100_000, metavar="N")
    parser.add_argument("--against", action="append", type=Path, default=[], metavar="BENCHMARK")
    parser.add_argument("--until", default="analyze", choices=("parse", "analyze"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("-o", "--output", type=Path, help="keep the rows and the run here")
    asked = parser.parse_args()
    if asked.rows < 1:
        parser.error("--rows: give one or more")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "run").exists():
            sys.exit(f"{folder} holds a run already")
        told = measure(asked, folder)
    if asked.json:
        print(json.dumps(told, indent=2))
    else:
        tell(told)


if __name__ == "__main__":
    main()
