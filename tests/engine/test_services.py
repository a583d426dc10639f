"""Services from a recipe and the caller's wishes; analyzers driven without the book."""

import asyncio
from dataclasses import dataclass

import pytest

from backfeed.engine import services
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import (
    CallerError,
    ConfigError,
    Outage,
    Refused,
    UnknownName,
)
from backfeed.engine.recipe import Recipe, Step
from backfeed.engine.requests import CodeCheck, Compute, Job, Prompt, together


class Box:
    """A sandbox that answers by a function of the job."""

    identity = "box"
    gather = Gather(parallel=4)

    def __init__(self, answer):
        self.one, self.jobs = answer, []

    async def answer(self, requests):
        self.jobs += requests
        return [self.one(job) for job in requests]

    async def close(self):
        self.closed = True


class Analyzer:
    """Runs one job for a batch, and finds each snippet as the job's output says."""

    language, version = "toy", "3"

    def check(self, batch):
        outcome = yield from Job(command=("tool", *(request.code for request in batch)))
        return [{"word": word} for word in outcome.stdout.split()]


def ac(job):
    return {"verdict": "AC", "stdout": "ok " * (len(job.command) - 1)}


def asked(service, *codes):
    return asyncio.run(service.answer([CodeCheck("toy", code) for code in codes]))


def service(answer, analyzer=Analyzer):
    box = Box(answer)
    return services.AnalyzerService(analyzer(), {"sandbox": box}), box


def test_one_job_for_a_batch():
    checks, box = service(ac)
    assert asked(checks, "a", "b") == [{"word": "ok"}] * 2
    assert len(box.jobs) == 1


def test_identity_is_of_analyzer_and_sandbox():
    assert service(ac)[0].identity == "toy 3 / box"
    assert service(ac)[0].gather.batch == 200


CUT = [
    {"verdict": "TLE"}, {"verdict": "IDLE"}, {"verdict": "MLE"}, {"verdict": "OLE"},
    {"verdict": "AC", "truncated": True},
]  # fmt: skip


@pytest.mark.parametrize("outcome", CUT)
def test_a_batch_that_was_cut_short_is_halved_and_a_snippet_is_unknown(outcome):
    checks, _ = service(lambda _job: outcome)
    with pytest.raises(Outage, match="analyzer of toy"):
        asked(checks, "a", "b")
    [found] = asked(checks, "a")
    assert found["word"] == "unknown"
    assert found["findings"][0]["rule"] == "tool-limit"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda _job: Outage("no box today"), "no box today"),
        (lambda _job: {"verdict": "AC", "stdout": 3}, "analyzer of toy"),
    ],
)
def test_what_is_not_the_snippets_fault_is_an_outage(answer, message):
    with pytest.raises(Outage, match=message):
        asked(service(answer)[0], "a")


class Asking(Analyzer):
    """Asks in several ways."""

    def check(self, batch):
        try:
            yield from Job(command=("refused",))
        except Refused as failure:
            reason = failure.reason
        lengths = yield from together(Job(command=(request.code,)) for request in batch)
        return [{"word": "ok", "tool": f"{reason} {length.stdout}"} for length in lengths]


def test_refusals_reach_the_analyzer_and_jobs_go_side_by_side():
    def answer(job):
        word = job.command[0]
        return Refused("bad") if word == "refused" else {"verdict": "AC", "stdout": word * 2}

    checks, _ = service(answer, Asking)
    assert [found["tool"] for found in asked(checks, "a", "b")] == ["bad aa", "bad bb"]


class Prompting(Analyzer):
    def check(self, batch):
        yield from Prompt("x")
        return []


def test_an_analyzer_asks_no_model():
    with pytest.raises(Outage, match="analyzers may ask for Job and Compute"):
        asked(service(ac, Prompting)[0], "a")


class Computing(Analyzer):
    def check(self, batch):
        found = yield from together(Compute(len, (request.code,)) for request in batch)
        return [{"word": "ok", "tool": str(length)} for length in found]


def test_an_analyzer_may_compute():
    compute = Box(lambda request: request.function(*request.arguments))
    made = {"sandbox": Box(ac), "compute": compute}
    checks = services.AnalyzerService(Computing(), made)
    assert [found["tool"] for found in asked(checks, "a", "bbb")] == ["1", "3"]


def test_a_language_without_analyzer_is_unknown():
    assert asked(services.NoAnalyzer(), "a")[0]["word"] == "unknown"


@dataclass(frozen=True)
class Stage:
    """A stage that declares what it asks."""

    version = 1
    asks: tuple = ()
    prompts: tuple = ()

    def each(self, sample):
        return [sample]


def recipe(*asks, prompts=(), **more):
    return Recipe("r", (Step("s", "s", {}, Stage(asks, prompts)),), **more)


def test_only_what_is_asked_is_built():
    made = services.build(recipe("compute"), services.Wishes())
    assert list(made) == ["compute"]
    assert services.build(recipe(), services.Wishes()) == {}


@pytest.mark.bwrap
def test_analyzers_bring_the_sandbox_that_they_need():
    made = services.build(recipe("analyzer"), services.Wishes(jobs=1))
    assert set(made) >= {"sandbox", "analyzer", "analyzer:python"}
    asyncio.run(services.close_all(made.values()))


def extractive(prompts):
    return recipe("model", prompts=prompts, models={"default": {"use": "extractive"}})


REFUSED = [
    (recipe("oracle"), {}, ConfigError, "a stage asks the service 'oracle'"),
    (recipe("model"), {}, ConfigError, "name one with --model KIND:NAME; kinds are"),
    (recipe("model", models={"default": {}}), {}, ConfigError, 'needs `use = "KIND:NAME"`'),
    (recipe("model"), {"models": {"default": "opnai:x"}}, UnknownName, "'opnai'"),
    (extractive(("evolve/deepen",)), {}, ConfigError, "extractive cannot answer what the recipe"),
    (recipe("sandbox", sandbox={"use": "process"}), {}, ConfigError, "add --sandbox process"),
    (recipe("sandbox"), {"sandbox": "bublewrap"}, UnknownName, "did you mean 'bubblewrap'"),
    (recipe("sandbox", sandbox={"slts": 1}), {}, ConfigError, "'slts'"),
]


@pytest.mark.bwrap
@pytest.mark.parametrize(("plan", "wishes", "error", "message"), REFUSED)
def test_refused_before_work(plan, wishes, error, message):
    with pytest.raises(error) as refused:
        services.build(plan, services.Wishes(**wishes))
    assert message in str(refused.value)


def test_no_sandbox_no_run(monkeypatch):
    """Never fall back silently."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="bubblewrap is not installed: apt-get install"):
        services.build(recipe("sandbox"), services.Wishes())


def test_process_is_taken_if_asked_for_by_name():
    made = services.build(recipe("sandbox"), services.Wishes(sandbox="process"))
    job = Job(command=("true",))
    [answer] = asyncio.run(made["sandbox"].answer([job]))
    asyncio.run(made["sandbox"].close())
    assert answer["verdict"] == "AC"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), {}),
        (("extractive",), {"default": "extractive"}),
        (("openai:a/b=c",), {"default": "openai:a/b=c"}),
        (("strong=openai:x", "replay:book"), {"strong": "openai:x", "default": "replay:book"}),
    ],
)
def test_parses_models(texts, expected):
    assert services.parse_models(texts) == expected


@pytest.mark.parametrize("text", ["", "strong=", "=openai:x"])
def test_refuses_models(text):
    with pytest.raises(CallerError, match="--model"):
        services.parse_models([text])


def test_flags_go_over_the_recipe_and_keep_its_other_settings():
    section = {"default": {"use": "openai:a", "temperature": 0.5}, "judge": "openai:b"}
    wishes = services.Wishes(models={"default": "openai:c"}, base_url="http://x")
    assert services.model_specs(section, wishes) == {
        "default": {"use": "openai:c", "temperature": 0.5, "base_url": "http://x"},
        "judge": {"use": "openai:b"},
    }
