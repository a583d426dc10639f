"""Is it the request that fails, or the service?"""

from typing import Any

from backfeed.engine.errors import Outage, Throttled
from backfeed.engine.pace import PATIENCE, Item, Pace
from backfeed.engine.requests import Request

TRIES = 6


class Hope:
    """Tells requests that will never be answered from services that will be back.

    A request has failed for its own sake if it failed six times in a row while others succeeded, or
    if all that are left have failed so often. Where nothing else is left to succeed, the service is
    asked again what it has answered before: that is the `proof`.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.proof: Request | None = None
        self.is_due = self.is_asking = False
        self._tired: set[bytes] = set()

    def answered(self, request: Request, wrapped: dict[str, Any]) -> None:
        """This request has an answer, as it stands in the book."""
        if request.stored and "a" in wrapped:
            self.proof = request

    def forget(self, key: bytes) -> None:
        """Nobody waits for this one any more."""
        self._tired.discard(key)

    def is_lost(self, item: Item, waiting: int) -> bool:
        """Shall this one be put aside? So many requests are waited for, it among them."""
        if item.failures >= TRIES:
            self._tired.add(item.key)
        others_succeed = self.pace.last_good >= item.failed_at
        return item.key in self._tired and (others_succeed or len(self._tired) == waiting)

    def wants_proof(self, outage: Outage) -> bool:
        """Shall the service be asked for what it has answered before? Then that is due."""
        unsure = self.pace.failures >= PATIENCE and not isinstance(outage, Throttled)
        self.is_due = unsure and self.proof is not None and not self.is_asking
        return self.is_due

    def takes_its_turn(self) -> bool:
        """Is the proof due? Then it is asked for now, and not again until it is there."""
        if not self.is_due:
            return False
        self.is_due, self.is_asking = False, True
        return True

    def give_up(self) -> None:
        """Ask for no proof any more."""
        self.proof, self.is_due = None, False
