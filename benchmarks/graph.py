"""The keyword graph: is it built and walked in time, do its sets hang together, is all covered?

    graph.py [--lists N] [--topics N] [--json]

Lists of ten phrases have planted topics. PMI is taken from as many further lists of these topics,
which the graph has not seen: what it merely happened to see together gains nothing. The sets are
compared with random ones of the same kinds and nodes (`alike`), and of any nodes (`uniform`). The
control does all of it with shuffled lists.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import _planted as planted

from backfeed.engine.methods.graph_ledger import mark_of
from backfeed.engine.methods.graph_walks import Rules, Walks, draw_sets
from backfeed.engine.methods.keyword_graph import load
from backfeed.engine.records import Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.build_graph import BuildGraph
from backfeed.engine.store import DiskTable, Shards

SEED = 976
SETS_PER_ROUND, MOST_ROUNDS = 1000, 30
SETS = 10_000
GOALS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "built in < 60 s": lambda f: max(b["seconds"] for b in f["build"].values()) < 60,
    "built in < 2 GiB": lambda f: max(b["peak_mib"] for b in f["build"].values()) < 2048,
    "10,000 sets in < 10 s": lambda f: f["planted"]["seconds"] < 10,
    "PMI: gap >= 1.0 nat, interval above 0": lambda f: all(
        g["mean"] >= 1.0 and g["low"] > 0 for g in f["planted"]["gaps"].values()
    ),
    "PMI of shuffled lists: |gap| < 0.2": lambda f: all(
        abs(g["mean"]) < 0.2 for g in f["shuffled"]["gaps"].values()
    ),
    "coverage >= 90 %": lambda f: f["planted"]["coverage"][-1] >= 0.9,
    "no set twice": lambda f: f["planted"]["repeated"] == 0,
}


def main() -> int:
    """Print the figures; 1 if one misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lists", type=int, default=100_000)
    parser.add_argument("--topics", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measured(given.lists, given.topics)
    print(json.dumps(found, indent=1) if given.json else shown(found))
    return 0 if all(found["goals"].values()) else 1


def measured(count: int, topics: int, *, forms: Iterable[str] = ("parquet", "graphml")) -> Any:
    """All figures. What is timed has a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first = list(planted.lists(count, topics, SEED))
        more = list(planted.lists(count, topics, SEED + 1))
        found: dict[str, Any] = {"lists": count, "topics": topics, "load": os.getloadavg()[0]}
        keep(first, home / "planted")
        keep(planted.shuffled(first, SEED), home / "shuffled")
        found["build"] = {form: alone(build, home / "planted", form) for form in forms}
        alone(build, home / "shuffled", "parquet")
        found["planted"] = alone(walk, home / "planted") | alone(uncontrolled, home / "planted")
        found["shuffled"] = alone(walk, home / "shuffled")
        del first
        judge(found["planted"], more)
        judge(found["shuffled"], planted.shuffled(more, SEED + 1))
    found["goals"] = {goal: holds(found) for goal, holds in GOALS.items()}
    return found


def keep(samples: Iterable[Sample], folder: Path) -> None:
    """Write samples as a step of a run would."""
    shards = Shards(folder)
    for sample in samples:
        shards.add(sample)
    shards.flush()


def alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do it in a fresh process, so that its memory can be told."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def build(folder: Path, form: str) -> dict[str, float]:
    """The stage over lists on disk; the graph is left beside them."""
    began, cpu = time.perf_counter(), time.process_time()
    result = rejoined(BuildGraph(form).whole(DiskTable.of(folder)), lambda _: None)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    data = result.artefacts["graph"]
    (folder / "graph").write_bytes(data)
    return {
        "seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak(),
        "nodes": result.metrics["graph_nodes"], "edges": result.metrics["graph_edges"],
        "mib": len(data) / 2**20,
    }  # fmt: skip


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def walk(folder: Path) -> dict[str, Any]:
    """Sets with the defaults, round by round, until 90 % is covered and there are enough."""
    cpu = time.process_time()
    walks = Walks(load(folder / "graph"))
    ready, began = time.process_time() - cpu, time.perf_counter()
    cpu = time.process_time()
    rounds = coverage(walks)
    sets, seconds = [names for names, _ in rounds], time.perf_counter() - began
    told = [share for _, share in rounds[SETS_PER_ROUND - 1 :: SETS_PER_ROUND]]
    return {
        "sets": sets, "seconds": seconds * SETS / max(len(sets), 1), "peak_mib": peak(),
        "cpu_seconds": (time.process_time() - cpu) * SETS / max(len(sets), 1),
        "load_cpu_seconds": ready, "coverage": told, "names": walks.names,
        "repeated": len(sets) - len(set(map(mark_of, sets))),
    }  # fmt: skip


def uncontrolled(folder: Path) -> dict[str, Any]:
    """The coverage of as many sets without coverage control."""
    rounds = coverage(Walks(load(folder / "graph"), Rules(coverage=0.0)))
    return {"coverage_uncontrolled": [s for _, s in rounds[SETS_PER_ROUND - 1 :: SETS_PER_ROUND]]}


def coverage(walks: Walks) -> list[tuple[tuple[str, ...], float]]:
    """Sets, each with the share of the nodes in reach that is covered; told once a round."""
    reachable = walks.reachable(planted.LANGUAGES[0])
    for language in planted.LANGUAGES[1:]:
        reachable |= walks.reachable(language)
    shares, taken = dict.fromkeys(planted.LANGUAGES, 1.0), set[bytes]()
    found: list[tuple[tuple[str, ...], float]] = []
    for turn in range(MOST_ROUNDS):
        rng = planted.repeatable(f"round/{turn}")
        drawn = list(draw_sets(walks, shares, SETS_PER_ROUND, taken=taken, rng=rng))
        share = float((walks.uses[reachable] > 0).mean())
        found += [(names, share) for _, names in drawn]
        if len(drawn) < SETS_PER_ROUND or (share >= 0.9 and len(found) >= SETS):
            break
    return found


def judge(found: dict[str, Any], samples: list[Sample]) -> None:
    """PMI gaps in place of the sets."""
    sets, names = found.pop("sets"), found.pop("names")
    reference = planted.Reference.of(samples)
    mine = reference.pmi(sets)
    others = {"alike": planted.alike(sets, SEED), "uniform": planted.uniform(sets, names, SEED)}
    found["drawn"], found["pmi"] = len(sets), float(mine.mean())
    found["gaps"] = {
        name: asdict(planted.gap(mine, reference.pmi(other), seed=SEED))
        for name, other in others.items()
    }


def shown(found: dict[str, Any]) -> str:
    """The figures as lines."""
    lines = [f"{found['lists']:,} lists, {found['topics']} topics, load {found['load']:.1f}"]
    for form, one in found["build"].items():
        lines.append(
            f"build, {form:8} {one['seconds']:6.1f} s ({one['cpu_seconds']:.1f} s CPU),"
            f" peak {one['peak_mib']:,.0f} MiB; {one['nodes']:,} nodes, {one['edges']:,} edges,"
            f" {one['mib']:.0f} MiB"
        )
    here = found["planted"]
    lines.append(
        f"10,000 sets      {here['seconds']:6.1f} s ({here['cpu_seconds']:.1f} s CPU), after"
        f" {here['load_cpu_seconds']:.1f} s CPU to load; peak {here['peak_mib']:,.0f} MiB"
    )
    for name in ("planted", "shuffled"):
        for kind, one in found[name]["gaps"].items():
            gap = f"{one['mean']:6.2f} [{one['low']:.2f}, {one['high']:.2f}]"
            lines.append(f"PMI, {name:8} minus {kind:8} {gap}")
    for key in ("coverage", "coverage_uncontrolled"):
        told = " ".join(f"{share:.1%}" for share in here[key])
        lines.append(f"{key} by rounds of {SETS_PER_ROUND:,}: {told}")
    lines += [f"{'yes' if good else 'NO':3} {goal}" for goal, good in found["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
