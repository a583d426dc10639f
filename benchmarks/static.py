"""How many snippets per second the static stages judge, beside one process per snippet.

    python benchmarks/static.py [--snippets 2000] [--rounds 3] [--json]

Each round takes its share of every way, in turn. The snippets are the functions of Python's own
library, every fifth with a name that nothing binds. `backfeed check --until analyze` is measured
whole: from the start of the command to the end of its report, sandbox, answer book and all. The
other ways start Python's parser and ruff with the same rules once per snippet, in a bare process or
in a new bubblewrap. All ways must find the same snippets faulty.
"""

import argparse
import ast
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from backfeed.analyzers.python import REJECT

CORES = len(os.sched_getaffinity(0))
RUFF = str(Path(sys.executable).with_name("ruff"))
PARSE = "import sys; compile(sys.stdin.read(), 'snippet.py', 'exec')"
RULES = [
    "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet", "--target-version", "py313",
    "--select", ",".join(REJECT), "--stdin-filename", "snippet.py", "-",
]  # fmt: skip
ROOM = [
    "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc",
    "--dev", "/dev", "--cap-drop", "ALL",
]  # fmt: skip
FAULT = "\n    return a_name_that_nothing_binds\n"

Way = Callable[[Sequence[str]], set[int]]
"""Judges snippets, and returns the places of those that cannot work."""


def snippets(count: int) -> list[str]:
    """Functions that need nothing from around them, in the order of the library's files.

    When there are no more of them, they come again, with a comment that makes them others.
    """
    once = list(_snippets())
    many = (f"# {turn}\n{code}" for turn in itertools.count() for code in once)
    return list(itertools.islice(many, count))


def _snippets() -> Iterator[str]:
    number = 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if not isinstance(node, ast.FunctionDef) or _free(node):
                continue
            code = textwrap.dedent(ast.get_source_segment(text, node) or "")
            number += 1
            yield f"{code}{FAULT}" if number % 5 == 0 else f"{code}\n"


def _free(node: ast.FunctionDef) -> bool:
    """Does the function use a name that neither it nor Python binds?"""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    bound = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    bound |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return bool({name.id for name in names} - bound - set(dir(__builtins__)) - {node.name})


def by_check(codes: Sequence[str]) -> set[int]:
    """`backfeed check --until analyze`, from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "rows.jsonl"), Path(folder, "out")
        rows = [
            {"id": str(n), "language": "python", "instruction": "-", "response": code}
            for n, code in enumerate(codes)
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        command = [sys.executable, "-m", "backfeed", "check", str(file), "-o", str(out)]
        subprocess.run([*command, "--until", "analyze"], capture_output=True, check=True)
        gone = [pq.read_table(path).to_pylist() for path in out.glob("rejected/*")]
        return {
            int(row["source_id"])
            for row in itertools.chain(*gone)
            if row["rejected"]["stage"] in {"parse", "analyze"}  # `fit` has its say about stubs
        }


def by_process(*around: str) -> Way:
    """Python and ruff, started for each snippet; as many at once as cores."""

    def faulty(code: str) -> bool:
        tools = [[sys.executable, "-I", "-c", PARSE], [RUFF, *RULES]]
        return any(
            subprocess.run([*around, *tool], input=code.encode(), capture_output=True).returncode
            for tool in tools
        )

    def run(codes: Sequence[str]) -> set[int]:
        with ThreadPoolExecutor(CORES) as threads:
            return {n for n, found in enumerate(threads.map(faulty, codes)) if found}

    return run


def measure(count: int, rounds: int) -> list[dict[str, Any]]:
    """A row per way: median and best rate over the rounds, in snippets per second."""
    codes = snippets(count)
    share = codes[: max(20, len(codes) // 20)]
    ways: list[tuple[str, Sequence[str], Way]] = [
        ("backfeed check --until analyze", codes, by_check),
        ("python and ruff, once per snippet", share, by_process()),
    ]
    if shutil.which("bwrap"):
        ways.append(("the same, each in a new bubblewrap", share, by_process(*ROOM)))
    rates: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    faulty = ways[0][2](codes)
    for _ in range(rounds):
        for name, part, way in ways:
            began = time.perf_counter()
            found = way(part)
            rates[name].append(len(part) / (time.perf_counter() - began))
            if wrong := found ^ {n for n in faulty if n < len(part)}:
                sys.exit(f"{name} judges {sorted(wrong)[:9]} otherwise than the first way")
    ours = statistics.median(rates[ways[0][0]])
    return [
        {
            "way": name, "snippets": len(part), "faulty": sum(n < len(part) for n in faulty),
            "per_second": round(statistics.median(rates[name]), 1),
            "best": round(max(rates[name]), 1),
            "times": round(ours / statistics.median(rates[name]), 1),
        }
        for name, part, _ in ways
    ]  # fmt: skip


def main() -> None:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--snippets", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = measure(given.snippets, given.rounds)
    if given.json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(
        "way", "snippets", "faulty", "a second (median)", "best", "check is times as fast"
    )
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=110).print(table)
    print(f"{CORES} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
