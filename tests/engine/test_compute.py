"""Functions in worker processes: what they return, raise, and do to their workers."""

import asyncio

import pytest
from functions import dies, double, hangs, has_a_bug, recurses, refuses, returns_a_function
from verbs import Do, codes, stream

from backfeed.engine.compute import ComputeService
from backfeed.engine.errors import Outage, Refused
from backfeed.engine.requests import Compute


def answers(*requests, deadline_s=1.0):
    async def main():
        service = ComputeService(1, deadline_s)
        try:
            return await service.answer(requests)
        finally:
            await service.close()

    return asyncio.run(main())


@pytest.mark.slow
def test_one_batch_of_many_kinds():
    wanted = [Compute(one, (3,)) for one in (double, refuses, recurses, has_a_bug, double)]
    two, refused, recursed, bug, six = answers(*wanted, deadline_s=30)
    assert (two, six) == (6, 6)
    assert str(refused) == "compute-ValueError: refuses: no such number"
    assert recursed.reason == "compute-RecursionError"
    assert repr(bug) == "KeyError(3)"


@pytest.mark.slow
@pytest.mark.parametrize(("function", "reason"), [(hangs, "compute-hangs"), (dies, "compute-dies")])
def test_a_function_that_harms_its_worker_is_refused(function, reason):
    [refused] = answers(Compute(function, (1,)))
    assert isinstance(refused, Refused)
    assert refused.reason == reason


@pytest.mark.slow
def test_what_cannot_be_sent_is_a_bug_of_its_own_request():
    lost = [(lambda _: 0, 1), (double, Nowhere()), (returns_a_function, 1), (double, 2)]
    found = answers(*(Compute(one, (number,)) for one, number in lost), deadline_s=30)
    kinds = [type(one).__name__ for one in found]
    assert kinds == ["AttributeError", "ModuleNotFoundError", "AttributeError", "int"]


class Nowhere:
    """Can be packed here, and unpacked nowhere else."""

    def __reduce__(self):
        return (__import__, ("of_no_such_module",))


@pytest.mark.slow
def test_a_batch_that_harms_its_worker_is_to_be_halved():
    with pytest.raises(Outage, match="a batch of 2 functions failed"):
        answers(Compute(double, (1,)), Compute(dies, (1,)))


@pytest.mark.slow
def test_a_bug_of_a_function_is_the_stages_and_others_go_on():
    def asks(sample):
        function = has_a_bug if sample.code == "b" else dies if sample.code == "c" else double
        number = yield from Compute(function, (3,))
        return [sample.but(code=str(number))]

    found = stream(codes("a", "b", "c", "d"), Do(asks), service=ComputeService(1))
    assert found.reasons == ["", "error:do:KeyError", "compute-dies", ""]
    assert found.codes == ["6", "b", "c", "6"]
