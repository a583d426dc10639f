"""Several addresses of one model: each request goes to the one with the least to do.

One that is down is left out, and tried again with growing pauses, by one request at a time; what it
did not take is sent to another at once, since it cost nothing. A request whose reply was lost may
have been charged: the desk asks again, as it does for a single address. Only if none is up does a
request fail. A refusal of one is a refusal of all: they are meant to be alike.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from backfeed.engine.errors import NotYet, Outage, Throttled, Unreachable
from backfeed.engine.models._endpoint import Cut, Endpoint

FIRST_REST_S, LONGEST_REST_S = 0.5, 60.0


@dataclass(slots=True, eq=False)
class Replica:
    """An address, how many requests it has, and until when it is left out."""

    endpoint: Endpoint
    busy: int = 0
    failures: int = 0
    failed_at: float = 0.0
    rests_until: float = 0.0

    def may_take(self, now: float) -> bool:
        """Is it up? If it failed last, one request at a time finds that out."""
        return now >= self.rests_until and (not self.failures or not self.busy)

    def served(self) -> None:
        """It is up."""
        self.failures, self.rests_until = 0, 0.0

    def failed(self, sent_at: float, wait_s: float | None) -> None:
        """It did not serve: once for all requests that were under way together."""
        if sent_at < self.failed_at:
            return
        self.failed_at = now = time.monotonic()
        pause_s = min(FIRST_REST_S * 2.0 ** min(self.failures, 7), LONGEST_REST_S)
        self.failures += 1
        self.rests_until = now + (pause_s if wait_s is None else min(wait_s, LONGEST_REST_S))


class Replicas:
    """Stands for its addresses as if they were one; `url` is the first's."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.all = [Replica(one) for one in endpoints]
        self.url = endpoints[0].url

    async def post(self, path: str, body: bytes) -> bytes:
        """The reply to a request, of any of them. Raises what the failure of all means."""
        tried: dict[int, Outage | Unreachable] = {}
        while (one := self._next(tried)) is not None:
            sent_at, one.busy = time.monotonic(), one.busy + 1
            try:
                raw = await one.endpoint.post(path, body)
            except Cut as error:
                one.failed(sent_at, error.wait_s)
                raise
            except (Outage, Unreachable) as error:
                one.failed(sent_at, getattr(error, "wait_s", None))
                tried[id(one)] = error
            else:
                one.served()
                return raw
            finally:
                one.busy -= 1
        raise _of_all(list(tried.values()))

    def _next(self, tried: dict[int, Outage | Unreachable]) -> Replica | None:
        """The least busy that is up; if all rest, the one that rests least, once."""
        now, left = time.monotonic(), [one for one in self.all if id(one) not in tried]
        if up := [one for one in left if one.may_take(now)]:
            return min(up, key=lambda one: one.busy)
        return None if tried else min(left, key=lambda one: one.rests_until)

    async def close(self) -> None:
        """Close all connections."""
        for one in self.all:
            await one.endpoint.close()


def _of_all(errors: Sequence[Outage | Unreachable]) -> Outage | Unreachable:
    """The failure that lets hope most: one of the moment before a server that was never there."""
    ranks: dict[type, int] = {Throttled: 1, NotYet: 2, Unreachable: 3}
    return min(errors, key=lambda error: ranks.get(type(error), 0))
