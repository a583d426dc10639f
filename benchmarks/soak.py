"""Does one engine process run very many programs, and lose, keep and leave nothing?

    python benchmarks/soak.py [--programs 10000] [--workers 2] [--backend bubblewrap] [--json]

Small programs of many kinds, in turn: most end well, some fail, some leave daemons, print much or
hit a limit. At the end: every program has the verdict that its kind must have, none hung, the
memory of this process is where it was after the first 5,000, and of all that was made (processes,
mounts, control groups, containers, temporary files, descriptors) there is no more than at the
start. Ends with 1 if something is not so.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from backfeed.engine.contracts import Service
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Job, Limits
from backfeed.sandboxes import _engine, bubblewrap, docker

BACKENDS = {
    "bubblewrap": (bubblewrap.PLUGIN, {}),
    "docker": (docker.PLUGIN, {"image": "backfeed-tools"}),
}
SETTLED, SAMPLE, FLAT = 5000, 1000, 0.1
HUNG_S = 120.0
TAG = f"soak-{uuid.uuid4().hex}"
BUILD = Build(("gcc", "-O1", "-o", "main", "main.c"), ("main",))
COMPILED = '#include <stdio.h>\nint main(void) { int n; return scanf("%d", &n) != 1; }\n'
LIMITS = Limits(cpu_s=5, wall_s=20, memory_mb=128, processes=16, output_kb=1024)
SHORT = Limits(cpu_s=0.05, wall_s=10, memory_mb=128)
BRIEF = Limits(cpu_s=5, wall_s=0.1, memory_mb=128)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of program: how many of a thousand, the verdict, and the one of this number."""

    name: str
    share: int
    verdict: str
    make: Callable[[int], Job]


def python(code: str, *, limits: Limits = LIMITS, **more: Any) -> Callable[[int], Job]:
    """A Python program, each time another one."""

    def make(number: int) -> Job:
        files = (File("main.py", f"{code}  # {number}\n"),)
        return Job(files=files, command=("python", "main.py"), limits=limits, **more)

    return make


def cat(number: int) -> Job:
    """A program that prints what it is given."""
    return Job(command=("/bin/cat",), stdin=f"{number}\n", limits=LIMITS)


def compiled(number: int) -> Job:
    """A program that is built once."""
    files = (File("main.c", COMPILED),)
    return Job(files=files, command=("./main",), stdin=str(number), limits=LIMITS, build=BUILD)


DAEMON = "import os, time\nif os.fork() == 0: os.setsid(); os.fork(); time.sleep(999)"
KINDS = (
    Kind("Python, prepared", 560, "AC", python("print(sum(range(1000)))")),
    Kind("/bin/cat", 230, "AC", cat),
    Kind("compiled", 100, "AC", compiled),
    Kind("Python, new interpreter", 20, "AC",
         python("print(1)", variables=(("PYTHONHASHSEED", "1"), ("TAG", TAG)))),
    Kind("fails", 30, "RE", python("raise ValueError")),
    Kind("dies of a signal", 20, "SIG", python("import os; os.kill(os.getpid(), 11)")),
    Kind("leaves daemons", 10, "AC", python(DAEMON)),
    Kind("leaves a tagged process", 5, "AC",
         lambda n: Job(command=("sh", "-c", f"sleep 999 & exit 0 {n}"), limits=LIMITS,
                       variables=(("TAG", TAG),))),
    Kind("prints 300 KiB", 10, "AC", python("print('x' * 300 * 1024)")),
    Kind("prints without end", 5, "OLE", python("while True: print('x' * 65536)")),
    Kind("computes without end", 5, "TLE", python("while True: pass", limits=SHORT)),
    Kind("sleeps without end", 5, "IDLE", python("import time; time.sleep(999)", limits=BRIEF)),
)  # fmt: skip


def plan() -> list[Kind]:
    """A thousand programs' kinds, mixed in the same way each time."""
    spread = [
        ((n + 0.5) / kind.share, number, kind)
        for number, kind in enumerate(KINDS)
        for n in range(kind.share)
    ]
    return [kind for _, _, kind in sorted(spread, key=lambda one: one[:2])]


@dataclass
class Tally:
    """What became of the programs so far."""

    done: int = 0
    hung: int = 0
    lost: list[str] = field(default_factory=list)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    rss_mb: list[float] = field(default_factory=list)

    def note(self, kind: Kind, answer: Any) -> None:
        """Count an answer."""
        self.done += 1
        if isinstance(answer, dict):
            self.words[kind.name, answer["verdict"]] += 1
        else:
            self.lost.append(f"{kind.name}: {type(answer).__name__}: {answer}")
        if self.done % SAMPLE == 0:
            self.rss_mb.append(rss_mb())

    def wrong(self) -> dict[str, int]:
        """The verdicts that their kind must not have."""
        wanted = {kind.name: kind.verdict for kind in KINDS}
        return {f"{k}: {w}": n for (k, w), n in self.words.items() if w != wanted[k]}

    def growth(self) -> float:
        """How far memory was from where it was once settled, as a share of that; the furthest."""
        settled = min(SETTLED // SAMPLE, len(self.rss_mb)) - 1
        if settled < 0:
            return 0.0
        return max((n / self.rss_mb[settled] - 1 for n in self.rss_mb[settled:]), key=abs)


async def soak(service: Service, programs: int) -> Tally:
    """Run so many programs; those that hang are given up."""
    tally, kinds, began = Tally(), plan(), time.monotonic()
    numbers = iter(range(programs))

    async def work() -> None:
        for number in numbers:
            kind = kinds[number % len(kinds)]
            try:
                (answer,) = await asyncio.wait_for(service.answer([kind.make(number)]), HUNG_S)
            except TimeoutError:
                tally.hung += 1
                continue
            tally.note(kind, answer)
            if tally.done % SETTLED == 0:
                rate = tally.done / (time.monotonic() - began)
                print(f"{tally.done:7} {rate:6.1f}/s {rss_mb():6.1f} MiB", file=sys.stderr)

    try:
        await asyncio.gather(*(work() for _ in range(service.gather.parallel)))
    finally:
        await service.close()
    return tally


def rss_mb() -> float:
    """The memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def held() -> dict[str, list[str]]:
    """What there is of ours on this machine, by kind."""
    descriptors = [f"{p.name} {_link(p)}" for p in Path("/proc/self/fd").iterdir()]
    return {
        "processes": sorted({*_children(), *_tagged()}),
        "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines()
                   if "/docker/" not in line],  # those may be of anybody's containers
        "control groups": [
            name for _, names, _ in os.walk("/sys/fs/cgroup")
            for name in names if name.startswith(f"backfeed-slot-{os.getpid()}-")
        ],
        "containers": _containers(),
        "temporary files": sorted(p.name for p in Path(tempfile.gettempdir()).iterdir()),
        "descriptors": [one for one in descriptors if not one.endswith(" ")],
    }  # fmt: skip


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # the one that lists them
        return ""


def _children() -> Iterator[str]:
    """The processes that come from this one."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[place.name] = (place / "stat").read_text().rpartition(")")[2].split()[1]
    ours = {str(os.getpid())}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    yield from ours - {str(os.getpid())}


def _tagged() -> Iterator[str]:
    """The programs that bear our word, whoever their parent is."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if TAG.encode() in (place / "cmdline").read_bytes() + (place / "environ").read_bytes():
                yield place.name


def _containers() -> list[str]:
    with suppress(_engine.ConfigError):
        engine = _engine.Engine()
        labels = {"label": f"{_engine.LABEL}={_engine.owner()}"}
        found = [one["Id"][:12] for one in engine._api.containers(all=True, filters=labels)]
        engine.close()
        return found
    return []


def judged(tally: Tally, programs: int, more: dict[str, int]) -> list[dict[str, Any]]:
    """Each promise: what there is, what may be, whether it holds."""
    growth = tally.growth()
    rows: list[tuple[str, str, str, bool]] = [
        ("programs answered", f"{programs}", f"{tally.done}", tally.done == programs),
        ("lost", "0", str(len(tally.lost)), not tally.lost),
        ("hung", "0", str(tally.hung), not tally.hung),
        ("another verdict than their kind's", "0", str(sum(tally.wrong().values())),
         not tally.wrong()),
        ("RSS against the first 5,000", f"± {FLAT:.0%}", f"{growth:+.1%}", abs(growth) <= FLAT),
        *((f"{name} more than at the start", "0", str(n), n <= 0) for name, n in more.items()),
    ]  # fmt: skip
    titles = ("what", "wanted", "is", "holds")
    return [dict(zip(titles, (*row[:3], "yes" if row[3] else "no"), strict=True)) for row in rows]


def main() -> None:
    """Read the command line, run, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--backend", choices=BACKENDS, default="bubblewrap")
    parser.add_argument("--launcher", choices=["c", "python"], default="c")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    plugin, settings = BACKENDS[given.backend]
    settings = {"slots": given.workers, "launcher": given.launcher, **settings}
    with tempfile.TemporaryDirectory(prefix="backfeed-soak-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        before, began = held(), time.monotonic()
        service = plugin.service(settings)
        tally = asyncio.run(soak(service, given.programs))
        took, after = time.monotonic() - began, held()
    more = {name: len(after[name]) - len(before[name]) for name in before}
    rows = judged(tally, given.programs, more)
    left = {name: sorted(set(after[name]) - set(before[name])) for name, n in more.items() if n > 0}
    told = {
        "backend": given.backend, "workers": given.workers, "seconds": round(took, 1),
        "per_s": round(tally.done / took, 1), "load": os.getloadavg()[0], "rows": rows,
        "rss_mb": [round(n, 1) for n in tally.rss_mb], "lost": tally.lost[:20],
        "wrong": tally.wrong(), "left": left, "counts": dict(service.counts),
    }  # fmt: skip
    show(told, as_json=given.json)
    sys.exit(any(row["holds"] == "no" for row in rows))


def show(told: dict[str, Any], *, as_json: bool) -> None:
    """Print what came of it."""
    if as_json:
        print(json.dumps(told, indent=1))
        return
    table = Table("what", "wanted", "is", "holds")
    for row in told["rows"]:
        table.add_row(*map(str, row.values()))
    Console(width=100).print(table)
    for name in ("lost", "wrong", "left", "counts"):
        if told[name]:
            print(f"{name}: {told[name]}")
    rss = told["rss_mb"] or [rss_mb()]
    print(f"RSS of each thousandth program: {min(rss)} to {max(rss)} MiB, at last {rss[-1]}")
    print(f"{told['backend']}, {told['workers']} workers: {told['per_s']} programs/s, "
          f"{told['seconds']} s, load {told['load']:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
