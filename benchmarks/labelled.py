"""How well does `backfeed check` tell right answers from wrong ones? Scored on labelled sets.

    python benchmarks/labelled.py humanevalpack DATA/verify/humanevalpack --language python

Without a set: all that have the language, from the folder beside this repository and from written/
beside this script. A set is converted to rows of ours; `backfeed check` sees the rows and never a
label. DIR is the folder of the set's files. Accepted means: in the corpus, at level tested or
better. With `--until parse` or `analyze` it tells how many that cannot be parsed are rejected, and
how many that are right.

    python benchmarks/labelled.py decontaminate DATA/decontaminate

tells how many rows made from benchmarks the stage `decontaminate` finds, and how many clean ones
it takes for such; `--set most_runs=8` and the like change its settings.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import _decontaminate
import pyarrow.parquet as pq
from _sets import SETS, Case, Row, holds, read

HERE = Path(__file__).resolve().parent
PLACES = (HERE.parents[1] / "shared" / "data", HERE)
GOOD = ("tested", "proven")
COUNTS = (
    "cases", "right", "wrong", "broken", "likely", "stubs", "stubs_accepted", "not_runnable",
    "accepted",
)  # fmt: skip
STATIC = ("parse", "analyze")
SHARES = (
    "right_accepted", "wrong_rejected", "likely_rejected", "broken_caught", "right_rejected",
)  # fmt: skip
CONTAMINATED = "decontaminate"
CERTAIN = ("upstream-CI", "upstream", "certain", "recorded")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `check` made of a row."""

    accepted: bool
    level: str
    why: str = ""
    ran: bool = True
    rejected: bool = False


def chosen(cases: Iterable[Case], limit: int | None) -> list[Case]:
    """The cases with the smallest hashes of their ids, half of them right and half wrong."""
    ordered = sorted(cases, key=lambda case: hashlib.sha256(case.row["id"].encode()).hexdigest())
    if limit is None:
        return ordered
    right = [case for case in ordered if case.right]
    wrong = [case for case in ordered if case.right is False]
    if not right and not wrong:
        return ordered[:limit]
    return right[: limit - limit // 2] + wrong[: limit // 2]


def check(rows: Sequence[Row], out: Path, options: Sequence[str]) -> dict[str, Verdict]:
    """Run `backfeed check` on rows; its verdict by the rows' ids."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    command = [sys.executable, "-m", "backfeed", "check", str(file), "-o", str(out / "run")]
    command.append("--keep-duplicates")  # the sets have several answers to one problem
    done = subprocess.run([*command, *options], stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(f"backfeed check ended with {done.returncode}")
    return verdicts(out / "run")


def verdicts(run: Path) -> dict[str, Verdict]:
    """The verdict on every row of a run, by source id."""
    found: dict[str, Verdict] = {}
    columns = ["source_id", "level", "rejected", "checks"]
    for folder in ("corpus", "rejected", "unfinished"):
        for path in sorted((run / folder).glob("*.parquet")):
            for row in pq.read_table(path, columns=columns).to_pylist():
                found[row["source_id"]] = _verdict(row, accepted=folder == "corpus")
    return found


def _verdict(row: Row, *, accepted: bool) -> Verdict:
    level = row["level"]
    if accepted and level in GOOD:
        return Verdict(True, level)
    gone = row["rejected"]
    if gone is not None:
        why = f"{gone['stage']}: {gone['reason']}: {gone['detail']}"
        return Verdict(False, level, why, rejected=True)
    open_ = [check for check in row["checks"] if check["verdict"] == "unverified"]
    said = [f["message"] for check in open_ for f in check["findings"]]
    return Verdict(False, level, f"not verified: {'; '.join(said)}", ran=False)


def refuse_absent(cases: Sequence[Case], found: Mapping[str, Verdict]) -> None:
    """End with a message if a row has no verdict."""
    absent = [case.row["id"] for case in cases if case.row["id"] not in found]
    if absent:
        sys.exit(f"{len(absent)} rows have no verdict, the first is {absent[0]}")


def score(cases: Sequence[Case], found: Mapping[str, Verdict]) -> Row:
    """Shares of right and wrong cases that were told, and those that were not."""
    refuse_absent(cases, found)
    groups: dict[str, list[bool]] = {"right": [], "wrong": [], "likely": []}
    misses = []
    for case in cases:
        verdict = found[case.row["id"]]
        if case.right is None:
            continue
        likely = "wrong" if case.certainty in CERTAIN else "likely"
        groups["right" if case.right else likely].append(verdict.accepted == case.right)
        if verdict.accepted != case.right:
            misses.append(_miss(case, verdict))
    return {
        "cases": len(cases), "right": len(groups["right"]), "wrong": len(groups["wrong"]),
        "likely": len(groups["likely"]), "stubs": sum(case.stub for case in cases),
        "stubs_accepted": sum(case.stub and found[case.row["id"]].accepted for case in cases),
        "right_accepted": _share(groups["right"]),
        "wrong_rejected": _share(groups["wrong"]), "likely_rejected": _share(groups["likely"]),
        "not_runnable": sum(not found[case.row["id"]].ran for case in cases), "misses": misses,
        "verdicts": {id_: [_word(v), v.level] for id_, v in sorted(found.items())},
    }  # fmt: skip


def score_static(cases: Sequence[Case], found: Mapping[str, Verdict]) -> Row:
    """What is told without running: the share of broken cases that are rejected, and of right ones.

    Stubs and answers that are wrong in what they do are left out: nothing static has to see them.
    """
    refuse_absent(cases, found)
    broken = [case for case in cases if case.broken]
    right = [case for case in cases if case.right]
    missed = [case for case in broken if not found[case.row["id"]].rejected]
    lost = [case for case in right if found[case.row["id"]].rejected]
    return {
        "right": len(right), "broken": len(broken),
        "broken_caught": _share([case not in missed for case in broken]),
        "right_rejected": _share([case in lost for case in right]),
        "misses": [_miss(case, found[case.row["id"]]) for case in (*missed, *lost)],
    }  # fmt: skip


def _is_static(case: Case) -> bool:
    return case.broken or bool(case.right)


def _miss(case: Case, verdict: Verdict) -> Row:
    return {
        "id": case.row["id"], "expected": "accept" if case.right else "reject",
        "certainty": case.certainty, "level": verdict.level, "why": verdict.why,
    }  # fmt: skip


def _word(verdict: Verdict) -> str:
    return "accept" if verdict.accepted else "reject"


def _share(told: Sequence[bool]) -> float | None:
    return round(sum(told) / len(told), 6) if told else None


def pass_at_1(published: Path, language: str, accepted: Sequence[bool]) -> Row:
    """The share of completions that were accepted, beside the published one, in percent."""
    key = "published_pass_at_1_of_sample_completion"
    known = {row["language"]: row[key] for row in read(published)}
    share = round(100 * sum(accepted) / len(accepted), 2)
    return {"accepted": sum(accepted), "pass_at_1": share, "published": known[language]}


def tell(scored: Row) -> None:
    """The scores for people."""
    for key in COUNTS:
        if scored.get(key) is not None:
            print(f"{key:<16} {scored[key]}")
    for key in SHARES:
        if scored.get(key) is not None:
            print(f"{key:<16} {100 * scored[key]:.2f} %")
    if "pass_at_1" in scored:
        print(f"pass@1           {scored['pass_at_1']} % (published: {scored['published']} %)")
    for miss in scored["misses"]:
        print(f"miss {miss['id']}: expected {miss['expected']}, {miss['level']}: {miss['why']}")


def _place(name: str, options: argparse.Namespace) -> Path | None:
    """The set's own folder, also if that of several sets was named."""
    for folder in [options.directory] if options.directory else PLACES:
        own = name.partition("_canonical")[0]
        for place in (folder, folder / own, folder / "verify" / own):
            if holds(place, name, options.language):
                return place
    return None


def measure(name: str, place: Path, options: argparse.Namespace) -> Row:
    """Convert a set, check it, score."""
    static = options.until in STATIC
    every = SETS[name](place, options.language)
    cases = chosen((case for case in every if not static or _is_static(case)), options.limit)
    out: Path | None = options.output
    more = ["--until", options.until]
    more += ["--sandbox", options.sandbox] if options.sandbox else []
    if not static and options.skips == "left":
        steps = ("execute", "prove") if options.until == "prove" else ("execute",)
        more += [word for step in steps for word in ("--set", f"{step}.skips=left")]
    with tempfile.TemporaryDirectory() as temporary:
        found = check([case.row for case in cases], out / name if out else Path(temporary), more)
    if static:
        return {"language": options.language, **score_static(cases, found)}
    scored = score(cases, found)
    if name == "mbxp":
        accepted = [found[case.row["id"]].accepted for case in cases]
        scored |= pass_at_1(place / "published.jsonl", options.language, accepted)
    return scored


def contaminated(options: argparse.Namespace) -> None:
    """The set of rows that were made from benchmarks: found, or taken for clean ones."""
    place = options.directory or PLACES[0] / CONTAMINATED
    if not (place / "labels.jsonl").is_file():
        sys.exit(f"{place} does not hold the set {CONTAMINATED}")
    with tempfile.TemporaryDirectory() as temporary:
        scored = _decontaminate.measure(place, options.output or Path(temporary), options)
    if options.json:
        print(json.dumps({"set": CONTAMINATED, **scored}, indent=2))
    else:
        _decontaminate.tell(scored)


def main() -> None:
    """Read the command line; one set, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("set", nargs="?", choices=[*SETS, CONTAMINATED])
    parser.add_argument("directory", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--language", default="python")
    parser.add_argument("--limit", type=int, metavar="N")
    parser.add_argument(
        "--until", default="test", choices=("parse", "analyze", "run", "test", "prove")
    )
    parser.add_argument(
        "--skips", default="run", choices=("run", "left"), help="tests that upstream switched off"
    )
    for name, told in (("--sandbox", "as for backfeed check"), ("--embedder", "for embedding")):
        parser.add_argument(name, default="", help=told)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("-o", "--output", type=Path, help="keep the rows and the run here")
    parser.add_argument("--against", action="append", type=Path, help="a benchmark's file")
    parser.add_argument("--set", dest="set_", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    if options.set == CONTAMINATED:
        contaminated(options)
        return
    places = {name: _place(name, options) for name in ([options.set] if options.set else SETS)}
    if options.set and not places[options.set]:
        where = options.directory or "the folder of sets"
        sys.exit(f"{where} does not hold the set {options.set} in {options.language}")
    if not any(places.values()):
        print("no labelled sets here: name a set and its folder")
    for name, place in places.items():
        if place is None:
            continue
        scored = measure(name, place, options)
        if options.json:
            print(json.dumps({"set": name, **scored}, indent=2))
        else:
            print(name)
            tell(scored)


if __name__ == "__main__":
    main()
