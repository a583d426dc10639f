"""What the analyzer of every language keeps; its tools run in the real sandbox.

Snippets lie in `code/<language>.toml`: `ok` must not be flagged, `wrong` must be.
"""

import asyncio
import pickle
import shutil
import tomllib
from pathlib import Path

import msgspec
import pytest
from conformance.everything import every, loaded

from backfeed.engine import languages
from backfeed.engine.contracts import Gather
from backfeed.engine.records import Finding, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Analysis, CodeCheck, Compute, Job, Limits, rejoined
from backfeed.engine.services import AnalyzerService, open_sandbox
from backfeed.engine.stages._ages import too_old
from backfeed.engine.stages._runs import run_tests

CODE = Path(__file__).with_name("code")
OPERATORS = {"operator", "number", "string", "truth", "condition", "returned", "statement",
             "argument", languages.ALIKE}  # fmt: skip
FACTS = (ValueError, RecursionError, MemoryError)  # what `Compute` makes a refusal of


def naming(holds):
    """A mark for the analyzers of which something holds."""
    names = [name for name in every("analyzers") if holds(loaded("analyzers", name))]
    return pytest.mark.parametrize("name", names, scope="module")


analyzers = naming(lambda analyzer: True)
runners = naming(lambda analyzer: hasattr(analyzer, "run_job"))
# What `make toolchains` does not bring is asked where it is.
checkers = naming(lambda analyzer: all(map(shutil.which, getattr(analyzer, "needs", ()))))


def snippets(language):
    """What we know of a language's code."""
    path = CODE / f"{language}.toml"
    if not path.exists():
        pytest.fail(f"no snippets of {language}: write tests/conformance/code/{language}.toml")
    return tomllib.loads(path.read_text())


@pytest.fixture(scope="module")
def box():
    made = open_sandbox("bubblewrap", {}, jobs=2)
    yield made
    asyncio.run(made.close())


class Computing:
    """Answers `Compute` in this process, as plain data."""

    identity, gather = "compute", Gather()

    async def answer(self, requests):
        return [request.function(*request.arguments) for request in requests]


@pytest.fixture
def check(name, box):
    """The analyses of snippets, in one batch."""
    service = AnalyzerService(loaded("analyzers", name), {"sandbox": box, "compute": Computing()})

    def do(*codes):
        answers = asyncio.run(service.answer([CodeCheck(name, code) for code in codes]))
        return [msgspec.convert(answer, Analysis) for answer in answers]

    return do


@pytest.fixture
def answer(box):
    """Answers to what running tests asks."""

    def do(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        [found] = asyncio.run(answers(box, [request]))
        return found

    return do


async def answers(service, requests):
    return await service.answer(requests)


@analyzers
def test_it_keeps_its_contract(name):
    analyzer = loaded("analyzers", name)
    assert analyzer.language == name  # stages find it by the one, services by the other
    assert analyzer.version == loaded("analyzers", name).version != ""
    assert all(isinstance(tool, str) for tool in getattr(analyzer, "tools", ()))


@analyzers
def test_its_verbs_can_be_called(name):
    analyzer = loaded("analyzers", name)
    offered = [verb for verb in languages.VERBS if hasattr(analyzer, verb)]
    assert "check" in offered
    assert [verb for verb in offered if not callable(getattr(analyzer, verb))] == []
    assert ("test_job" in offered) == bool(getattr(analyzer, "kinds", ()))


def pure(name):
    """Every call of a pure verb that the language offers, over good, wrong and odd code."""
    known = snippets(name)
    run = known.get("run", {"name": "f", "code": known["ok"][1]})
    function = run["name"]
    codes = [*known["ok"], *(one["code"] for one in known["wrong"]), *known["poison"]["codes"]]
    for code in [*codes, run["code"], "", "\0", "\ud800", "(" * 500, "é" * 9]:
        pair = (code, function)
        calls = {
            "parse": (code,), "units": (code, (1, 50, 80)), "fit": (code, "Do.", function),
            "stub": pair, "mutants": (*pair, 5), "entry_point": (f"Write `{function}`.", code),
            "missing_imports": (code, code), "describe": pair, "examples": pair,
            "inputs": (*pair, ((), 9)), "keywords": (*pair, "Do."), "seen": pair,
            "compose": (pair, (run["code"], function), ()), "composed_name": (function, function),
        }  # fmt: skip
        for verb, arguments in calls.items():
            if languages.can(name, verb):
                yield verb, arguments


@analyzers
def test_its_pure_verbs_can_be_sent_to_a_worker_and_say_the_same_each_time(name):
    for verb, arguments in pure(name):
        try:
            found = languages.call(name, verb, *arguments)
        except FACTS:
            continue
        assert pickle.loads(pickle.dumps(found)) == found
        assert languages.call(name, verb, *arguments) == found, (verb, arguments)


@analyzers
def test_its_parser_and_its_findings_have_the_form_that_stages_read(name):
    for verb, arguments in pure(name):
        if verb == "parse":
            found = languages.call(name, verb, *arguments)
            assert found["word"] in ("ok", "invalid", "unknown")
            assert found["word"] == "ok" or {"message", "line"} <= found.keys()
        if verb == "fit":
            msgspec.convert(languages.call(name, verb, *arguments), tuple[Finding, ...])
        if verb == "mutants":
            made = languages.call(name, verb, *arguments)
            assert {operator for operator, _ in made} <= OPERATORS
            assert len([one for one in made if one[0] != languages.ALIKE]) <= arguments[-1]


@pytest.mark.bwrap
@checkers
def test_good_code_is_not_flagged(name, check, answer):
    codes = snippets(name)["ok"]
    found = dict(zip(codes, check(*codes), strict=True))
    minded = {code: one for code, one in found.items() if one.word != "ok"}
    newer = {code for code in minded if rejoined(too_old(name, [code]), answer)}
    assert {code: one for code, one in minded.items() if code not in newer} == {}
    assert {minded[code].word for code in newer} <= {"unknown"}  # the tool chain is too old for it


@pytest.mark.bwrap
@checkers
def test_wrong_code_is_flagged_by_its_rule(name, check):
    wrong = snippets(name)["wrong"]
    found = check(*(one["code"] for one in wrong))
    assert [one.word for one in found] == ["invalid"] * len(wrong)
    for analysis, one in zip(found, wrong, strict=True):
        errors = [finding.rule for finding in analysis.findings if finding.level == "error"]
        assert set(errors) & set(one["rule"].split("|")), one["code"]
        assert analysis.tool
        assert analysis.version


@pytest.mark.bwrap
@checkers
def test_an_answer_is_the_same_alone_and_among_many(name, check):
    known = snippets(name)
    codes = [*known["ok"], *(one["code"] for one in known["wrong"])]
    together = check(*codes)
    assert together == [check(code)[0] for code in codes]
    assert list(reversed(together)) == check(*reversed(codes))


@pytest.mark.bwrap
@checkers
def test_a_poisoned_snippet_does_not_change_the_others(name, check):
    known = snippets(name)
    good, wrong, poison = known["ok"][1], known["wrong"][1]["code"], known["poison"]
    clean = check(good, wrong)
    for code in [*poison["codes"], poison["deep"] * 3000, "\0" * 9, "x" * 300_000]:
        first, _, last = check(good, code, wrong)
        assert [first, last] == clean, code[:50]


@pytest.mark.bwrap
@runners
def test_a_program_runs(name, answer):
    run = snippets(name)["run"]
    job = loaded("analyzers", name).run_job(run["program"], run["stdin"])
    found = Job().decode(answer(job))
    assert (found.verdict, found.stdout) == ("AC", run["stdout"]), found


@pytest.fixture
def tested(name, answer):
    """What the tests of the snippets come to, on some code."""
    run = snippets(name)["run"]

    def do(test, code=run["code"]):
        tests = (Tested(run["kind"], "author", code=run[test], setup=run.get("setup", "")),)
        sample = Sample(language=name, code=code, entry_point=run["name"], tests=tests)
        return rejoined(run_tests(sample, code, Limits(), check="test"), answer)

    return do


@pytest.mark.bwrap
@runners
def test_tests_are_run_and_counted(tested):
    assert (tested("passing").word, tested("passing").executed > 0) == ("AC", True)
    assert tested("failing").word == "WA"


@pytest.mark.bwrap
@runners
def test_a_stub_and_mutants_fail_the_tests(name, tested):
    run = snippets(name)["run"]
    if languages.can(name, "stub"):
        stub = languages.call(name, "stub", run["code"], run["name"])
        assert tested("passing", stub).verdict == "failed"
    if languages.can(name, "mutants"):
        made = languages.call(name, "mutants", run["code"], run["name"], 5)
        assert made
        assert run["code"] not in dict(map(reversed, made))
        assert "WA" in {tested("passing", code).word for _, code in made}
