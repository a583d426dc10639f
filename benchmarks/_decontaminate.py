"""How many rows that were made from benchmarks are found, by the way in which they were made?

A row without an answer (data for completion) is given as an answer alone. Labels are not shown.
"""

import json
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from _sets import read

RECIPE = Path(__file__).with_name("decontaminate.toml")
STEP = '[[step]]\nuse = "decontaminate"\n'
AGAINST = ("HumanEval.jsonl", "mbpp.jsonl")
Row = dict[str, Any]


def against(place: Path) -> list[Path]:
    """The benchmarks beside the set's folder."""
    return [place.parent / "benchmarks" / name for name in AGAINST]


def row_of(case: Mapping[str, Any]) -> Row:
    """A row of ours."""
    if case["response"].strip():
        return {key: case[key] for key in ("id", "instruction", "response")}
    text = {"role": "assistant", "content": case["instruction"]}
    return {"id": case["id"], "messages": [text]}


def run(rows: Sequence[Row], out: Path, *, options: Namespace, files: Sequence[Path]) -> Path:
    """Run the recipe on rows; the run's folder."""
    out.mkdir(parents=True, exist_ok=True)
    data = out / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = out / RECIPE.name
    steps = RECIPE.read_text(encoding="utf-8")
    if options.embedder:
        steps = steps.replace(STEP, f'[[step]]\nuse = "embed_tasks"\n\n{STEP}')
    recipe.write_text(steps, encoding="utf-8")
    command = [sys.executable, "-m", "backfeed", "run", str(recipe), str(data)]
    command += ["--model", f"embedder={options.embedder}"] if options.embedder else []
    command += [word for file in files for word in ("--against", str(file))]
    command += ["--sandbox", options.sandbox] if options.sandbox else []
    command += [word for setting in options.set_ for word in ("--set", f"decontaminate.{setting}")]
    done = subprocess.run([*command, "-o", str(out / "run")], stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(f"backfeed run ended with {done.returncode}")
    return out / "run"


def found(folder: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each row, by its id: why it was rejected (empty if it was not), and by which methods."""
    told: dict[str, tuple[str, tuple[str, ...]]] = {}
    for kind in ("corpus", "rejected", "unfinished"):
        for path in sorted((folder / kind).glob("*.parquet")):
            for row in pq.read_table(path, columns=["source_id", "rejected", "checks"]).to_pylist():
                told[row["source_id"]] = _why(row)
    return told


def _why(row: Row) -> tuple[str, tuple[str, ...]]:
    gone = row["rejected"]
    if gone is None or gone["reason"] != "contaminated":
        return "", ()
    return gone["detail"], tuple(f["rule"] for f in row["checks"][-1]["findings"])


def score(
    labels: Sequence[Row], told: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Row:  # fmt: skip
    """Shares of rows found by kind, and every row on which the label and the verdict differ."""
    kinds = sorted({label["kind"] for label in labels})
    rows, flagged, right = Counter[str](), Counter[str](), Counter[str]()
    methods: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    for label in labels:
        why, by = told[label["id"]]
        rows[label["kind"]] += 1
        flagged[label["kind"]] += bool(why)
        right[label["kind"]] += bool(why) and _names(why, label)
        methods[label["kind"]].update(by)
    return {
        "rows": len(labels),
        "found_by_kind": {kind: round(flagged[kind] / rows[kind], 6) for kind in kinds},
        "right_task": {kind: right[kind] for kind in kinds if right[kind]},
        "by_method": {kind: dict(methods[kind]) for kind in kinds},
        "misses": list(_misses(labels, told)),
    }  # fmt: skip


def _names(why: str, label: Row) -> bool:
    """Does the rejection name the task that the label names?"""
    return why.partition(" of ")[0] in {label["task"], str(label["task"]).rpartition("/")[2]}


def _misses(
    labels: Sequence[Row], told: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Iterator[Row]:
    for label in labels:
        if label["contaminated"] != bool(told[label["id"]][0]):
            expected = "found" if label["contaminated"] else "clean"
            yield {"id": label["id"], "kind": label["kind"], "task": label["task"],
                   "expected": expected, "why": told[label["id"]][0]}  # fmt: skip


def measure(place: Path, out: Path, options: Namespace) -> Row:
    """Convert the set, run the recipe, score."""
    files = options.against or against(place)
    rows = [row_of(case) for case in read(place / "rows.jsonl")]
    return score(
        list(read(place / "labels.jsonl")), found(run(rows, out, options=options, files=files))
    )


def tell(scored: Row) -> None:
    """The scores for people."""
    for kind, share in scored["found_by_kind"].items():
        by = ", ".join(f"{name} {count}" for name, count in scored["by_method"][kind].items())
        print(f"{kind:<26} {100 * share:6.2f} %  {by}")
    for miss in scored["misses"]:
        print(f"miss {miss['id']} ({miss['kind']}, {miss['task']}): {miss['why'] or 'not found'}")
