"""Images: one for each family of tool chains, and what an image that lacks one comes to."""

import asyncio
import re
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from backfeed.engine import languages, registry
from backfeed.engine.contracts import Gather
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Analysis, CodeCheck, Compute, rejoined
from backfeed.engine.services import AnalyzerService, open_sandbox
from backfeed.engine.stages.execute import Execute

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "sandboxes" / "images"
CODE = ROOT / "tests" / "conformance" / "code"
IN_BASE = {"bash", "python", "sql"}  # what Debian and its Python can run
RUN = [name for name in registry.names("analyzers") if languages.can(name, "run_job")]


def families() -> list[str]:
    told = (ROOT / "tools" / "toolchains.sh").read_text()
    return re.search(r"^known='(.*)'$", told, re.MULTILINE)[1].split()


def test_each_family_has_an_image_with_what_the_script_installs_for_it():
    found = {path.stem: path.read_text() for path in IMAGES.glob("*.Dockerfile")}
    assert found.keys() == {*families(), "tools"}
    assert {name for name, text in found.items() if "ARG BASE" not in text} == set()
    for name in families():
        assert re.search(rf"/tmp/toolchains\.sh .*\b{name}\b", found[name])
    assert re.search(r"/tmp/toolchains\.sh +[\\&]", found["tools"])


def test_make_knows_all_families():
    told = re.search(r"^FAMILIES := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert told[1].split() == families()


@pytest.mark.parametrize("script", [["toolchains.sh", "--list"], ["docker-engine.sh"]])
def test_the_scripts_know_no_other_family(script):
    command = [f"tools/{script[0]}", *script[1:], "cobol"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.search("no family cobol|no sandboxes/images/cobol.Dockerfile", done.stderr)


@pytest.fixture(scope="module")
def base():
    """A sandbox of the image that has Python alone."""
    made = open_sandbox("docker", {"image": "backfeed-base"}, jobs=1)
    yield made
    asyncio.run(made.close())


class Computing:
    """Answers `Compute` in this process, as plain data."""

    identity, gather = "compute", Gather()

    async def answer(self, requests):
        return [request.function(*request.arguments) for request in requests]


@pytest.fixture
def judged(base):
    """The verdicts of what the stage `execute` does with a sample."""

    def answer(request):
        if isinstance(request, Compute):
            return request.function(*request.arguments)
        [found] = asyncio.run(answers(base, [request]))
        if isinstance(found, Exception):
            raise found
        return found

    def do(sample):
        [found] = rejoined(Execute().each(sample), answer)
        return {check.name: check.verdict for check in found.checks}

    return do


async def answers(service, requests):
    return await service.answer(requests)


def right(language):
    """Three right samples of a language: with a test, with an input and its output, and alone."""
    known = tomllib.loads((CODE / f"{language}.toml").read_text())["run"]
    test = Tested(known["kind"], "author", code=known["passing"], setup=known.get("setup", ""))
    stdio = Tested("stdio", "author", stdin=known["stdin"], stdout=known["stdout"])
    program = Sample(language=language, code=known["program"])
    tested = program.but(code=known["code"], entry_point=known["name"], tests=(test,))
    return tested, program.but(tests=(stdio,)), program


@pytest.mark.docker
@pytest.mark.parametrize("language", RUN)
def test_an_answer_whose_tool_chain_the_image_lacks_is_unverified(language, judged):
    found = [judged(sample) for sample in right(language)]
    assert {word for checks in found for word in checks.values()} <= {"passed", "unverified"}
    assert (found[0]["test"] == "passed") == (language in IN_BASE), found


@pytest.mark.docker
@pytest.mark.parametrize("language", RUN)
def test_right_code_is_not_invalid_where_the_image_lacks_its_tools(language, base):
    codes = tomllib.loads((CODE / f"{language}.toml").read_text())["ok"]
    service = AnalyzerService(languages.load(language), {"sandbox": base, "compute": Computing()})
    asked = [CodeCheck(language, code) for code in codes]
    found = msgspec.convert(asyncio.run(answers(service, asked)), list[Analysis])
    assert [one.word for one in found if one.word not in ("ok", "unknown")] == []
