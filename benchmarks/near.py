"""Are copies and edits of rows found, and are rows that differ left alone? And how large a set?

    python benchmarks/near.py [FILE...] [--near 0.8] [--trees 0.8] [--misses] [--json]
    python benchmarks/near.py --size 1000000 [--json]

Rows are instruction data (`instruction`, `input`, `response`) and source files (`language`, `path`,
`text`) of FILEs; by default those of the folder beside this repository. Behind them stand, by a
fixed seed, 200 exact copies and 200 edits of some: other names, functions in another order, other
comments, or all three; edits are made on syntax trees and leave what the code does as it is. The
stage `deduplicate` sees them all at once. A planted row is found if it is rejected. Of rows that
differ, 2,000 pairs of the same language and nearly the same length are drawn whose texts overlap by
less than 0.4 (Jaccard); they are compared one by one, whatever MinHash makes candidates of.

With `--size` so many short rows are made, a tenth of them edits of earlier ones, and ours searches
them beside `datasketch`, and `rensa` if it is installed: each in a process of its own, one after
another. CPU says more than the clock on a machine that is busy; memory is the peak above what a
process has before the search. What they find: see _near_size.py.
"""

import argparse
import bisect
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _edits import EDITS, LANGUAGES, unbroken
from _planted import repeatable
from _sets import read

from backfeed.engine.methods.code_blocks import extract_code
from backfeed.engine.methods.minhash import jaccard, shingles
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Compute, rejoined
from backfeed.engine.stages.deduplicate import Deduplicate, structure
from backfeed.engine.store import DiskTable, Shards

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
PLANTED, PAIRS = 200, 2000
UNLIKE = 0.4
Row = dict[str, Any]


def samples(files: Sequence[Path]) -> Iterator[Sample]:
    """The rows of files: those with code."""
    for file in files:
        rows = json.loads(file.read_text()) if file.suffix == ".json" else read(file)
        for number, row in enumerate(rows):
            if "response" in row:
                asked = f"{row['instruction']}\n{row.get('input', '')}".strip()
                got = extract_code(row["response"], "", asked)
                code, language = got.code, got.language
            else:
                asked, code, language = row["path"], row["text"], row["language"]
            if code:
                said = (Message("user", asked), Message("assistant", code))
                id_ = f"{file.stem}:{number}"
                yield Sample(id=id_, source_id=id_, messages=said, code=code, language=language)


def planted(rows: Sequence[Sample]) -> list[Sample]:
    """Copies and edits; `origin` of each is the id of its row, `question_type` what was done."""
    rng = repeatable("near/planted")
    made = [_as(row, row.code, "copy") for row in rng.sample(rows, PLANTED)]
    able = [row for row in rows if row.language in LANGUAGES and unbroken(row.code, row.language)]
    rng.shuffle(able)
    for number, kind in enumerate(EDITS):
        left = PLANTED * (number + 1) // len(EDITS) - PLANTED * number // len(EDITS)
        while left:
            if not able:
                sys.exit(f"too few rows can be edited: {len(made)} are planted; give more files")
            row = able.pop()
            code = EDITS[kind](row.code, row.language, rng)
            if code and code != row.code and unbroken(code, row.language):
                made.append(_as(row, code, kind))
                left -= 1
    return made


def _as(row: Sample, code: str, kind: str) -> Sample:
    said = (row.messages[0], Message("assistant", code))
    return row.but(id=f"{kind}:{row.id}", question_type=kind, code=code, messages=said)


def rejections(rows: Sequence[Sample], stage: Deduplicate) -> dict[str, tuple[str, str]]:
    """Of each row that the stage rejects, the reason and what it is like."""

    def answer(request: Any) -> Any:
        assert isinstance(request, Compute)
        return request.function(*request.arguments)

    with tempfile.TemporaryDirectory() as folder:
        shards = Shards(Path(folder))
        for row in rows:
            shards.add(row)
        shards.flush()
        result = rejoined(stage.whole(DiskTable.of(Path(folder))), answer)
        told = [pair for b in result.rows for pair in zip(*map(_plain(b), COLUMNS), strict=True)]
    return {id_: (gone["reason"], gone["detail"]) for id_, gone in told if gone}


COLUMNS = ("id", "rejected")


def _plain(batch: Any) -> Any:
    return lambda name: batch[name].to_pylist()


def score(files: Sequence[Path], stage: Deduplicate) -> Row:
    """Shares of what was planted that are found, and of pairs that differ that are not told so."""
    rows = list(samples(files))
    extra = planted(rows)
    gone = rejections([*rows, *extra], stage)
    by_id = {row.id: row for row in rows}
    kinds: dict[str, list[bool]] = {}
    reasons: Counter[str] = Counter()
    misses = []
    for row in extra:
        found = row.id in gone
        kinds.setdefault(row.question_type, []).append(found)
        reasons[gone[row.id][0] if found else "missed"] += 1
        if not found:
            misses.append({"id": row.id, **_cause(row, by_id[row.source_id], stage)})
    edits = [found for kind in EDITS for found in kinds[kind]]
    pairs = list(unlike(rows))
    wrong = [pair for pair in pairs if _alike(*pair, stage)]
    return {
        "rows": len(rows), "of_them_rejected": sum(id_ in by_id for id_ in gone),
        "copies_found": _share(kinds["copy"]), "edits_found": _share(edits),
        "found_by_kind": {kind: _share(found) for kind, found in kinds.items()},
        "reasons": dict(reasons), "pairs": len(pairs),
        "pairs_flagged": round(len(wrong) / len(pairs), 4),
        "flagged": [[one.id, two.id] for one, two in wrong], "misses": misses,
    }  # fmt: skip


def _share(found: Sequence[bool]) -> float:
    return round(sum(found) / len(found), 4)


def _overlaps(one: Sample, two: Sample, stage: Deduplicate) -> tuple[float, float, int]:
    """How much two texts and two structures overlap, and how many fingerprints the less has."""
    prints = [
        np.frombuffer(structure(row.code, row.language, stage.least_tokens), np.uint32)
        for row in (one, two)
    ]
    sets = [shingles("\n".join(m.content for m in row.messages)) for row in (one, two)]
    return jaccard(*sets), jaccard(*prints), min(map(len, prints))


def _cause(row: Sample, origin: Sample, stage: Deduplicate) -> Row:
    text, built, least = _overlaps(row, origin, stage)
    why = "MinHash made it no candidate"
    if not least:
        why = f"fewer than {stage.least_tokens} tokens"
    elif built < (stage.trees or 1):
        why = "built otherwise"
    return {"why": why, "text": round(text, 2), "structure": round(built, 2)}


def _alike(one: Sample, two: Sample, stage: Deduplicate) -> bool:
    text, built, _ = _overlaps(one, two, stage)
    return text >= (stage.near or 2) or built >= (stage.trees or 2)


def unlike(rows: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    """Pairs of one language and nearly one length whose texts overlap little."""
    rng = repeatable("near/unlike")
    ordered = sorted(rows, key=lambda row: (row.language, len(row.code), row.id))
    keys = [(row.language, len(row.code)) for row in ordered]
    count = 0
    for _ in range(100 * PAIRS):
        if count == PAIRS:
            return
        one = rng.choice(ordered)
        place = bisect.bisect(keys, (one.language, len(one.code))) + rng.randrange(-5, 5)
        two = ordered[min(max(place, 0), len(ordered) - 1)]
        texts = [shingles("\n".join(m.content for m in row.messages)) for row in (one, two)]
        if one.language == two.language and one.id != two.id and jaccard(*texts) < UNLIKE:
            count += 1
            yield one, two
    sys.exit(f"{count} pairs of rows differ enough: give more files")


def sizes(count: int) -> Row:
    """What each side took for so many rows; ratios are of theirs to ours."""
    program = str(Path(__file__).with_name("_near_size.py"))
    sides = [s for s in ("ours", "datasketch", "rensa") if s == "ours" or _installed(s)]
    told: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as folder:
        for side in ("make", *sides):
            command = [sys.executable, program, side, folder, str(count)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            told[side] = json.loads(done.stdout)
    del told["make"]
    for side in sides[1:]:
        for key in ("cpu_s", "wall_s", "above_mib"):
            told[side][f"{key}_ratio"] = round(told[side][key] / (told["ours"][key] or 0.1), 2)
    return {"rows": count, **told}


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--near", type=float, default=0.8)
    parser.add_argument("--trees", type=float, default=0.8)
    parser.add_argument("--least-tokens", type=int, default=Deduplicate().least_tokens)
    parser.add_argument("--size", type=int, metavar="ROWS", help="measure time and memory")
    parser.add_argument("--misses", action="store_true", help="list what was not found")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.size:
        print(json.dumps(sizes(asked.size), indent=None if asked.json else 2))
        return
    seeds = [f for f in sorted((BESIDE / "seeds").glob("*.jsonl")) if "filter_" not in f.name]
    files = asked.files or [BESIDE / "instruct" / "code" / "gpteacher_codegen.json", *seeds]
    stage = Deduplicate(asked.near or None, asked.trees or None, asked.least_tokens)
    told = score(files, stage)
    if not asked.json and not asked.misses:
        told = {key: value for key, value in told.items() if key not in ("misses", "flagged")}
    print(json.dumps(told, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
