"""What every deep pass keeps; its tool runs in the real sandbox.

Snippets lie in `deep/<name>.toml`: `ok` must be let go, `wrong` must be flagged, `told_off` is
wrong and says in a comment that it must not be looked at, `poison` and `deep` are hard on parsers.
"""

import asyncio
import tomllib
from pathlib import Path

import msgspec
import pytest
from conformance.everything import every, loaded

from backfeed.engine import passes
from backfeed.engine.analyzing import AnalyzerService
from backfeed.engine.requests import Analysis, CodeCheck
from backfeed.engine.services import open_sandbox

KNOWN = Path(__file__).with_name("deep")

pytestmark = pytest.mark.parametrize("name", every("deep"), scope="module")


@pytest.fixture(scope="module")
def one(name):
    """The pass; what it needs is installed by `make test`."""
    found = loaded("deep", name)
    if why := passes.lack(found):
        pytest.skip(why)
    return found


@pytest.fixture(scope="module")
def known(one):
    return tomllib.loads((KNOWN / f"{one.name}.toml").read_text())


@pytest.fixture(scope="module")
def check(one):
    """The analyses of snippets, in one batch."""
    box = open_sandbox("bubblewrap", {"tools": passes.tools(one), "prepared": {}}, jobs=1)
    service = AnalyzerService(one, {"sandbox": box})

    def do(*snippets):
        asked = [CodeCheck(part["language"], part["code"], deep=one.name) for part in snippets]
        return [msgspec.convert(answer, Analysis) for answer in asyncio.run(service.answer(asked))]

    yield do
    asyncio.run(box.close())


def told(analysis):
    return [(finding.rule, finding.line) for finding in analysis.findings]


def test_it_keeps_its_contract(one):
    assert one.languages
    assert all(isinstance(name, str) for name in one.languages)
    assert one.version == loaded("deep", one.name.replace("-", "_")).version != ""
    assert all(Path(path).is_file() for path in passes.tools(one).values())


@pytest.mark.bwrap
def test_good_code_is_let_go(check, known):
    assert [(found.word, told(found)) for found in check(*known["ok"])] == [("ok", [])] * 3


@pytest.mark.bwrap
def test_wrong_code_is_flagged_by_its_rule_where_it_is(check, known):
    wrong = known["wrong"]
    for part, found in zip(wrong, check(*wrong), strict=True):
        assert found.word == "invalid", part
        assert (part["rule"], part["line"]) in told(found)
        assert all(finding.column >= 1 for finding in found.findings)
        assert found.tool
        assert found.version


@pytest.mark.bwrap
def test_what_a_comment_says_to_the_tool_is_not_obeyed(check, known):
    [found] = check(known["told_off"])
    assert (known["told_off"]["rule"], known["told_off"]["line"]) in told(found)


@pytest.mark.bwrap
def test_an_answer_is_the_same_alone_and_among_two_hundred(check, known):
    few = [*known["ok"], *known["wrong"]]
    alone = [check(part)[0] for part in few]
    assert check(*few * 34) == alone * 34


@pytest.mark.bwrap
def test_a_poisoned_snippet_does_not_change_the_others(check, known):
    good, wrong, deep = known["ok"][0], known["wrong"][0], known["deep"]
    clean = check(good, wrong)
    deepest = {"language": deep["language"], "code": deep["part"] * 3000}
    long = [{"language": deep["language"], "code": text} for text in ("\0" * 9, "x" * 300_000)]
    for poison in [*known["poison"], deepest, *long]:
        first, found, last = check(good, poison, wrong)
        assert [first, last] == clean, poison["code"][:50]
        assert found.word in ("ok", "unknown") or poison["code"][0] == "x"
