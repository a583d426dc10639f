"""How many small Python programs per second each way of running them manages, side by side.

    python benchmarks/sandbox.py [--rounds 5] [--json]

Each round runs a share of every way, in turn: what else the machine does falls on all alike.
The program is `print(sum(range(1000)))`, each time with another number in a comment.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.table import Table

from backfeed.engine.contracts import Service
from backfeed.engine.errors import ConfigError
from backfeed.engine.records import File
from backfeed.engine.requests import Job
from backfeed.sandboxes import bubblewrap, docker, process

CORES = len(os.sched_getaffinity(0))
PROGRAM = "print(sum(range(1000)))"
PYTHON = bubblewrap.interpreter().path
FRESH = [
    "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink",
    "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc",
    "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--cap-drop", "ALL", PYTHON, "-c",
]  # fmt: skip
DOCKER = [
    "docker", "run", "--rm", "--network", "none", "--memory", "512m", "--pids-limit", "64",
    "--read-only", "--cap-drop", "ALL", "backfeed-base", "python3", "-c",
]  # fmt: skip

Way = Callable[[list[str]], int]
"""Runs programs, and returns how many did what they should."""


def by_service(service: Service, **more: Any) -> Way:
    """Through a sandbox of ours, as the engine asks it."""

    def run(programs: list[str]) -> int:
        async def ask() -> int:
            gate = asyncio.Semaphore(2 * CORES)

            async def one(code: str) -> bool:
                files = (File("main.py", code),)
                async with gate:
                    (found,) = await service.answer(
                        [Job(files=files, command=("python", "main.py"), **more)]
                    )
                return isinstance(found, dict) and found["stdout"] == "499500\n"

            return sum(await asyncio.gather(*map(one, programs)))

        return asyncio.run(ask())

    return run


def by_command(*command: str) -> Way:
    """One new process per program, with the code as last argument; as many at once as cores."""

    def one(code: str) -> bool:
        done = subprocess.run([*command, code], capture_output=True, check=False)
        return done.stdout == b"499500\n"

    def run(programs: list[str]) -> int:
        with ThreadPoolExecutor(CORES) as threads:
            return sum(threads.map(one, programs))

    return run


def opened() -> dict[str, Service]:
    """The backends that work here; what is left out is said."""
    wanted = {
        "bubblewrap": (bubblewrap.PLUGIN, {"cold_share": 0}),
        "docker": (docker.PLUGIN, {"cold_share": 0}),
        "process": (process.PLUGIN, {"named": True}),
    }
    found: dict[str, Service] = {}
    for name, (backend, settings) in wanted.items():
        try:
            found[name] = backend.service(settings)
        except ConfigError as error:
            print(f"without {name}: {error}", file=sys.stderr)
    return found


def ways(services: dict[str, Service]) -> Iterator[tuple[str, int, Way]]:
    """Name, programs per round, and how."""
    cold = (("PYTHONHASHSEED", "1"),)
    for name in ("bubblewrap", "docker"):
        if name not in services:
            continue
        yield f"{name}, prepared interpreter", 200, by_service(services[name])
        yield f"{name}, new interpreter", 60, by_service(services[name], variables=cold)
    yield "process (no isolation)", 40, by_service(services["process"])
    yield "bare subprocess (no isolation)", 60, by_command(PYTHON, "-c")
    yield "bwrap once per program, no limits", 30, by_command(*FRESH)
    if "docker" in services and shutil.which("docker"):
        yield "docker run once per program", 4, by_command(*DOCKER)


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row per way: median and best rate over the rounds, in programs per second."""
    services = opened()
    table = list(ways(services))
    rates: dict[str, list[float]] = {name: [] for name, _, _ in table}
    try:
        for number in range(-1, rounds):  # one to warm up
            for name, count, way in table:
                programs = [f"{PROGRAM}  # {number}.{n}" for n in range(count)]
                began = time.perf_counter()
                right = way(programs)
                if right != count:
                    sys.exit(f"{name}: {count - right} of {count} programs went wrong")
                if number >= 0:
                    rates[name].append(count / (time.perf_counter() - began))
    finally:
        for service in services.values():
            asyncio.run(service.close())
    return [
        {
            "way": name,
            "programs_per_s": round(statistics.median(found), 1),
            "best": round(max(found), 1),
            "per_core": round(statistics.median(found) / CORES, 1),
        }
        for name, found in rates.items()
    ]


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = measure(chosen.rounds)
    if chosen.json:
        print(json.dumps({"cores": CORES, "rounds": chosen.rounds, "rows": rows}, indent=1))
        return
    shown = Table(title=f"{PROGRAM}, {CORES} cores, median of {chosen.rounds} rounds")
    shown.add_column("way")
    for title in ("programs/s", "best", "per core"):
        shown.add_column(title, justify="right")
    for row in rows:
        shown.add_row(*(str(value) for value in row.values()))
    Console().print(shown)


if __name__ == "__main__":
    main()
