"""The labelled benchmark: its conversions, its choice of cases, its score."""

import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "labelled.py"


@pytest.fixture(scope="module")
def labelled():
    """The script as a module; what stands beside it can be imported as when it is run."""
    spec = importlib.util.spec_from_file_location("labelled", PATH)
    module = sys.modules["labelled"] = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PATH.parent)
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sets(labelled):
    return sys.modules[labelled.Case.__module__]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


CASE = {
    "language": "python", "instruction": "Write `f(x)` that doubles x.", "entry_point": "f",
    "tests": "assert f(2) == 4\nassert f(-1) == -2\nassert f(0) == 0\n", "test_setup": None,
}  # fmt: skip
RIGHT, WRONG, BROKEN = "def f(x):\n    return 2 * x\n", "def f(x):\n    return x\n", "def f(x:\n"


@pytest.fixture
def pack(tmp_path):
    """A set like humanevalpack, of three cases."""
    answers = {"right": RIGHT, "wrong": WRONG, "broken": BROKEN}
    write(tmp_path / "cases.jsonl", [{**CASE, "id": k, "solution": v} for k, v in answers.items()])
    write(tmp_path / "labels.jsonl", [
        {"id": id_, "expected": "accept" if id_ == "right" else "reject", "certainty": certainty}
        for id_, certainty in (("right", "upstream"), ("wrong", "likely"), ("broken", "certain"))
    ])  # fmt: skip
    return tmp_path


def test_what_stands_before_an_answer_in_the_program_goes_with_it(sets):
    helper = "import math\n\ndef g(x):\n    return x\n"
    case = {**CASE, "solution": "\n" + RIGHT, "test_setup": "import math\n"}
    assert sets._before({**case, "program": {"main.py": f"{helper}{RIGHT}assert f(1)"}}) == helper
    assert sets._before({**case, "program": {"main.py": "print(1)"}}) == "import math\n"
    assert sets._before({**case, "program": {"a": RIGHT, "b": RIGHT}}) == "import math\n"


def test_a_case_has_no_trace_of_its_label(sets, pack):
    cases = {case.row["id"]: case for case in sets.humanevalpack(pack, "python")}
    assert cases["right"].right
    assert not cases["wrong"].right
    assert {tuple(sorted(case.row)) for case in cases.values()} == {
        ("entry_point", "id", "instruction", "language", "response", "tests")
    }
    assert cases["right"].row["tests"] == [{"kind": "script", "code": CASE["tests"], "setup": ""}]


def test_mbxp_is_prompt_completion_and_test(sets, tmp_path):
    task = {
        "task_id": "M/1", "entry_point": "f", "description": "Double.", "prompt": "def f(x):\n",
        "sample_completion": "    return 2 * x", "test": "def check(c): assert c(1) == 2",
    }  # fmt: skip
    write(tmp_path / "mbpp.jsonl", [task])
    [case] = sets.mbxp(tmp_path, "python")
    assert case.row["response"] == "def f(x):\n    return 2 * x"
    assert case.row["tests"][0]["code"] == "def check(c): assert c(1) == 2\ncheck(f)\n"
    assert case.right is None
    canonical = {**task, "task_id": "M/2", "canonical_solution": "    return x + x"}
    write(tmp_path / "mbpp.jsonl", [{**task, "canonical_solution": None}, canonical])
    [case] = sets.mbxp_canonical(tmp_path, "python")
    assert (case.row["id"], case.right) == ("M/2", True)
    assert case.row["response"] == "def f(x):\n    return x + x"


PROBLEM = """
[[problem]]
id = "ruby/double"
instruction = "Write `double(x)`."
entry_point = "double"
right = "def double(x) = 2 * x"
wrong = "def double(x) = x"
[[problem.test]]
kind = "script"
setup = ""
code = "raise unless double(2) == 4"
"""


def test_a_written_problem_is_two_cases(sets, tmp_path):
    (tmp_path / "ruby.toml").write_text(PROBLEM)
    cases = list(sets.written(tmp_path, "ruby"))
    assert [(case.row["id"], case.right, case.certainty) for case in cases] == [
        ("ruby/double/right", True, "certain"),
        ("ruby/double/wrong", False, "certain"),
    ]
    assert [case.row["response"] for case in cases] == [
        "def double(x) = 2 * x", "def double(x) = x",
    ]  # fmt: skip
    assert {tuple(sorted(case.row)) for case in cases} == {
        ("entry_point", "id", "instruction", "language", "response", "tests")
    }


def test_a_folder_holds_a_set_in_a_language(sets, tmp_path, pack):
    (tmp_path / "ruby.toml").write_text(PROBLEM)
    told = {
        (name, language): sets.holds(tmp_path, name, language)
        for name in ("written", "humanevalpack", "mbxp") for language in ("ruby", "python")
    }  # fmt: skip
    assert [key for key, holds in told.items() if holds] == [
        ("written", "ruby"),
        ("humanevalpack", "python"),
    ]


def test_what_is_told_without_running_leaves_stubs_and_faults_of_sense_out(labelled):
    case, verdict = labelled.Case, labelled.Verdict
    cases = [
        case({"id": "caught"}, False, "certain", broken=True),
        case({"id": "missed"}, False, "certain", broken=True),
        case({"id": "stub"}, False, "certain"), case({"id": "wrong"}, False, "likely"),
        case({"id": "right"}, True), case({"id": "lost"}, True),
    ]  # fmt: skip
    no = verdict(False, "none", "parse: syntax: line 1", rejected=True)
    found = dict.fromkeys(("caught", "stub", "lost"), no)
    found |= dict.fromkeys(("missed", "wrong", "right"), verdict(False, "analyzed", ran=False))
    scored = labelled.score_static(cases, found)
    assert (scored["broken"], scored["broken_caught"]) == (2, 0.5)
    assert (scored["right"], scored["right_rejected"]) == (2, 0.5)
    assert [(miss["id"], miss["expected"]) for miss in scored["misses"]] == [
        ("missed", "reject"), ("lost", "accept"),
    ]  # fmt: skip


WRITTEN = sorted((PATH.parent / "written").glob("*.toml"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_written_problems_are_whole(path):
    problems = tomllib.loads(path.read_text())["problem"]
    ids = [problem["id"] for problem in problems]
    assert len(set(ids)) == len(ids)
    assert {id_.split("/")[0] for id_ in ids} == {path.stem}
    for problem in problems:
        assert problem["right"] != problem["wrong"]
        for test in problem["test"]:
            keys = {"script": {"setup", "code"}, "stdio": {"stdin", "stdout"}}[test["kind"]]
            assert set(test) - {"kind"} <= keys
            assert test.get("code") or test.get("stdout")


def test_chooses_by_hash_half_right_half_wrong(labelled):
    cases = [labelled.Case({"id": str(n)}, right=n % 3 == 0) for n in range(90)]
    some = labelled.chosen(cases, 10)
    assert [case.right for case in some] == [True] * 5 + [False] * 5
    assert some == labelled.chosen(reversed(cases), 10)
    assert {case.row["id"] for case in some} < {
        case.row["id"] for case in labelled.chosen(cases, 20)
    }
    assert len(labelled.chosen(cases, None)) == 90
    assert [case.right for case in labelled.chosen(cases, 3)] == [True, True, False]


def test_scores_certain_and_likely_labels_apart(labelled):
    cases = [
        labelled.Case({"id": "r1"}, True, "upstream"), labelled.Case({"id": "r2"}, True, "certain"),
        labelled.Case({"id": "w1"}, False, "upstream-CI"),
        labelled.Case({"id": "w2"}, False, "likely"),
    ]  # fmt: skip
    found = {
        "r1": labelled.Verdict(True, "tested"),
        "r2": labelled.Verdict(False, "none", "x", ran=False),
        "w1": labelled.Verdict(False, "ran", "WA"), "w2": labelled.Verdict(True, "proven"),
    }  # fmt: skip
    scored = labelled.score(cases, found)
    assert (scored["right_accepted"], scored["wrong_rejected"], scored["likely_rejected"]) == (
        0.5,
        1,
        0,
    )
    assert scored["not_runnable"] == 1
    assert [miss["id"] for miss in scored["misses"]] == ["r2", "w2"]
    assert scored["verdicts"]["w2"] == ["accept", "proven"]


def test_stubs_that_are_taken_for_answers_are_counted(labelled):
    cases = [labelled.Case({"id": name}, False, "certain", stub=name < "c") for name in "abc"]
    found = dict.fromkeys("bc", labelled.Verdict(True, "tested"))
    scored = labelled.score(cases, found | {"a": labelled.Verdict(False, "ran", ran=False)})
    assert (scored["stubs"], scored["stubs_accepted"]) == (2, 1)


def test_a_row_without_verdict_is_an_error(labelled):
    with pytest.raises(SystemExit, match="1 rows have no verdict"):
        labelled.score([labelled.Case({"id": "lost"}, right=True)], {})


def test_pass_at_1_stands_beside_the_published(labelled, tmp_path):
    path = tmp_path / "published.jsonl"
    write(path, [{"language": "python", "published_pass_at_1_of_sample_completion": 82.24}])
    assert labelled.pass_at_1(path, "python", [True, True, False]) == {
        "accepted": 2, "pass_at_1": 66.67, "published": 82.24,
    }  # fmt: skip


@pytest.mark.bwrap
@pytest.mark.slow
def test_from_end_to_end(pack):
    command = [
        sys.executable,
        str(PATH),
        "humanevalpack",
        str(pack),
        "--json",
        "-o",
        str(pack / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    scored = json.loads(done.stdout)
    assert scored["verdicts"] == {
        "broken": ["reject", "none"], "right": ["accept", "tested"],
        "wrong": ["reject", "analyzed"],
    }  # fmt: skip
    assert (scored["right_accepted"], scored["wrong_rejected"], scored["likely_rejected"]) == (
        1,
        1,
        1,
    )
    assert scored["misses"] == []


def test_says_what_is_not_there(tmp_path):
    for args, message in (
        (["mbxp", tmp_path], "does not hold the set mbxp"),
        (["nope"], "invalid choice"),
    ):
        done = subprocess.run(
            [sys.executable, PATH, *args], capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert message in done.stderr
