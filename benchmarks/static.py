"""How long the static stages take for snippets of seven languages, beside one process a snippet.

    python benchmarks/static.py [--each 200] [--sample 12] [--language go] [--data DATA] [--json]

`backfeed check --until analyze` is measured whole: from the start of the command to the end of its
report, sandbox, answer book and all; for each language alone, and for all of them in one run. Its
bytecode is there, as it is where it was installed; so are guests that it compiles once. The other
ways start tools once per snippet, in a bare process, as many at once as there are cores: the
usual tools of the language (ruff and pylint, eslint, tsc 5.9, javac, go vet, rustc, gcc), and the
tools that we use ourselves. They are given a sample, and their times are scaled. What npm cannot
bring, or this machine lacks, is left out of both sides, and said.

Snippets are files of public repositories and right solutions from DATA (default: the folder beside
this repository) of the size of a model's answer, every tenth one of `faults/`; without DATA all are
of `faults/`. When there are no more, they come again, with a comment that makes them others. CPU is
that of a control group, where one can be made; else that of children that were waited for.
"""

import argparse
import contextlib
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _rivals import SUFFIX, Rival, installed, same, usual
from _sets import read
from rich.console import Console
from rich.table import Table

from backfeed.analyzers import _java_source

CORES = len(os.sched_getaffinity(0))
FAULTS = Path(__file__).with_name("faults")
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
GROUP = Path(f"/sys/fs/cgroup/cpuacct/backfeed-static-{os.getpid()}")
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
SIZES = range(300, 5000)  # bytes of a snippet

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds that a number of snippets took: by the clock, and of all processors."""

    wall_s: float
    cpu_s: float
    snippets: int

    def of(self, snippets: int) -> "Took":
        """The same, scaled to another number."""
        times = snippets / self.snippets
        return Took(self.wall_s * times, self.cpu_s * times, snippets)


def snippets(language: str, count: int, data: Path) -> list[str]:
    """So many different snippets of a language, in an order that is always the same."""
    text = (FAULTS / f"{language}.toml").read_text(encoding="utf-8")
    wrong = [fault["code"] for fault in tomllib.loads(text)["fault"]]
    good = [code for code in _good(language, data) if len(code.encode()) in SIZES]
    tens = itertools.batched(good, 9) if sys.version_info >= (3, 12) else _nines(good)
    once = [code for ten, bad in zip(tens, itertools.cycle(wrong)) for code in (*ten, bad)] or wrong
    mark = "#" if language == "python" else "//"
    many = (f"{code}\n{mark} {turn}\n" for turn in itertools.count() for code in once)
    return list(itertools.islice(many, count))


def _nines(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(codes), 9):
        yield codes[begin : begin + 9]


def _good(language: str, data: Path) -> Iterator[str]:
    for path in sorted((data / "seeds").glob("*.jsonl")):
        if not path.name.startswith("filter_"):
            yield from (row["text"] for row in read(path) if row["language"] == language)
    for name, expected in (("humanevalpack", "accept"),):
        folder = data / "verify" / name
        if folder.is_dir():
            labels = {row["id"]: row["expected"] for row in read(folder / "labels.jsonl")}
            cases = (row for row in read(folder / "cases.jsonl") if row["language"] == language)
            yield from (row["solution"] for row in cases if labels[row["id"]] == expected)


def by_check(codes: Sequence[tuple[str, str]], bytecode: Path) -> Took:
    """`backfeed check --until analyze` over pairs of language and code, from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "rows.jsonl"), Path(folder, "out")
        rows = [
            {"id": str(n), "language": language, "instruction": "-",
             "files": {f"answer{SUFFIX[language]}": code}}
            for n, (language, code) in enumerate(codes)
        ]  # fmt: skip
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        command = [sys.executable, "-m", "backfeed", "check", str(file), "-o", str(out)]
        kept = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
        begun = {**kept, "PYTHONPYCACHEPREFIX": str(bytecode)}
        began, cpu = time.perf_counter(), _cpu()
        subprocess.run([*command, "--until", "analyze"], capture_output=True, check=True, env=begun)
        return Took(time.perf_counter() - began, _cpu() - cpu, len(codes))


def by_process(language: str, codes: Sequence[str], rival: Rival) -> Took:
    """A rival's commands, started for each snippet; as many at once as cores."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for n, code in enumerate(codes):
            paths.append(Path(folder, str(n), _name(language, code)))
            paths[-1].parent.mkdir()
            paths[-1].write_text(code, encoding="utf-8")

        def look(path: Path) -> None:
            for command in rival.commands:
                called = [str(path) if word == "FILE" else word for word in command]
                subprocess.run(called, capture_output=True, check=False, cwd=path.parent)

        began, cpu = time.perf_counter(), _cpu()
        with ThreadPoolExecutor(CORES) as threads:
            list(threads.map(look, paths))
        return Took(time.perf_counter() - began, _cpu() - cpu, len(codes))


def _name(language: str, code: str) -> str:
    """A name that a compiler takes: a public class of Java lies in a file of its name."""
    if language == "java":
        return Path(_java_source.placed("Main.java", code).path).name
    return f"snippet{SUFFIX[language]}"


def _cpu() -> float:
    """Processor seconds that all processes below this one have taken, but not this one itself."""
    if (GROUP / "cpuacct.usage").exists():
        own = resource.getrusage(resource.RUSAGE_SELF)
        return int((GROUP / "cpuacct.usage").read_text()) / 1e9 - own.ru_utime - own.ru_stime
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _grouped() -> None:
    """Move into a control group that counts, if this user may make one."""
    with contextlib.suppress(OSError):
        GROUP.mkdir(exist_ok=True)
        (GROUP / "cgroup.procs").write_text(str(os.getpid()))


def measure(given: argparse.Namespace, scratch: Path) -> list[Row]:
    """A row per language, and one for all of them in one run."""
    chosen = given.language or list(SUFFIX)
    scripts = {"javascript", "typescript"}.intersection(chosen)
    node = installed(given.npm or scratch / "npm") if scripts else None
    bytecode = scratch / "bytecode"
    by_check([(name, snippets(name, 1, given.data)[0]) for name in chosen], bytecode)
    rows: list[Row] = []
    mixed: list[list[tuple[str, str]]] = []
    for language in chosen:
        codes = snippets(language, given.each, given.data)
        mine = scratch / language
        mine.mkdir()
        rivals = {"usual": usual(language, node, mine), "same": same(language, mine)}
        step = max(1, len(codes) // given.sample)
        took = {
            key: by_process(language, codes[::step], rival).of(len(codes))
            for key, rival in rivals.items() if rival.commands
        }  # fmt: skip
        pairs = [(language, code) for code in codes]
        mixed.append(pairs)
        rows.append(_row(language, by_check(pairs, bytecode), took, rival=rivals["usual"]))
    order = [pair for group in itertools.zip_longest(*mixed) for pair in group if pair]
    whole = {
        key: Took(*(sum(row[f"{key}_{unit}"] for row in rows) for unit in ("wall_s", "cpu_s")), 1)
        for key in ("usual", "same") if all(row[f"{key}_wall_s"] for row in rows)
    }  # fmt: skip
    return [*rows, _row("all in one run", by_check(order, bytecode), whole)]


def _row(name: str, ours: Took, took: dict[str, Took], *, rival: Rival | None = None) -> Row:
    row = {
        "language": name, "snippets": ours.snippets, "wall_s": round(ours.wall_s, 2),
        "cpu_s": round(ours.cpu_s, 2), "usual": rival.name if rival else "",
        "absent": list(rival.absent) if rival else [],
    }  # fmt: skip
    for key in ("usual", "same"):
        one = took.get(key)
        row |= {
            f"{key}_wall_s": round(one.wall_s, 2) if one else None,
            f"{key}_cpu_s": round(one.cpu_s, 2) if one else None,
            f"{key}_times": round(one.wall_s / ours.wall_s, 1) if one else None,
            f"{key}_cpu_times": round(one.cpu_s / ours.cpu_s, 1) if one else None,
        }
    return row


def tell(rows: Sequence[Row]) -> None:
    """The rows for people: seconds by the clock, and of processors in brackets."""
    table = Table(
        "language", "snippets", "check, s (CPU)", "usual tools", "s (CPU), scaled", "times (CPU)",
        "the same tools, s (CPU)", "times (CPU)",
    )  # fmt: skip
    for row in rows:
        cells = [row["language"], str(row["snippets"]), f"{row['wall_s']} ({row['cpu_s']})"]
        for key in ("usual", "same"):
            cells += [row["usual"]] if key == "usual" else []
            known = row[f"{key}_wall_s"] is not None
            cells.append(f"{row[f'{key}_wall_s']} ({row[f'{key}_cpu_s']})" if known else "-")
            cells.append(f"{row[f'{key}_times']} ({row[f'{key}_cpu_times']})" if known else "-")
        table.add_row(*cells)
    Console(width=130).print(table)
    for row in rows:
        for tool in row["absent"]:
            print(f"{row['language']}: {tool} is not here, and left out")
    print(f"{CORES} cores, load {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--each", type=int, default=200, help="snippets of each language")
    parser.add_argument("--sample", type=int, default=12, help="those that other ways are given")
    parser.add_argument("--language", action="append", choices=SUFFIX)
    parser.add_argument("--data", type=Path, default=BESIDE)
    parser.add_argument("--npm", type=Path, help="a folder for what npm brings, kept")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not (given.data / "seeds").is_dir():
        print(f"all snippets are of faults/: there is no {given.data / 'seeds'}", file=sys.stderr)
    _grouped()
    with tempfile.TemporaryDirectory() as scratch:
        rows = measure(given, Path(scratch))
    print(json.dumps(rows, indent=2)) if given.json else tell(rows)


if __name__ == "__main__":
    main()
