"""What every language that runs keeps: what a sandbox lacks, and what a program is not given,
rejects no answer and lets none pass.

Snippets lie under `[lacks]` in `code/<language>.toml`: an answer, a program and a test that need a
package called `name`, which is nowhere; `caught` looks for it and goes on without; `misspelt` means
the file `beside` it; `unread` fails for want of what it reads.
"""

import asyncio

import pytest
from conformance.everything import loaded
from conformance.test_analyzers import Computing, answers, naming, snippets

from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Compute, rejoined
from backfeed.engine.services import AnalyzerService, open_sandbox
from backfeed.engine.stages.execute import Execute

pytestmark = pytest.mark.bwrap
runners = naming(lambda analyzer: hasattr(analyzer, "run_job"))


def has(key):
    """A mark for the languages whose snippets have the key; a file says why one has not."""
    return naming(lambda analyzer: hasattr(analyzer, "run_job") and key in lacks(analyzer.language))


def lacks(name):
    known = snippets(name)
    if "lacks" not in known:
        pytest.fail(f"nothing is said of what {name} may lack: write [lacks] in its snippets")
    return known["lacks"]


@pytest.fixture(scope="module")
def box():
    made = open_sandbox("bubblewrap", {}, jobs=2)
    yield made
    asyncio.run(made.close())


@pytest.fixture
def executed(name, box):
    """A sample after `execute`."""

    def answer(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        [found] = asyncio.run(answers(box, [request]))
        return found

    def do(code, *tests, **more):
        sample = Sample(id="a", language=name, code=code, tests=tests, **more)
        [found] = rejoined(Execute().each(sample), answer)
        return found

    return do


def script(name, code):
    """A test of the snippets."""
    run = snippets(name)["run"]
    return Tested(run["kind"], "author", code=code, setup=run.get("setup", ""))


def said(sample):
    """The verdict, and the rule and the message of its first finding."""
    [check] = sample.checks
    finding = check.findings[0]
    return check.verdict, finding.rule, finding.message


@runners
def test_a_package_that_is_not_there_is_named_whoever_needs_it(name, executed):
    known, run = lacks(name), snippets(name)["run"]
    needing = [
        executed(known["code"], script(name, run["passing"]), entry_point=run["name"]),
        executed(known["program"]),
        executed(known["program"], Tested("stdio", "author", stdin=run["stdin"], stdout="2\n")),
    ]
    assert [one.rejected for one in needing] == [None] * 3
    assert [said(one) for one in needing] == [("unverified", "lacks", lack(known["name"]))] * 3
    assert {one.level for one in needing} == {"none"}


@runners
def test_a_test_that_needs_what_is_not_there_rejects_no_answer(name, executed):
    run = snippets(name)["run"]
    found = executed(run["code"], script(name, lacks(name)["test"]), entry_point=run["name"])
    assert (found.rejected, said(found)[0]) == (None, "unverified")


@runners
def test_it_is_not_held_against_a_snippet_that_it_needs_a_package(name, box):
    services = {"sandbox": box, "compute": Computing()}
    service = AnalyzerService(loaded("analyzers", name), services)
    codes = [lacks(name)[key] for key in ("code", "program")]
    told = asyncio.run(service.answer([CodeCheck(name, code) for code in codes]))
    assert [one["word"] for one in told if one["word"] == "invalid"] == []


@has("caught")
def test_a_program_that_does_without_runs(name, executed):
    found = executed(lacks(name)["caught"])
    assert (found.level, found.rejected) == ("ran", None)


@has("misspelt")
def test_a_misspelt_name_of_a_file_beside_it_is_a_failure(name, executed):
    known = lacks(name)
    found = executed(known["misspelt"], support=(File(*known["beside"]),))
    assert found.rejected.stage == "execute"


@runners
def test_a_program_that_is_not_given_what_it_reads_has_not_failed(name, executed):
    found = executed(lacks(name)["unread"])
    assert (found.rejected, said(found)[0]) == (None, "unverified")
