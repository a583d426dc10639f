"""Does the seed filter agree with people? Labelled files, and ordinary ones that it must keep.

    seed_filter.py CASES.jsonl LABELS.jsonl [--json]
    seed_filter.py --ordinary FILE.jsonl... [--json]

The rows go the way of every seed: `rows:FILE#text`, then the stage `filter_files`. A case agrees
if it is kept, or dropped, for the labelled reason.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backfeed.engine.records import Sample
from backfeed.engine.sources._open import read, resolve
from backfeed.engine.stages.filter_files import FilterFiles

# The labels' words for our reasons.
MEANT = {
    "generated": "generated",
    "generated (marker in the file)": "generated",
    "minified bundle": "minified",
    "empty or trivial": "trivial",
}
GOAL = 0.95


def main() -> int:
    """Print the agreement; 1 if it is below the goal."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--ordinary", action="store_true", help="count reasons; no labels")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not given.files:
        print("seed_filter: name the labelled cases and their labels; there is nothing to measure")
        return 0
    found = ordinary(given.files) if given.ordinary else labelled(*given.files)
    print(json.dumps(found, indent=1) if given.json else shown(found))
    return 0 if found.get("agreement", 1.0) >= GOAL else 1


def labelled(cases: Path, labels: Path) -> dict[str, Any]:
    """The share of cases with the labelled reason, all and by label."""
    wanted = {row["id"]: row for row in rows(labels)}
    agreed: dict[str, list[bool]] = defaultdict(list)
    differ = []
    for row, reason in zip(rows(cases), reasons(cases), strict=True):
        label = wanted[row["id"]]
        expected = "kept" if label["expected"] == "keep" else MEANT[label["reason"]]
        agreed[label["reason"]].append(reason == expected)
        if reason != expected:
            differ.append({"id": row["id"], "path": row["path"], "want": expected, "got": reason})
    every = [one for group in agreed.values() for one in group]
    by_reason = {name: sum(group) / len(group) for name, group in sorted(agreed.items())}
    return {
        "cases": len(every), "agreement": sum(every) / len(every), "by_reason": by_reason,
        "differ": differ,
    }  # fmt: skip


def ordinary(files: list[Path]) -> dict[str, Any]:
    """How many files are kept, and why the others are not; by `is_test` where a row says it."""
    counts: dict[str, Counter[str]] = {}
    began, total = time.perf_counter(), 0
    for file in files:
        for row, reason in zip(rows(file), reasons(file), strict=True):
            kind = f"{file.stem} tests" if row.get("is_test") else file.stem
            counts.setdefault(kind, Counter())[reason] += 1
            total += 1
    seconds = time.perf_counter() - began
    return {"files": total, "files_per_s": round(total / seconds), "reasons": counts}


def reasons(file: Path) -> Iterator[str]:
    """For each row why it is no seed, or `kept`."""
    with tempfile.TemporaryDirectory() as cache:
        pinned = resolve(f"rows:{file}#text", Path(cache))
        for sample in read(pinned):
            judged = sample if sample.rejected else filtered(sample)
            yield judged.rejected.reason if judged.rejected else "kept"


def filtered(sample: Sample) -> Sample:
    """The stage's answer; what it asks to compute is computed here."""
    asking = FilterFiles().each(sample)
    answer: Any = None
    while True:
        try:
            request: Any = asking.send(answer)
        except StopIteration as end:
            return end.value[0]  # type: ignore[no-any-return]
        answer = request.function(*request.arguments)


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file."""
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def shown(found: dict[str, Any]) -> str:
    """The findings as lines."""
    if "reasons" in found:
        told = [f"{name:40} {dict(count)}" for name, count in found["reasons"].items()]
        return "\n".join([*told, f"{found['files']} files, {found['files_per_s']} a second"])
    told = [f"{name:45} {share:7.1%}" for name, share in found["by_reason"].items()]
    differ = [f"  {d['path']}: {d['got']}, should be {d['want']}" for d in found["differ"]]
    return "\n".join([*told, f"{'all':45} {found['agreement']:7.1%} of {found['cases']}", *differ])


if __name__ == "__main__":
    sys.exit(main())
