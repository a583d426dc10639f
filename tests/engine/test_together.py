"""Several requests at once, over a table, and independent draws."""

import asyncio

import pytest
from verbs import By, Do, codes, many, stream

from backfeed.engine.errors import InputError, Outage, Refused
from backfeed.engine.lanes import Engine
from backfeed.engine.requests import Embed, Prompt, over, together


def ask_code(sample):
    yield from Embed(sample.code)
    return [sample]


def test_together_asks_side_by_side_and_answers_in_order():
    def both(sample):
        sizes = yield from together([Embed("a"), ask_code(sample), Embed("ccc")])
        return [sample.but(code=f"{sizes[0]} {sizes[1][0].code} {sizes[2]}")]

    service = By(lambda r: asyncio.sleep(0.02 if r.text == "a" else 0, len(r.text)), parallel=9)
    assert stream(codes("bb"), Do(both), service=service).codes == ["1 bb 3"]
    assert service.most == 3


def test_of_several_facts_together_the_first_by_position_is_thrown():
    async def refuse(request):
        await asyncio.sleep(0.01 if request.text == "a" else 0)
        raise Refused(f"no {request.text}")

    def both(sample):
        yield from together([Embed("a"), Embed("b")])

    assert stream(codes("x"), Do(both), service=By(refuse, parallel=2)).reasons == ["no a"]


def test_an_accident_counts_more_than_a_fact():
    def both(sample):
        yield from together([Embed("fact"), Embed("b"), Embed("accident")])

    def answer(request):
        errors = {"fact": Refused("no"), "accident": Outage("gone")}
        return errors.get(request.text, 1)

    found = stream(codes("x"), Do(both), service=By(answer, parallel=3))
    assert found.results[0].unfinished[1] == "gone"


def then_fail(samples):
    yield from samples
    raise InputError("the rest cannot be read")


def test_a_lane_that_is_cancelled_closes_what_it_asked_together():
    closed = []

    def part(text):
        try:
            yield from Embed(text)
        finally:
            closed.append(text)

    def both(sample):
        yield from together([part("x"), part("y")] if sample.code == "b" else [Embed("quick")])
        return [sample]

    service = By(lambda r: asyncio.sleep(0.01 if r.text == "quick" else 0.1, 1), parallel=9)
    with pytest.raises(InputError):
        stream(then_fail(codes("a", "b", "c")), Do(both), service=service, window=2)
    assert sorted(closed) == ["x", "y"]


def test_over_streams_answers_in_row_order_and_keeps_refusals():
    def sizes(sample):
        found = yield from over(many(700), lambda row: Embed(row.code))
        return [sample.but(code=" ".join(str(item) for item in found))]

    service = By(lambda r: Refused("no") if r.text == "code 3" else len(r.text), parallel=50)
    words = stream(codes("x"), Do(sizes), service=service).codes[0].split(" ")
    assert words == [str(len(s.code)) if s.code != "code 3" else "no" for s in many(700)]


def test_a_draw_depends_on_the_sample_the_stage_and_the_place_only(tmp_path):
    def draws(sample):
        first = yield Prompt("p")
        second = yield Prompt("p")
        return [sample.but(code=f"{first} {second}")]

    class Drawn(Do):
        pass

    def drawn(samples, *stages, window):
        async def main():
            engine = Engine({"model:default": By(lambda p: p.draw)}, None, window=window)
            found = []
            await engine.segment(samples, stages, lambda r: found.extend(r.samples))
            return [sample.code for sample in found]

        return asyncio.run(main())

    one = drawn(many(5), ("s", Drawn(draws)), window=1)
    assert drawn(many(5)[::-1], ("s", Drawn(draws)), window=9) == one[::-1]
    assert len({draw for code in one for draw in code.split()}) == 10
    assert drawn(many(5), ("t", Drawn(draws)), window=1) != one
