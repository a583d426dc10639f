"""How many small programs per second each way of running them manages, side by side.

    python benchmarks/sandbox.py [--rounds 5] [--json]

Each round runs a share of every way, in turn: what else the machine does falls on all alike. A
ratio is taken in each round, and the median of the rounds is told. Python programs are
`print(sum(range(1000)))`, each time with another number in a comment.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from backfeed.engine.contracts import Service
from backfeed.engine.errors import ConfigError
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Job
from backfeed.sandboxes import bubblewrap, docker, process
from backfeed.sandboxes._protocol import reply, request

WORKERS = 2
GO_JUDGE = 865  # jobs/s on one thread, as go-judge's README had it
PROGRAM = "print(sum(range(1000)))"
PYTHON = bubblewrap.interpreter().path
PLAIN = ", launched by Python"
FRESH = [
    "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink",
    "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc",
    "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--cap-drop", "ALL", PYTHON, "-c",
]  # fmt: skip
DOCKER = [
    "docker", "run", "--rm", "--network", "none", "--memory", "512m", "--pids-limit", "64",
    "--read-only", "--cap-drop", "ALL", "backfeed-base", "python3", "-c",
]  # fmt: skip
COMPILED = '#include <stdio.h>\nint main(void) { puts("499500"); return 0; }\n'
COMPILE = ("gcc", "-O1", "-o", "main", "main.c")
RIGHT = "499500\n"
BARE, ONCE = "bare subprocess (no isolation)", "docker run once per program"
BARE_EXEC = "bare exec"
SINGLE, CATS = 60, 400  # jobs per round

Way = Callable[[list[str]], int]
"""Runs programs, and returns how many did what they should."""
Rates = dict[str, list[float]]


def by_service(service: Service, **more: Any) -> Way:
    """Through a sandbox of ours, as the engine asks it."""

    def run(programs: list[str]) -> int:
        jobs = [
            Job(files=(File("main.py", code),), command=("python", "main.py"), **more)
            for code in programs
        ]
        return answered(service, jobs, RIGHT)

    return run


def answered(service: Service, jobs: list[Job], wanted: str) -> int:
    """How many jobs print what they should; as many are under way as the service asks for."""

    async def ask() -> int:
        gate = asyncio.Semaphore(service.gather.parallel)

        async def one(job: Job) -> bool:
            async with gate:
                (found,) = await service.answer([job])
            return isinstance(found, dict) and found["stdout"] == wanted

        return sum(await asyncio.gather(*map(one, jobs)))

    return asyncio.run(ask())


def by_command(*command: str) -> Way:
    """One new process per program, with the code as last argument; as many at once as workers."""

    def one(code: str) -> bool:
        done = subprocess.run([*command, code], capture_output=True, check=False)
        return done.stdout == RIGHT.encode()

    def run(programs: list[str]) -> int:
        with ThreadPoolExecutor(WORKERS) as threads:
            return sum(threads.map(one, programs))

    return run


def opened(wanted: Mapping[str, tuple[Any, Mapping[str, Any]]]) -> dict[str, Any]:
    """The services that work here; what is left out is said."""
    found: dict[str, Any] = {}
    for name, (backend, settings) in wanted.items():
        try:
            found[name] = backend.service(settings)
        except ConfigError as error:
            print(f"without {name}: {error}", file=sys.stderr)
    return found


def closed(services: Mapping[str, Service]) -> None:
    """Close them all."""
    for service in services.values():
        asyncio.run(service.close())


def isolated(slots: int, **more: Any) -> dict[str, tuple[Any, dict[str, Any]]]:
    """The backends that isolate, with each launcher."""
    plugins = {"bubblewrap": (bubblewrap.PLUGIN, {}), "docker": (docker.PLUGIN, more)}
    return {
        name + title: (plugin, {"slots": slots, "cold_share": 0, "launcher": launcher, **settings})
        for name, (plugin, settings) in plugins.items()
        for title, launcher in (("", "c"), (PLAIN, "python"))
    }


def ways(services: dict[str, Service]) -> Iterator[tuple[str, int, Way]]:
    """Name, programs per round, and how."""
    cold = (("PYTHONHASHSEED", "1"),)
    for name, service in services.items():
        if name != "process":
            yield f"{name}, prepared interpreter", 200, by_service(service)
            yield f"{name}, new interpreter", 60, by_service(service, variables=cold)
    yield "process (no isolation)", 40, by_service(services["process"])
    yield BARE, 60, by_command(PYTHON, "-c")
    yield "bwrap once per program, no limits", 30, by_command(*FRESH)
    if "docker" in services and shutil.which("docker"):
        yield ONCE, 4, by_command(*DOCKER)


def python_rates(rounds: int) -> Rates:
    """Python programs per second, round by round."""
    bare = (process.PLUGIN, {"named": True, "slots": WORKERS})
    services = opened({**isolated(WORKERS), "process": bare})
    try:
        return rated([*ways(services)], rounds)
    finally:
        closed(services)


def rated(table: list[tuple[str, int, Way]], rounds: int) -> Rates:
    """What each way does in a second, round by round."""
    rates: Rates = {name: [] for name, _, _ in table}
    for number in range(-1, rounds):  # one to warm up
        for name, count, way in table:
            began = time.perf_counter()
            right = way([f"{PROGRAM}  # {number}.{n}" for n in range(count)])
            if right != count:
                sys.exit(f"{name}: {count - right} of {count} programs went wrong")
            if number >= 0:
                rates[name].append(count / (time.perf_counter() - began))
    return rates


def compiled_ms(rounds: int) -> Rates:
    """Milliseconds that one run of a compiled program takes, one by one, a way after the other."""
    build = Build(COMPILE, ("main",))
    job = Job(files=(File("main.c", COMPILED),), command=("./main",), build=build)
    services = opened(isolated(1, image="backfeed-tools"))
    took: Rates = {name: [] for name in (BARE_EXEC, *services)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.c").write_text(COMPILED, "ascii")
        subprocess.run(COMPILE, cwd=folder, check=True)

        async def measure() -> None:
            for number in range(-5, SINGLE * rounds):
                for name, service in [(BARE_EXEC, None), *services.items()]:
                    began = time.perf_counter()
                    if service is None:
                        said = spawned(f"{folder}/main")
                    else:
                        (found,) = await service.answer([job])
                        said = found["stdout"].encode()
                    if number >= 0:
                        took[name].append(1000 * (time.perf_counter() - began))
                    if said != RIGHT.encode():
                        sys.exit(f"{name}: the compiled program went wrong")

        try:
            asyncio.run(measure())
        finally:
            closed(services)
    return took


def spawned(binary: str) -> bytes:
    """What a program prints that is started with the least effort: no input, both outputs read."""
    ends = [os.pipe(), os.pipe()]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        *((os.POSIX_SPAWN_DUP2, write, n) for n, (_, write) in enumerate(ends, 1)),
    ]
    pid = os.posix_spawn(binary, [binary], {}, file_actions=actions)
    said = []
    for read, write in ends:
        os.close(write)
        with open(read, "rb") as file:  # noqa: PTH123  a descriptor
            said.append(file.read())
    os.waitpid(pid, 0)
    return said[0]


def cat_rates(rounds: int) -> Rates:
    """/bin/cat per second on one slot, by the engine's way and by a bare loop on the same slot."""
    services = opened({k: v for k, v in isolated(1).items() if k.startswith("bubblewrap")})
    job = Job(command=("/bin/cat",), stdin=RIGHT)
    table: list[tuple[str, int, Way]] = []
    for name, service in services.items():
        table.append((name, CATS, lambda _, s=service: answered(s, [job] * CATS, RIGHT)))
        table.append((f"{name}, bare loop", CATS, lambda _, s=service: looped(s.slots[0], job)))
    try:
        return rated(table, rounds)
    finally:
        closed(services)


def looped(slot: Any, job: Job) -> int:
    """A host that does nothing but write the same request and read the reply.

    It stands for one in C: no event loop, no thread, nothing encoded or decoded.
    """
    said, deadline, told = request(job, warm=False), time.monotonic() + 60, []
    for _ in range(CATS):
        slot._write(said, deadline)
        told.append(slot._block(deadline))
    return sum(reply(data).ended.stdout == job.stdin.encode() for data in told)


def promises(pythons: Rates, compiled: Rates, cats: Rates) -> Iterator[dict[str, Any]]:
    """The figures that are promised of the launcher in C, and the same of the other one."""
    for name in [name for name in compiled if name != BARE_EXEC]:
        ours = pythons[f"{name}, prepared interpreter"]
        held = {"Python, times bare subprocess": (1.5, ours, pythons[BARE])}
        if ONCE in pythons:
            held["Python, times docker run"] = (40, ours, pythons[ONCE])
        if name in cats:
            held["/bin/cat, of a bare loop"] = (0.75, cats[name], cats[f"{name}, bare loop"])
        for figure, (least, one, other) in held.items():
            value = statistics.median(a / b for a, b in zip(one, other, strict=True))
            yield told(f"{name}: {figure}", f"≥ {least}", round(value, 2), holds=value >= least)
        over = statistics.median(compiled[name]) - statistics.median(compiled[BARE_EXEC])
        yield told(f"{name}: compiled, ms over bare exec", "≤ 3", round(over, 2), holds=over <= 3)


def told(figure: str, wanted: str, value: float, *, holds: bool) -> dict[str, Any]:
    """A row of that table; nothing is promised of the launcher in Python."""
    word = "-" if PLAIN in figure else "yes" if holds else "no"
    return {"figure": figure, "wanted": wanted, "measured": value, "holds": word}


def summed(found: Rates, best: Callable[[list[float]], float]) -> list[dict[str, Any]]:
    """A row per way: median and best."""
    middle = statistics.median
    return [
        {"way": name, "median": round(middle(some), 2), "best": round(best(some), 2)}
        for name, some in found.items()
    ]


def main() -> None:
    """Measure, and print tables or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    pythons, compiled = python_rates(given.rounds), compiled_ms(given.rounds)
    cats = cat_rates(given.rounds)
    tables = {
        f"Python programs per second, {WORKERS} workers": summed(pythons, max),
        "a compiled program, ms": summed(compiled, min),
        f"/bin/cat per second, 1 worker (go-judge tells of {GO_JUDGE})": summed(cats, max),
        "what is promised": list(promises(pythons, compiled, cats)),
    }
    if given.json:
        print(json.dumps({"load": os.getloadavg()[0], "tables": tables}, indent=1))
        return
    for title, rows in tables.items():
        shown = Table(*rows[0], title=title)
        for row in rows:
            shown.add_row(*map(str, row.values()))
        Console(width=110).print(shown)
    print(f"{os.cpu_count()} cores, {given.rounds} rounds, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
