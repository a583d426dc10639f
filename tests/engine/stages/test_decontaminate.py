"""Rows that hold a benchmark's tasks, and rows that do not."""

import dataclasses

import msgspec
import pytest
from stages.dialogue import computed, outcome

from backfeed.engine.conformance import same_requests
from backfeed.engine.errors import ConfigError
from backfeed.engine.methods.benchmarks import tasks_of
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Compute, Job, Read, rejoined
from backfeed.engine.stages import _contamination_index as indexes
from backfeed.engine.stages.decontaminate import Decontaminate
from backfeed.sandboxes import process

DOC = (
    "A gardener waters rows of tulips and skips every row whose number is a multiple of three."
    " Return how many litres of water all the other rows need, if each tulip needs half a litre."
)
PROMPT = f'def litres_for_tulips(rows: list) -> float:\n    """{DOC}\n    >>> litres_for_tulips([4])\n    2.0\n    """\n'  # noqa: E501
BODY = """    total = 0.0
    for number, tulips in enumerate(rows, 1):
        if number % 3 == 0:
            continue
        total += tulips * 0.5
    return total
"""
CHECK = """def check(candidate):
    assert candidate([4]) == 2.0
    assert candidate([4, 2]) == 3.0
    assert candidate([4, 2, 9]) == 3.0
    assert candidate([]) == 0.0
"""
ROWS = [
    {"task_id": "G/1", "prompt": PROMPT, "canonical_solution": BODY, "test": CHECK,
     "entry_point": "litres_for_tulips"},
    {"task_id": 2, "text": "Write a function to swap two numbers.", "test_list":
     ["assert swap(1, 2) == (2, 1)", "assert swap(3, 4) == (4, 3)"],
     "code": "def swap(a, b):\n    return b, a"},
]  # fmt: skip
# Twenty other tasks, so that common words are common.
ROWS += [
    {"task_id": f"N/{n}", "prompt": f"Write a function that returns {n} times a given number.",
     "code": f"def times_{n}(x):\n    return {n} * x"}
    for n in range(3, 23)
]  # fmt: skip
OTHER = """def need(beds):
    kept = [bed for place, bed in enumerate(beds) if (place + 1) % 3]
    return sum(kept) / 2
"""
RENAMED = BODY.replace("total", "s").replace("tulips", "t").replace("number", "i")
CHEAP = ("exact", "ngrams", "tree")


@pytest.fixture
def against(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "against"
    path.write_bytes(b"".join(msgspec.json.encode(t) + b"\n" for t in tasks_of(ROWS, "b.jsonl")))
    return path


@pytest.fixture(scope="module")
def box():
    return process.PLUGIN.service({"named": True, "slots": 1})


def row(asked, said="", code=""):
    turns = (Message("user", asked), Message("assistant", said or code))
    return Sample(id="r", language="python", messages=turns, code=code)


def compared(sample, path, answer=None, **keys):
    def answered(request):
        if isinstance(request, Read):
            return path
        return computed(request) if isinstance(request, Compute) else answer(request)

    [found] = rejoined(Decontaminate(**keys).each(sample), answered)
    return found


def by(found):
    """The methods that found a row, and the task."""
    rules = [one.rule for one in found.checks[-1].findings]
    return found.rejected.detail.partition(" ")[0], rules


FLAGGED = [
    ("the prompt", row(f"Complete this.\n\n{PROMPT}", BODY), "G/1", "exact"),
    ("the docstring", row(f"Do: {DOC}", "I cannot."), "G/1", "exact"),
    ("in capitals, without signs", row(DOC.upper().replace(".", ""), "-"), "G/1", "exact"),
    ("as a comment of another language", row("Go on", f"// {DOC}\nfn f() {{}}"), "G/1", "exact"),
    ("a short text, whole", row("Task: write a function to swap two numbers.", "-"), "2", "exact"),
    ("half of it", row(DOC[: len(DOC) * 2 // 3], "no"), "G/1", "ngrams"),
    ("with other words", row(DOC.replace("tulips", "roses").replace("water", "oil"), "-"), "G/1",
     "ngrams"),
    ("the solution renamed", row("Explain.", code=f"def f(rows):\n{RENAMED}"), "G/1", "tree"),
    ("code in the problem, gone on with", row("def f(rows):", RENAMED), "G/1", "tree"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "rule", "sample"),
                         [pytest.param(t, r, s, id=name) for name, s, t, r in FLAGGED])  # fmt: skip
def test_what_holds_a_task_is_rejected(against, task, rule, sample):
    found = compared(sample, against, methods=CHEAP)
    assert (found.rejected.stage, found.rejected.reason) == ("decontaminate", "contaminated")
    assert found.rejected.detail.startswith(f"{task} of b.jsonl by ")
    assert by(found)[0] == task
    assert rule in by(found)[1]
    assert found.checks[-1].verdict == "failed"


CLEAN = [
    row("Write a function that returns the sum of a list.", code="def f(x):\n    return sum(x)\n"),
    row("Write a function to swap two numbers of a list in place.", code="def f(a): a.reverse()"),
    row("How do I water tulips? Every row needs half a litre.", "With a can."),
    row("Add.", code="def add(a, b):\n    return a + b\n"),
    row("Write a function that returns a given number.", code="def f(x):\n    return x"),
    row("", "", ""),
    row("\ud800 odd", "def f(:", code="def f(:"),
]


@pytest.mark.parametrize("sample", CLEAN, ids=lambda one: one.instruction[:20].strip())
def test_what_holds_none_passes(against, sample):
    found = compared(sample, against, methods=CHEAP)
    assert found.rejected is None
    assert [(one.name, one.verdict) for one in found.checks] == [("decontaminate", "passed")]


def test_without_benchmarks_nothing_is_said():
    sample = row(DOC)
    assert compared(sample, None) == sample


def test_the_best_method_is_told_first(against):
    found = compared(row(PROMPT, code=PROMPT + BODY), against)
    assert found.rejected.detail == "G/1 of b.jsonl by exact 1.00"
    assert [one.rule for one in found.checks[-1].findings] == ["exact", "ngrams", "tree"]
    assert found.checks[-1].findings[0].message.startswith("G/1 of b.jsonl: 1.00, prompt: “def")


TOLD = "How many litres do tulips need? A gardener waters rows, but every third row is skipped."
WRONG = OTHER.replace("% 3", "% 4")


@pytest.mark.parametrize(
    ("asked", "code", "found"),
    [
        (TOLD, OTHER, True),
        (TOLD, f"{OTHER}\nprint(need([int(input())]))\n", True),
        (TOLD, f"class S:\n    def need(self, beds):\n        return {OTHER.split('return ')[1]}"
               .replace("kept", "beds[0:2]"), True),
        (TOLD, WRONG, False),
        (TOLD, "def f(a, b):\n    return a\n", False),
        (TOLD, "while True: pass\ndef need(beds):\n    while True: pass\n", False),
        ("Halve what is needed.", OTHER, False),  # the same function, and nothing of the task
    ],
    ids=["other", "asks", "method", "wrong", "arity", "hangs", "unrelated"],
)  # fmt: skip
def test_the_benchmark_s_own_tests_are_run(against, box, asked, code, found):
    made = compared(row(asked, code=code), against, lambda request: computed(request, box),
                    cpu_s=0.5, specific=20.0)  # fmt: skip
    assert (made.rejected is not None) == found
    if found:
        assert made.rejected.detail == "G/1 of b.jsonl by tests 1.00"
        assert made.evidence[0].data["outcome"]["verdict"] == "AC"


def test_tests_that_a_stub_passes_find_nothing(against):
    report = '{"tests": [{"executed": 4, "error": null, "phase": "test"}]}'
    asked = []

    def always_passed(request):
        asked.append(request)
        return outcome(report=report)

    found = compared(row(TOLD, code=OTHER), against, always_passed, specific=20.0)
    assert found.rejected is None
    assert [type(one) for one in asked] == [Job, Job]


def test_a_program_is_not_run_for_nothing(against):
    made = compared(row("Sort a list of names.", code="def f(x):\n    return sorted(x)"), against)
    assert made.rejected is None


def test_runs_are_bounded(against):
    asked = []
    code = "\n".join(OTHER.replace("need", f"need_{n}") for n in range(9))

    def refused(request):
        asked.append(request)
        return outcome("TLE")

    assert (
        compared(row(TOLD, code=code), against, refused, most_runs=1, specific=20.0).rejected
        is None
    )
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"methods": ("exakt",)}, "no method 'exakt'; there are: exact, ngrams, tree, tests"),
        ({"share": 0.0}, r"share = 0.0: give a share"),
        ({"alike": 1.5}, r"alike = 1.5"),
        ({"ngram": 3}, "ngram = 3: give 4 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(keys, message):
    with pytest.raises(ConfigError, match=message):
        Decontaminate(**keys)


def test_it_asks_for_what_its_methods_need():
    assert Decontaminate(methods=CHEAP).asks == ("compute",)
    assert Decontaminate().asks == ("compute", "sandbox")
    assert Decontaminate(methods=("embedding",)).asks == ("compute", "embedder")
    assert Decontaminate(methods=("embedding",)).named == ("embedder",)
    assert Decontaminate().named == ()


def test_an_index_is_made_once_and_read_after(against, monkeypatch):
    made = indexes.index_of(against, 10)
    indexes.index_of.cache_clear()
    monkeypatch.setattr(indexes, "index", lambda *_: pytest.fail("made again"))
    read = indexes.index_of(against, 10)
    for name in ("tasks", "parts", "given", "signatures", "phrases"):
        assert getattr(read, name) == getattr(made, name)
    for name in ("long", "short", "prints", "topic"):
        pair = zip(*(dataclasses.astuple(getattr(one, name)) for one in (read, made)), strict=True)
        assert all((one == other).all() for one, other in pair)


def test_it_asks_the_same_each_time(against, box):
    rows = [*CLEAN, *(one for _, one, _, _ in FLAGGED), row(TOLD, code=OTHER)]

    known = {}

    def answer(request):
        if not isinstance(request, Job):
            return against if isinstance(request, Read) else computed(request)
        if repr(request) not in known:
            known[repr(request)] = computed(request, box)
        return known[repr(request)]

    assert same_requests(Decontaminate(specific=20.0), rows, answer) == []


@pytest.mark.parametrize("damage", [b"", b"PK nothing", None])
def test_an_index_that_is_damaged_is_made_anew(against, tmp_path, damage):
    indexes.index_of.cache_clear()
    indexes.index_of(against, 10)
    [file] = (tmp_path / "cache").rglob("*.npz")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    indexes.index_of.cache_clear()
    assert len(indexes.index_of(against, 10).tasks) == len(ROWS)
    assert file.read_bytes() == whole
