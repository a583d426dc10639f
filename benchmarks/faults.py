"""What the static stages catch of programs that cannot be right, and what they flag of good ones.

    python benchmarks/faults.py [--language go] [--data DATA] [--json] [-o DIR]

`faults/LANGUAGE.toml` holds programs as models write them that parse and cannot be right. They go
through `backfeed check --until analyze`, and so do real files that are known to be good: source
files of public repositories and the right solutions of humanevalpack and exercism, from DATA
(default: the folder beside this repository; without it that half is left out). Caught and flagged
mean: rejected by the stages `parse` or `analyze`. Every miss is listed, with what was said of it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from _sets import SETS, read
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).with_name("faults")
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
STAGES = ("parse", "analyze")
CAUGHT, FLAGGED = 0.85, 0.01  # at least, at most

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stages made of a row: `word` is rejected, unverified or passed."""

    word: str
    why: str


def faults(language: str) -> Iterator[Row]:
    """Programs of a language that cannot be right."""
    text = (HERE / f"{language}.toml").read_text(encoding="utf-8")
    for fault in tomllib.loads(text)["fault"]:
        yield {
            "id": f"fault {language}/{fault['id']}", "language": language,
            "instruction": "-", "response": fault["code"], "wrong": fault["wrong"],
        }  # fmt: skip


def good(language: str, data: Path) -> Iterator[Row]:
    """Files of a language that are known to be good."""
    for path in sorted((data / "seeds").glob("*.jsonl")):
        for row in read(path):
            if not path.name.startswith("filter_") and row["language"] == language:
                name = row["path"].rpartition("/")[2]
                yield {
                    "id": f"good {row['id']}", "language": language,
                    "instruction": "-", "files": {name: row["text"]},
                }  # fmt: skip
    for name in ("humanevalpack", "exercism"):
        folder = data / "verify" / name
        for case in SETS[name](folder, language) if folder.is_dir() else ():
            if case.right:
                yield {**case.row, "id": f"good {case.row['id']}"}


def judged(rows: Sequence[Row], out: Path) -> dict[str, Verdict]:
    """What the static stages make of rows, by their ids; one run for all."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    command = [sys.executable, "-m", "backfeed", "check", str(file), "-o", str(out / "run")]
    options = ["--until", "analyze", "--keep-duplicates"]  # faults are alike
    subprocess.run([*command, *options], stdout=sys.stderr, check=True)
    found = {}
    columns = ["source_id", "rejected", "checks"]
    for folder in ("corpus", "rejected", "unfinished"):
        for path in sorted((out / "run" / folder).glob("*.parquet")):
            for row in pq.read_table(path, columns=columns).to_pylist():
                found[row["source_id"]] = _verdict(row)
    if absent := {row["id"] for row in rows} - found.keys():
        sys.exit(f"{len(absent)} rows have no verdict, the first is {min(absent)}")
    return found


def _verdict(row: Row) -> Verdict:
    gone = row["rejected"]
    if gone is not None and gone["stage"] in STAGES:
        return Verdict("rejected", f"{gone['stage']}: {gone['reason']}: {gone['detail']}")
    checks = [check for check in row["checks"] if check["name"] in STAGES]
    said = [f"{f['rule']}: {f['message']}" for check in checks for f in check["findings"]]
    passed = gone is None and all(check["verdict"] == "passed" for check in checks)
    why = f"rejected by {gone['stage']}" if gone else "; ".join(said)
    return Verdict("passed" if passed else "unverified", why[:300])


def score(language: str, rows: Sequence[Row], found: Mapping[str, Verdict]) -> Row:
    """How many faults of a language were caught and good files flagged, and which not."""
    of = [row for row in rows if row["language"] == language]
    wrong = [row for row in of if "wrong" in row]
    right = [row for row in of if "wrong" not in row]
    missed = [row for row in wrong if found[row["id"]].word != "rejected"]
    flagged = [row for row in right if found[row["id"]].word == "rejected"]
    return {
        "language": language, "faults": len(wrong), "caught": len(wrong) - len(missed),
        "good": len(right), "flagged": len(flagged),
        "unknown": sum(found[row["id"]].word == "unverified" for row in right),
        "missed": [_told(row, found) for row in missed],
        "alarms": [_told(row, found) for row in flagged],
    }  # fmt: skip


def _told(row: Row, found: Mapping[str, Verdict]) -> Row:
    verdict = found[row["id"]]
    told = {"id": row["id"].partition(" ")[2], "wrong": row.get("wrong", "")}
    return {**told, "word": verdict.word, "why": verdict.why}


def tell(scores: Sequence[Row]) -> None:
    """The scores for people."""
    table = Table("language", "faults", "caught", "", "good files", "flagged", "", "unknown")
    for one in scores:
        caught = one["caught"] / one["faults"]
        flagged = one["flagged"] / one["good"] if one["good"] else 0.0
        table.add_row(
            one["language"],
            *(str(one["faults"]), str(one["caught"]), _share(caught, caught >= CAUGHT)),
            *(str(one["good"]), str(one["flagged"]), _share(flagged, flagged <= FLAGGED)),
            str(one["unknown"]),
        )
    Console(width=110).print(table)
    for one in scores:
        for miss in one["missed"]:
            print(f"missed {miss['id']}: {miss['wrong']} ({miss['word']}: {miss['why']})")
        for alarm in one["alarms"]:
            print(f"flagged {alarm['id']}: {alarm['why']}")


def _share(share: float, held: bool) -> str:  # noqa: FBT001 - a column beside its share
    return f"{100 * share:.1f} %{'' if held else ' !'}"


def main() -> None:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    known = sorted(path.stem for path in HERE.glob("*.toml"))
    parser.add_argument("--language", action="append", choices=known)
    parser.add_argument("--data", type=Path, default=BESIDE)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("-o", "--output", type=Path, help="keep the rows and the run here")
    given = parser.parse_args()
    languages = given.language or known
    rows = [row for language in languages for row in faults(language)]
    if (given.data / "seeds").is_dir():
        rows += [row for language in languages for row in good(language, given.data)]
    else:
        print(f"good files are left out: there is no {given.data / 'seeds'}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        found = judged(rows, given.output or Path(temporary))
    scores = [score(language, rows, found) for language in languages]
    print(json.dumps(scores, indent=2)) if given.json else tell(scores)


if __name__ == "__main__":
    main()
