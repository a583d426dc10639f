"""Do programs get the same verdict whatever else runs, and in whichever sandbox?

    python benchmarks/verdicts.py [--programs 300] [--workers 1 2 8] [--repeats 2]
                                  [--backends bubblewrap docker] [--data DATA/verify] [--json]

Programs, right and wrong ones, are drawn from the labelled sets beside this repository. Each is run
with every number of workers, so many times, in every backend. A verdict is the word, the exit code
and the digest of standard output, less the time that Rust's tests say they took; those of the first
run are what the others are held against. Each build is made once per backend, and kept from there
on. Ends with 1 if a program differs. Ctrl-C leaves the other runs out, and ends with 130.
"""

import argparse
import asyncio
import hashlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Job, Limits
from backfeed.sandboxes import bubblewrap, docker

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "verify"
BACKENDS = {
    "bubblewrap": (bubblewrap.PLUGIN, {}),
    "docker": (docker.PLUGIN, {"image": "backfeed-tools"}),
}
LIMITS = Limits(cpu_s=2.0, wall_s=10.0, memory_mb=512)
ROOMY = Limits(cpu_s=4.0, wall_s=20.0, memory_mb=1024, processes=128)
SPENT_S = 0.1  # CPU time below which a spread says nothing

# How a language's programs are built and run, and their share. Go's need a package that is none of
# the tool chain's; so do some of the others, which are left out.
BUILT = ("main",)
CHAINS: Mapping[str, tuple[str, Build | None, tuple[str, ...], Limits, float]] = {
    "python": ("main.py", None, ("python", "main.py"), LIMITS, 0.855),
    "javascript": ("main.js", None, ("node", "main.js"), ROOMY, 0.08),
    "cpp": ("main.cpp", Build(("g++", "-std=c++17", "-o", "main", "main.cpp"), BUILT),
            ("./main",), LIMITS, 0.04),
    "java": ("Main.java", Build(("javac", "-d", "out", "Main.java"), ("out",)),
             ("java", "-cp", "out", "Main"), ROOMY, 0.015),
    "rust": ("main.rs", Build(("rustc", "--test", "--edition", "2021", "-o", "main", "main.rs"),
                              BUILT), ("./main", "--test-threads", "1"), LIMITS, 0.01),
}  # fmt: skip
CRATES = re.compile(r"^use (rand::Rng|regex::Regex|md5);\n", re.MULTILINE)

CLOCKS = re.compile(r"finished in \d+\.\d+s")  # how long Rust's tests took

Verdict = tuple[str, int | None, str]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a set, and what runs it."""

    name: str
    language: str
    job: Job


@dataclass(frozen=True, slots=True)
class Run:
    """All programs run once: their verdicts and CPU times in the programs' order."""

    name: str
    backend: str
    verdicts: tuple[Verdict, ...]
    cpu_s: tuple[float, ...]
    took_s: float


def texts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, language and text of each program."""
    for case in _read(folder / "humanevalpack" / "cases.jsonl"):
        if not case["needs"]:
            (text,) = case["program"].values()
            yield f"humanevalpack/{case['id']}", case["language"], text
    for case in _read(folder / "humaneval_answers" / "cases.jsonl"):
        text = f"{case['solution']}\n{case['tests']}\ncheck({case['entry_point']})\n"
        yield f"humaneval_answers/{case['id']}", "python", text
    for language, name in (("python", "mbpp"), ("cpp", "mbcpp")):
        for case in _read(folder / "mbxp" / f"{name}.jsonl"):
            call = f"\ncheck({case['entry_point']})\n" if language == "python" else ""
            for kind in ("sample_completion", "canonical_solution"):
                if case[kind]:
                    text = case["prompt"] + case[kind] + case["test"] + call
                    yield f"mbxp/{case['task_id']}/{kind}", language, text


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def drawn(folder: Path, count: int) -> list[Program]:
    """So many programs, by the hashes of their names; each language has its share of them."""
    by_language: dict[str, list[tuple[str, str]]] = {language: [] for language in CHAINS}
    for name, language, text in texts(folder):
        if language in CHAINS:
            by_language[language].append((name, text))
    found = []
    for language, known in by_language.items():
        known.sort(key=lambda one: hashlib.sha256(one[0].encode()).hexdigest())
        share = round(count * CHAINS[language][-1])
        found += [Program(name, language, job(language, text)) for name, text in known[:share]]
    return sorted(found, key=lambda one: hashlib.sha256(one.name.encode()).hexdigest())


def job(language: str, text: str) -> Job:
    """What runs a program of a language."""
    file, build, command, limits, _ = CHAINS[language]
    if language == "javascript":  # an assertion that fails shall end it
        text = f"console.assert = require('assert').ok;\n{text}"
    if language == "rust":
        text = CRATES.sub("", text)
    return Job(files=(File(file, text),), command=command, build=build, limits=limits)


def run(programs: list[Program], backend: str, workers: int, *, name: str) -> Run:
    """Run all programs, so many at once."""
    plugin, settings = BACKENDS[backend]
    service = plugin.service({"slots": workers, "cold_share": 0, **settings})
    began = time.perf_counter()

    async def ask() -> list[Any]:
        gate = asyncio.Semaphore(service.gather.parallel)

        async def one(program: Program) -> Any:
            async with gate:
                return (await service.answer([program.job]))[0]

        try:
            return await asyncio.gather(*map(one, programs))
        finally:
            await service.close()

    answers = asyncio.run(ask())
    took = time.perf_counter() - began
    spent = tuple(0.0 if isinstance(a, Exception) else a["cpu_s"] for a in answers)
    return Run(name, backend, tuple(map(verdict, answers)), spent, took)


def verdict(answer: Any) -> Verdict:
    """What must be the same. A refusal is one, too; an outage differs from everything."""
    if isinstance(answer, AskFailed | Outage):
        return f"{type(answer).__name__}: {answer}", None, ""
    printed = CLOCKS.sub("finished", answer["stdout"])
    digest = hashlib.sha256(printed.encode()).hexdigest()[:16]
    return answer["verdict"], answer["exit_code"], digest


def differences(programs: list[Program], runs: list[Run]) -> list[dict[str, Any]]:
    """Each program that differs: in its output alone or in more, within a backend or only between
    them; and what each run made of it.
    """
    found = []
    for number, program in enumerate(programs):
        seen = {one.name: one.verdicts[number] for one in runs}
        if len(set(seen.values())) == 1:
            continue
        by_backend: dict[str, set[Verdict]] = {}
        for one in runs:
            by_backend.setdefault(one.backend, set()).add(one.verdicts[number])
        found.append({
            "program": program.name, "language": program.language,
            "output only": len({word[:2] for word in seen.values()}) == 1,
            "between backends only": all(len(some) == 1 for some in by_backend.values()),
            "verdicts": {name: " ".join(map(str, word)) for name, word in seen.items()},
        })  # fmt: skip
    return found


def agreement(programs: list[Program], runs: list[Run]) -> list[dict[str, Any]]:
    """A row per run: how it compares with the first one, and what its programs spent."""
    first, rows = runs[0], []
    for one in runs:
        pairs = list(zip(first.verdicts, one.verdicts, strict=True))
        ratios = [
            mine / theirs - 1
            for mine, theirs in zip(one.cpu_s, first.cpu_s, strict=True)
            if min(mine, theirs) >= SPENT_S
        ]
        rows.append({
            "run": one.name, "agree": sum(a == b for a, b in pairs),
            "by word and code": sum(a[:2] == b[:2] for a, b in pairs), "of": len(programs),
            "CPU s": round(sum(one.cpu_s), 1),
            "CPU of those above 0.1 s, median": told(ratios, statistics.median),
            "nine in ten within": told(ratios, nine_in_ten),
            "furthest": told(ratios, lambda some: max(some, key=abs)),
            "seconds": round(one.took_s, 1),
        })  # fmt: skip
    return rows


def nine_in_ten(some: list[float]) -> float:
    """What nine in ten are no further from nothing than."""
    return sorted(map(abs, some))[len(some) * 9 // 10]


def told(ratios: list[float], chosen: Callable[[list[float]], float]) -> str:
    """A ratio as a difference in percent."""
    return f"{100 * chosen(ratios):+.1f} %" if ratios else "-"


def main() -> None:
    """Read the command line, run, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 8])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    programs, runs = drawn(given.data, given.programs), []
    plans = [
        (backend, workers, f"{backend}, {workers} workers, {number + 1}.")
        for number in range(given.repeats)
        for backend in given.backends
        for workers in given.workers
    ]
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        os.environ["XDG_CACHE_HOME"] = folder  # no build of an earlier day
        for backend, workers, name in plans:
            runs.append(run(programs, backend, workers, name=name))
            print(f"{name} {runs[-1].took_s:.0f} s", file=sys.stderr)
    differ = bool(runs) and show(programs, runs, as_json=given.json)
    sys.exit(130 if len(runs) < len(plans) else differ)


def show(programs: list[Program], runs: list[Run], *, as_json: bool) -> bool:
    """Print what came of it. Does a program differ in more than its output?"""
    rows, differing = agreement(programs, runs), differences(programs, runs)
    words = Counter(word for word, _, _ in runs[0].verdicts)
    languages = Counter(program.language for program in programs)
    if as_json:
        print(json.dumps({"languages": languages, "words": words, "runs": rows,
                          "differ": differing, "load": os.getloadavg()[0]}, indent=1))  # fmt: skip
    else:
        print("programs:", ", ".join(f"{n} {name}" for name, n in languages.most_common()))
        print("verdicts of the first run:", ", ".join(f"{n} {w}" for w, n in words.most_common()))
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console(width=140).print(table)
        for one in differing:
            print(json.dumps(one))
        only = [one["between backends only"] for one in differing if one["output only"]]
        print(
            f"{len(programs) - len(differing)} of {len(programs)} the same in all {len(runs)} runs"
        )
        print(
            f"{len(differing) - len(only)} differ in word or exit code, {len(only)} in their output"
        )
        print(f"alone, {sum(only)} of these only between backends (other versions of tools)")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return any(not one["output only"] for one in differing)


if __name__ == "__main__":
    main()
