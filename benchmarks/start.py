"""How long the command line takes to say what it is, beside a Python that does nothing.

    python benchmarks/start.py [--rounds 15] [--json]

Each round starts every command once, in turn; wall times in milliseconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BACKFEED = str(Path(sys.executable).with_name("backfeed"))
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "backfeed --help": [BACKFEED, "--help"],
    "backfeed list recipes": [BACKFEED, "list", "recipes"],
    "backfeed list stages": [BACKFEED, "list", "stages"],
    "backfeed list languages": [BACKFEED, "list", "languages"],
    "backfeed synth --help": [BACKFEED, "synth", "--help"],
}


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row per command: the median and the best of its times."""
    took: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            took[name].append(1000 * (time.perf_counter() - began))
    return [
        {"command": name, "ms": round(statistics.median(all_ms)), "best_ms": round(min(all_ms))}
        for name, all_ms in took.items()
    ]


def main() -> None:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = measure(given.rounds)
    if given.json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("command", "ms (median)", "best")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=80).print(table)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
