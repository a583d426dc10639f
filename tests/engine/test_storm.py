"""Whatever a service does to its requests, each is answered once, or said to be unanswered."""

import asyncio
import random
from dataclasses import dataclass

import pytest
from verbs import By, ask, length, many, run, step

from backfeed.engine.errors import Outage, Refused, Stopping, Throttled
from backfeed.engine.requests import Embed, together


def weather(seed, share):
    """Answers by length; but now and then the world fails, and what ends in 7 is never answered."""
    rng = random.Random(seed)

    async def answer(request):
        await asyncio.sleep(rng.random() / 1000)
        if request.text.endswith("7"):
            raise Outage("never")
        if request.text.endswith("5"):
            raise Refused("no fives")
        if rng.random() < share:
            raise rng.choice([Outage("gone"), Throttled("slowly", 0.001), ConnectionError("cut")])
        return length(request)

    return answer


@pytest.mark.parametrize("seed", range(12))
def test_every_request_is_answered_or_not(seed):
    rng = random.Random(seed)
    batch, parallel = rng.choice([1, 3, 16]), rng.choice([1, 4, 30])
    service = By(weather(seed, 0.05 * (seed % 4)), batch=batch, wait_s=0.001, parallel=parallel)
    texts = [f"text {n}" for n in range(60)]
    asked = ask(service, *texts)
    assert [type(one).__name__ for one in asked.results] == [expected(text) for text in texts]
    assert (asked.desk.counts["asked"], asked.desk.counts["failed"]) == (60, 6)
    assert service.most <= parallel


def expected(text):
    return {"7": "Outage", "5": "Refused"}.get(text[-1], "int")


@dataclass(frozen=True)
class Talks:
    """Three questions, two of them side by side."""

    version: int = 1

    def each(self, sample):
        first = yield from Embed(sample.code)
        sizes = yield from together([Embed(f"{sample.code} {n} of {first}.") for n in (1, 2)])
        return [sample.but(question_type=str(sizes))]


@pytest.mark.parametrize("seed", range(8))
def test_a_run_through_bad_weather_and_stops_ends_like_one_in_good(tmp_path, seed):
    rows = [row for row in many(80) if row.code[-1] not in "57"]
    clean = run(tmp_path / "clean", step(Talks()), samples=rows)
    rng = random.Random(seed)
    for _ in range(40):
        bad, left = weather(rng.random(), 0.1), iter(range(rng.randrange(40, 150)))

        def answer(request, bad=bad, left=left):
            if next(left, None) is None:
                raise Stopping("usd")
            return bad(request)

        service = By(answer, parallel=rng.choice([1, 5, 20]))
        done = run(tmp_path / "bad", step(Talks()), samples=rows, service=service,
                   window=rng.choice([1, 9, 99]))  # fmt: skip
        if done.report.complete:
            break
    assert done.report.complete
    assert done.files() == clean.files()
