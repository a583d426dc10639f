"""Data sets with columns of their own: what is asked, what is answered, which tests there are."""

import json

import pytest

from backfeed.engine.readers._rows import Reading, samples
from backfeed.engine.records import Message, Place, Test

CODE = "def f(x):\n    return 2 * x\n"
SCRIPT = Test("script", code="assert f(1) == 2")
PYTEST = "from solution import f\n\ndef test_f():\n    assert f(1) == 2\n"


def read(*rows, **more):
    said = []
    how = Reading("d.jsonl", "d.jsonl", tell=said.append, **more)
    return list(samples(enumerate(rows, start=1), how)), said


def one(row, **more):
    [sample], [said] = read(row, **more)
    assert sample.rejected is None, sample.rejected
    return sample, said.split(": ")[1]


MAGICODER = {"lang": "cpp", "raw_index": 1, "index": 2, "seed": "int n;", "openai_fingerprint": "f",
             "problem": "Double x.", "solution": "```cpp\nint f(int x);\n```"}  # fmt: skip
OPEN_CODE = {
    "id": "a", "input": "Double x.", "output": CODE, "domain": "generic",
    "unit_tests": '["\\nassert f(1) == 2", "assert f(2) == 4"]',
    "tests_execution_status": '["pass", "fail"]', "average_test_score": "0.5",
}  # fmt: skip
KODCODE = {
    "question_id": "q1", "question": "Double x.", "solution": CODE, "test": PYTEST,
    "test_info": [{"function_name": "f", "parameter_list": "(x)"}], "gpt_difficulty": "easy",
}  # fmt: skip
OPC = {
    "seq_id": 7, "instruction": "Double x.", "output": f"```python\n{CODE}```", "code": CODE,
    "entry_point": "f", "testcase": ["assert f(1) == 2"], "tag": "t",
}  # fmt: skip
APPS = {
    "problem_id": 3, "question": "Double x.", "solutions": json.dumps([CODE, "other"]),
    "input_output": json.dumps({"inputs": ["1\n", "2\n"], "outputs": ["2\n", ["4", 5]]}),
    "difficulty": "interview", "starter_code": "",
}  # fmt: skip
MBPP = {
    "text": "Double x.", "code": CODE, "task_id": 1, "test_setup_code": "",
    "test_list": ["assert f(1) == 2"], "challenge_test_list": ["assert f(3) == 6"],
}  # fmt: skip
SANITIZED = {
    "source_file": "a.ipynb", "task_id": 2, "prompt": "Double x.", "code": CODE,
    "test_imports": ["import math", "import re"], "test_list": ["assert f(1) == 2"],
}  # fmt: skip
HUMANEVAL = {
    "task_id": "HumanEval/0", "prompt": "def f(x):\n", "entry_point": "f",
    "canonical_solution": "    return 2 * x\n", "test": "def check(c):\n    assert c(1) == 2\n",
}  # fmt: skip
SETUP = "import math\nimport re\nassert f(1) == 2"
CHECKED = "def check(c):\n    assert c(1) == 2\n\n\ncheck(f)\n"
KNOWN = [
    ("magicoder", MAGICODER, "cpp", "d.jsonl:1", ()),
    ("opencodeinstruct", OPEN_CODE, "python", "a",
     (Test("script", code="\nassert f(1) == 2"), Test("script", code="assert f(2) == 4"))),
    ("kodcode", KODCODE, "python", "q1", (Test("framework", code=PYTEST, framework="pytest"),)),
    ("opc-sft", OPC, "python", "7", (SCRIPT,)),
    ("taco-apps", APPS, "python", "3",
     (Test("stdio", stdin="1\n", stdout="2\n"), Test("stdio", stdin="2\n", stdout="4\n5"))),
    ("mbpp", MBPP, "python", "1", (SCRIPT,)),
    ("mbpp", SANITIZED, "python", "2", (Test("script", code=SETUP),)),
    ("humaneval", HUMANEVAL, "python", "HumanEval/0", (Test("script", code=CHECKED),)),
    ("infinite-instruct", {"prompt": "Double x.", "response": CODE, "type": "generate"}, "",
     "d.jsonl:1", ()),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "row", "language", "name", "tests"), KNOWN)
def test_known_data_sets(shape, row, language, name, tests):
    sample, said = one(row)
    assert said.startswith(f"read as {shape}")
    assert (sample.language, sample.source_id, sample.tests) == (language, name, tests)
    assert "x" in sample.instruction
    assert sample.response


def test_the_answer_stands_behind_the_prompt():
    assert one(HUMANEVAL)[0].response == CODE
    assert one({**HUMANEVAL, "canonical_solution": f"```\n{CODE}```"})[0].response[:3] == "```"


def test_a_check_that_is_called_is_not_called_again():
    called = {**HUMANEVAL, "test": HUMANEVAL["test"] + "\ncheck(f)\n"}
    assert one(called)[0].tests[0].code == called["test"]
    other = {**HUMANEVAL, "language": "js", "test": "console.assert(f(1) === 2)"}
    assert one(other)[0].tests[0].code == other["test"]


def test_a_null_solution_is_no_answer():
    [sample], _ = read({**HUMANEVAL, "canonical_solution": None, "language": "java"})
    assert sample.rejected.reason == "no-answer"


def test_the_name_that_tests_call():
    assert one(KODCODE)[0].entry_point == "f"
    two = [*KODCODE["test_info"], {"function_name": "g"}]
    assert one({**KODCODE, "test_info": json.dumps(two)})[0].entry_point == ""
    assert one(OPC)[0].entry_point == "f"


def calls(answer, inputs, outputs):
    cases = {"fn_name": "f", "inputs": inputs, "outputs": outputs}
    row = {**APPS, "solutions": [answer], "input_output": json.dumps(cases)}
    return [test.code for test in one(row)[0].tests]


SOLUTION = "class Solution:\n    def f(self, a, b=None):\n        return (a, b)\n"
PLAIN = "def f(a, b=None):\n    return (a, b)\n"


@pytest.mark.parametrize("answer", [SOLUTION, PLAIN])
@pytest.mark.parametrize(
    ("given", "wanted", "holds"),
    [([1, "x"], [1, "x"], True), ([1, "x"], [[1, "x"]], True), ([1, "x"], [1, "y"], False),
     ([[1], None], [[1], None], True), ([True], [True, None], True)],
)  # fmt: skip
def test_calls_of_a_function(answer, given, wanted, holds):
    """The code of a test holds of this answer or not: it is run here."""
    [code] = calls(answer, [given], [wanted])
    names = {}
    exec(answer, names)
    try:
        exec(code, names)
    except AssertionError:
        assert not holds
    else:
        assert holds


BAD_CASES = [
    '{"inputs": ["1"], "outputs": []}',
    '{"inputs": "1", "outputs": "2"}',
    '{"fn_name": "f", "inputs": [[NaN]], "outputs": [[1]]}',
    '{"inputs": [',
    "[1]",
    '[{"input": "1", "output": "2", "testtype": "functional"}]',
]


@pytest.mark.parametrize("cases", BAD_CASES)
def test_cases_that_are_none(cases):
    [sample], _ = read({**APPS, "input_output": cases})
    assert (sample.rejected.reason, sample.source_id) == ("bad-tests", "3")
    assert "input_output" in sample.rejected.detail


@pytest.mark.parametrize("cases", ["", None, "{}", {}, '{"inputs": [], "outputs": []}'])
def test_no_cases(cases):
    assert one({**APPS, "input_output": cases})[0].tests == ()


@pytest.mark.parametrize("solutions", ["", None, [], "[]", [""]])
def test_no_solution(solutions):
    [sample], _ = read({**APPS, "solutions": solutions})
    assert sample.rejected.reason == "no-answer"


def test_cases_in_a_list():
    cases = [{"input": "1", "output": "2", "type": "stdin_stdout"}]
    row = {"problem": "Double x.", "solutions": [CODE], "tests": json.dumps(cases)}
    assert one(row)[0].tests == (Test("stdio", stdin="1", stdout="2"),)


SEED = {
    "id": "seed_0", "name": "n", "instruction": "Double x.", "is_classification": False,
    "instances": [{"input": "1", "output": "2"}, {"input": "", "output": "4"},
                  {"input": "3", "output": ""}],
}  # fmt: skip


def test_a_seed_task_is_a_sample_for_each_instance():
    found, _ = read(SEED, {**SEED, "id": "seed_1", "instances": SEED["instances"][:1]})
    kept = [sample for sample in found if not sample.rejected]
    assert [(s.source_id, s.place.line, s.instruction, s.response) for s in kept] == [
        ("seed_0/1", 1, "Double x.\n\n1", "2"), ("seed_0/2", 1, "Double x.", "4"),
        ("seed_1", 2, "Double x.\n\n1", "2"),
    ]  # fmt: skip
    assert (found[2].source_id, found[2].rejected.reason) == ("seed_0/3", "no-answer")
    assert json.loads(found[0].extra) == {"name": "n", "is_classification": False}


def said(text, *replies, role="assistant", **more):
    return {"text": text, "role": role, "replies": list(replies), **more}


def tree(*replies):
    return {
        "message_tree_id": "t",
        "tree_state": "ready",
        "prompt": said("Q", *replies, role="prompter"),
    }


def told(sample):
    return " ".join(message.content for message in sample.messages)


TREES = [
    (tree(said("A"), said("B")), ["Q A", "Q B"]),
    (tree(said("A", said("q", said("C"), said("D"), role="prompter"))), ["Q A q C", "Q A q D"]),
    (tree(said("A", said("q", role="prompter"), said("r", role="prompter"))), ["Q A"]),
    (tree(said("A", said("q", role="prompter"), said("r", said("C"), role="prompter"))),
     ["Q A r C"]),
    (tree(said("A", deleted=True), said("B")), ["Q B"]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "ways"), TREES)
def test_a_tree_is_a_sample_for_each_way_to_a_last_answer(row, ways):
    found, _ = read(row)
    assert [told(sample) for sample in found] == ways
    assert {sample.place for sample in found} == {Place("d.jsonl", 1)}
    assert [s.source_id for s in found] == (["t"] if len(ways) == 1 else ["t/1", "t/2"])


@pytest.mark.parametrize(
    ("row", "reason"),
    [(tree(), "no-answer"), ({**tree(), "prompt": "Q"}, "bad-tree"),
     ({**tree(), "prompt": {}}, "bad-tree"),
     ({**SEED, "instances": []}, "no-answer"), ({**SEED, "instances": ["x"]}, "bad-instances"),
     ({**SEED, "instances": 3}, "bad-instances")],
)  # fmt: skip
def test_rows_of_many_that_hold_none(row, reason):
    [sample], _ = read(row)
    assert sample.rejected.reason == reason


@pytest.mark.parametrize(
    ("turns", "reason"), [(40, ""), (60, "nested-too-deep"), (5000, "nested-too-deep")]
)
def test_a_deep_tree(turns, reason):
    deep = said("end")
    for _ in range(turns):
        deep = said("a", said("q", deep, role="prompter"))
    [sample], _ = read(tree(deep))
    assert len(sample.messages) == (0 if reason else 82)
    assert (sample.rejected.reason if sample.rejected else "") == reason


SPOKEN = {"conversations": [{"from": "gpt", "value": "x"}]}
FORCED = [
    ("messages", {"instruction": "I", "response": "R", **SPOKEN}, "x"),
    ("sharegpt", SPOKEN, "x"),
    ("prompt-completion", {"instruction": "I", "prompt": "P", "completion": "C"}, "C"),
    ("alpaca", {"prompt": "P", "response": "R", "instruction": "I", "output": "O"}, "O"),
    ("input-response", {"instruction": "I", "input": "x", "output": "O"}, "O"),
    ("instruction-response", {**KODCODE}, CODE),
    ("mbpp", {**MBPP, "canonical_solution": "x", "prompt": "p", "test": "t"}, CODE),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "row", "response"), FORCED)
def test_a_shape_can_be_asked_for(shape, row, response):
    sample, _ = one(row, shape=shape)
    assert sample.response == response


def test_columns_go_before_what_is_known():
    row = {**KODCODE, "other": "Treble x."}
    assert one(row, columns={"instruction": "other"})[0].instruction == "Treble x."
    assert one(row, columns={"id": "gpt_difficulty"})[0].source_id == "easy"
    assert one(row, columns={"id": "gpt_difficulty"})[0].tests[0].framework == "pytest"


def test_earlier_turns():
    row = {"instruction": "and 3?", "input": "", "output": "6", "history": [["and 2?", "4"]]}
    turns = (("user", "and 2?"), ("assistant", "4"), ("user", "and 3?"), ("assistant", "6"))
    wanted = tuple(Message(*turn) for turn in turns)
    assert one(row)[0].messages == wanted
    assert one({**row, "history": []})[0].messages == wanted[2:]
    assert one({**row, "history": None})[0].messages == wanted[2:]
    [bad], _ = read({**row, "history": ["and 2?"]})
    assert bad.rejected.reason == "bad-history"
