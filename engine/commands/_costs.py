"""What each stage asked of models, and what that is worth at today's prices."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from backfeed.engine.contracts import Service
from backfeed.engine.ledger import Price
from backfeed.engine.tally import Tallies, Used


def stages_cost(tallies: Tallies, services: Mapping[str, Service]) -> dict[str, Any]:
    """By stage and desk: calls, tokens, dollars (None if nobody said what a token costs).

    What came from the book counts as what was asked: it is what the rows are worth, not what this
    run paid. A reply that was refused counts as a call without tokens; embeddings and scores tell
    none.
    """
    found: dict[str, Any] = {}
    for stage, tally in tallies.items():
        if tally.used:
            each = sorted(tally.used.items())
            found[stage] = {
                desk: {**asdict(used), "usd": worth(used, services.get(desk))}
                for desk, used in each
            }
    return found


def worth(used: Used, service: Service | None) -> float | None:
    """What so many tokens cost at a service; None if that is not known, 0 if it takes no money."""
    price = price_of(service)
    return round(price.usd(used.tokens_in, used.tokens_out), 9) if price.known else None


def price_of(service: Service | None) -> Price:
    """What a million tokens cost at a service; nothing, if it takes no money."""
    if not hasattr(service, "pay_from"):
        return Price(0.0, 0.0)
    price: Price = getattr(service, "price", Price())
    return price
