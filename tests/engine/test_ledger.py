"""The ledger: reservations, a limit that is never passed, a file that survives a kill."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backfeed.engine import ledger as ledgers
from backfeed.engine.errors import ConfigError, Stopping, StoreFault
from backfeed.engine.ledger import Account, Ledger, Price

CENTS = Price(1.0, 2.0)


def opened(path: Path, limit_usd: float | None = None) -> Ledger:
    made = Ledger(limit_usd)
    made.open(path)
    return made


def spend(made: Ledger, *amounts: float, role: str = "default") -> None:
    """Reserve twice each amount, and pay it."""

    async def main() -> None:
        for usd in amounts:
            with await made.reserve(role, 2 * usd) as bill:
                bill.pay(Account(1, 10, 5, usd=usd))

    asyncio.run(main())


def lines(path: Path) -> list[list]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_price_is_by_the_million():
    assert CENTS.usd(500_000, 250_000) == 1.0


def test_what_is_paid_is_summed_by_role(tmp_path):
    made = opened(tmp_path / "ledger")
    spend(made, 1, 2, role="strong")
    spend(made, 4, role="cheap")
    plain = made.plain()
    assert (plain["requests"], plain["tokens_in"], plain["tokens_out"], plain["usd"]) == (
        3,
        30,
        15,
        7,
    )
    assert plain["roles"]["strong"]["usd"] == 3


def test_what_was_spent_before_counts(tmp_path):
    spend(opened(tmp_path / "ledger"), 1, 2)
    again = opened(tmp_path / "ledger", limit_usd=5)
    assert again.plain()["usd"] == 3
    with pytest.raises(Stopping, match="usd"):
        spend(again, 1.5)


def test_nothing_is_counted_twice_by_opening_again(tmp_path):
    spend(opened(tmp_path / "ledger"), 1, 2)
    sums = [opened(tmp_path / "ledger").plain() for _ in range(3)]
    assert sums[0] == sums[1] == sums[2]


def test_what_was_reserved_when_the_run_was_killed_may_have_been_charged(tmp_path):
    made = opened(tmp_path / "ledger")
    asyncio.run(made.reserve("default", 0.5))
    assert opened(tmp_path / "ledger").plain()["lost_usd"] == 0.5


def test_a_bill_that_nobody_settles_counts_in_full():
    async def main():
        made = Ledger()
        with pytest.raises(KeyError), await made.reserve("default", 0.5):
            raise KeyError
        return made.plain()

    assert asyncio.run(main())["lost_usd"] == 0.5


def test_a_bill_that_is_released_costs_nothing(tmp_path):
    async def main():
        with await opened(tmp_path / "ledger").reserve("default", 0.5) as bill:
            bill.release()

    asyncio.run(main())
    assert opened(tmp_path / "ledger").committed_usd == 0


def test_a_last_line_that_was_cut_was_never_acted_on(tmp_path):
    path = tmp_path / "ledger"
    spend(opened(path), 1)
    with path.open("a") as file:
        file.write('["reserve",7,"def')
    assert opened(path).plain()["usd"] == 1


@pytest.mark.parametrize("line", ["no json", '["what"]', '["pay", 1, "x", {"usd": "much"}]'])
def test_a_damaged_file_is_not_taken_for_an_empty_one(tmp_path, line):
    path = tmp_path / "ledger"
    path.write_text(f"{line}\n")
    with pytest.raises(StoreFault, match="ledger: a file is damaged"):
        opened(path)


def test_the_file_is_written_anew_before_it_grows_long(tmp_path, monkeypatch):
    monkeypatch.setattr(ledgers, "LINES", 10)
    made = opened(tmp_path / "ledger")
    spend(made, *[1] * 40)
    assert len(lines(tmp_path / "ledger")) <= 12
    assert opened(tmp_path / "ledger").plain() == made.plain()


def test_a_run_that_asks_no_model_leaves_no_file(tmp_path):
    opened(tmp_path / "ledger").close()
    assert list(tmp_path.iterdir()) == []


def test_a_request_waits_for_what_others_leave():
    async def main():
        made = Ledger(1.0)
        first = await made.reserve("default", 0.8)
        second = asyncio.ensure_future(made.reserve("default", 0.8))
        await asyncio.sleep(0)
        waited = not second.done()
        first.pay(Account(usd=0.1))
        await second
        return waited

    assert asyncio.run(main())


def test_the_money_is_used_up_when_nothing_can_be_left_over():
    async def main():
        made = Ledger(1.0)
        first = await made.reserve("default", 0.8)
        others = [asyncio.ensure_future(made.reserve("default", 0.8)) for _ in range(3)]
        await asyncio.sleep(0)
        first.pay(Account(usd=0.8))
        return await asyncio.gather(*others, return_exceptions=True)

    assert [type(one) for one in asyncio.run(main())] == [Stopping] * 3


def test_a_limit_below_the_price_of_one_request_is_a_mistake():
    with pytest.raises(ConfigError, match=r"a single request may cost 0\.2000: raise the limit"):
        spend(Ledger(0.1), 0.1)


def test_a_limit_needs_a_price():
    Ledger(1.0).require(Price(0.0, 0.0), "m")
    Ledger().require(Price(), "m")
    with pytest.raises(ConfigError, match=r"the price of m is not known: add usd_per_million_in"):
        Ledger(1.0).require(Price(1.0), "m")


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.1, 5), st.lists(st.tuples(st.floats(0.001, 1), st.floats(0, 1)), max_size=40),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_spending_never_passes_the_limit(limit_usd, requests, rng):
    """Each costs a share of the most it can cost, and some get lost, in any order of events."""
    made, seen = Ledger(limit_usd), [0.0]

    async def one(most: float, share: float) -> None:
        with await made.reserve("default", most) as bill:
            await asyncio.sleep(rng.random() * 0.001)
            if rng.random() < 0.8:
                bill.pay(Account(1, usd=most * share))
            seen.append(made.committed_usd)

    async def main() -> None:
        await asyncio.gather(*(one(*request) for request in requests), return_exceptions=True)

    asyncio.run(main())
    total = made.plain()
    assert max(seen) <= limit_usd + 1e-9
    assert total["usd"] + total["lost_usd"] <= limit_usd + 1e-6
