"""The labelled sets: how the cases of each are read."""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MBXP = {"python": "mbpp", "java": "mbjp", "javascript": "mbjsp", "cpp": "mbcpp"}
FRAMEWORKS = {
    "bash": "bats", "c": "unity", "cpp": "catch2", "go": "gotest", "java": "junit",
    "javascript": "jest", "php": "phpunit", "python": "pytest", "ruby": "minitest",
    "rust": "cargotest", "typescript": "jest",
}  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A row for `check`; what is known of it: `right` is None where the set has no label.

    A wrong answer that is `broken` cannot be parsed, whatever it was asked to do; a `stub` is what
    the exercise gives to begin with, and its tests stand there switched off as the set has them.
    """

    row: Row
    right: bool | None = None
    certainty: str = ""
    broken: bool = False
    stub: bool = False


def humanevalpack(folder: Path, language: str) -> Iterator[Case]:
    """A right and a wrong solution of each task."""
    labels = {label["id"]: label for label in read(folder / "labels.jsonl")}
    for case in read(folder / "cases.jsonl"):
        if case["language"] == language:
            test = {"kind": "script", "code": case["tests"], "setup": _before(case)}
            yield _labelled(case, test, labels[case["id"]])


def _before(case: Row) -> str:
    """What stands before the answer in the program that the set says is to be run."""
    programs = case.get("program", {})
    [program] = programs.values() if len(programs) == 1 else [""]
    before, answer, _ = program.partition(case["solution"].strip())
    return before if answer else case["test_setup"] or ""


def humaneval_answers(folder: Path, language: str) -> Iterator[Case]:
    """Answers of a model, with the verdicts that the original tests gave."""
    labels = {label["id"]: label for label in read(folder / "labels.jsonl")}
    for case in read(folder / "cases.jsonl"):
        if case["language"] == language:
            yield _labelled(case, {"kind": "script", "code": case["tests"]}, labels[case["id"]])


def _labelled(case: Row, test: Row, label: Row) -> Case:
    row = {
        "id": case["id"], "language": case["language"], "instruction": case["instruction"],
        "response": case["solution"], "entry_point": case["entry_point"], "tests": [test],
    }  # fmt: skip
    return Case(row, label["expected"] == "accept", label["certainty"])


def mbxp(folder: Path, language: str) -> Iterator[Case]:
    """One completion of a model for each task; the set has its pass@1, and no label a row."""
    for task in read(folder / f"{MBXP[language]}.jsonl"):
        yield Case(_completed(task, language, task["sample_completion"]))


def mbxp_canonical(folder: Path, language: str) -> Iterator[Case]:
    """The set's own solutions, of those tasks that have one."""
    for task in read(folder / f"{MBXP[language]}.jsonl"):
        if task["canonical_solution"]:
            row = _completed(task, language, task["canonical_solution"])
            yield Case(row, right=True, certainty="upstream")


def _completed(task: Row, language: str, completion: str) -> Row:
    call = f"\ncheck({task['entry_point']})\n" if language == "python" else ""
    return {
        "id": task["task_id"], "language": language, "instruction": task["description"],
        "response": task["prompt"] + completion, "entry_point": task["entry_point"],
        "tests": [{"kind": "script", "code": task["test"] + call}],
    }  # fmt: skip


def exercism(folder: Path, language: str) -> Iterator[Case]:
    """Solutions of exercises, stubs, broken and changed ones, with the exercises' own tests."""
    labels = {label["id"]: label for label in read(folder / "labels.jsonl")}
    shared = {item["ref"]: item["text"] for item in read(folder / "support.jsonl")}
    exercises = {item["id"]: item for item in read(folder / "exercises.jsonl")}
    for case in read(folder / "cases.jsonl"):
        if case["language"] != language:
            continue
        task = exercises[case["exercise"]]
        given = {
            path: shared[text["$ref"]] if isinstance(text, dict) else text
            for path, text in task["other_files"].items()
        }
        files = {**task["stub_files"], **case["files"]}
        test = {"kind": "framework", "framework": FRAMEWORKS[language], "files": task["test_files"]}
        row = {
            "id": case["id"], "language": language, "instruction": task["instructions"],
            "files": files, "support": {k: v for k, v in given.items() if k not in files},
            "tests": [test],
        }  # fmt: skip
        label = labels[case["id"]]
        broken, stub = (label.get("variant") == word for word in ("syntax", "stub"))
        yield Case(row, label["expected"] == "accept", label["certainty"], broken, stub)


def written(folder: Path, language: str) -> Iterator[Case]:
    """Problems of our own, each with a right and a wrong answer that its tests tell apart."""
    text = (folder / f"{language}.toml").read_text(encoding="utf-8")
    for problem in tomllib.loads(text)["problem"]:
        for answer in ("right", "wrong"):
            row = {
                "id": f"{problem['id']}/{answer}", "language": language,
                "instruction": problem["instruction"], "response": problem[answer],
                "entry_point": problem["entry_point"], "tests": problem["test"],
            }  # fmt: skip
            yield Case(row, answer == "right", "certain")


SETS: Mapping[str, Callable[[Path, str], Iterator[Case]]] = {
    "humanevalpack": humanevalpack,
    "humaneval_answers": humaneval_answers,
    "mbxp": mbxp,
    "mbxp_canonical": mbxp_canonical,
    "exercism": exercism,
    "written": written,
}


def holds(place: Path, name: str, language: str) -> bool:
    """Is this the folder of the set, with cases in the language?"""
    if name.startswith("mbxp"):
        return language in MBXP and (place / "published.jsonl").is_file()
    if name == "written":
        return (place / f"{language}.toml").is_file()
    file = place / "cases.jsonl"
    return file.is_file() and any(case["language"] == language for case in read(file))


def read(path: Path) -> Iterator[Row]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
