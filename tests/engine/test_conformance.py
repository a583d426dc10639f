"""The check of stages finds the stages that ask differently."""

import itertools
import random
from dataclasses import dataclass, field

import pytest
from verbs import Do, Double, Half, Measure, length, many

from backfeed.engine.conformance import same_requests
from backfeed.engine.errors import Refused
from backfeed.engine.requests import Embed

counter = itertools.count()


def by_chance(sample):
    yield from Embed(f"{sample.code} {random.random()}")
    return [sample]


def by_counting(sample):
    yield from Embed(f"{sample.code} {next(counter)}")
    return [sample]


def once_more_by_chance(sample):
    for _ in range(random.randrange(10_000)):
        yield from Embed(sample.code)
    return [sample]


def other_output(sample):
    return [sample.but(code=f"{next(counter)}")]


@dataclass(frozen=True)
class Remembers:
    version: int = 1
    seen: list[str] = field(default_factory=list)

    def each(self, sample):
        self.seen.append(sample.code)
        yield from Embed(f"{len(self.seen)}")
        return [sample]


@pytest.mark.parametrize("stage", [Measure(), Measure(3), Double(), Half()])
def test_good_stages_pass(stage):
    assert same_requests(stage, many(5), length) == []


@pytest.mark.parametrize(
    "stage",
    [Do(by_chance), Do(by_counting), Do(once_more_by_chance), Do(other_output), Remembers()],
)
def test_stages_that_ask_differently_are_named(stage):
    assert same_requests(stage, many(5), length)[0].startswith("sample 'code 0': ")


def test_a_refusal_is_part_of_the_dialogue():
    def refuse(_request):
        raise Refused("no")

    assert same_requests(Measure(), many(2), refuse) == []
