"""Asks through batches, and pays for them: what a reply at once is, a line of a batch is here.

What a whole batch can cost at most is reserved before it is made. If the run ends before the batch
does, that counts as lost; whoever takes its replies later pays what they cost, and the loss is
taken back.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import BackfeedError, CallerError, ConfigError, Outage, ServiceRefusal
from backfeed.engine.ledger import Account, Bill, Price
from backfeed.engine.models import _batching
from backfeed.engine.models._batching import Batches, Note
from backfeed.engine.models._endpoint import Endpoint, NotOffered
from backfeed.engine.models._paid import OVERHEAD_TOKENS, Line, Replied, Reply

R = TypeVar("R", bound=Reply)

OK = 200
GATHER = Gather(_batching.LINES, _batching.GATHER_S, _batching.AT_ONCE, _batching.DEADLINE_S)
FOLDER = "batches"


class Mail(Generic[R]):
    """One model whose requests go out in batches, at a share of the price."""

    def __init__(
        self, line: Line, decode: Callable[[bytes], R], *, share: float, tokens_out: int
    ) -> None:  # fmt: skip
        if not isinstance(line.endpoint, Endpoint):
            raise ConfigError(
                f'openai:{line.name}: mode = "batch" needs one address, not several: a batch'
                " is spread by who answers it"
            )
        self._endpoint, self._line, self._decode = line.endpoint, line, decode
        sent, came = line.price.usd_per_million_in, line.price.usd_per_million_out
        self._price = Price(
            None if sent is None else sent * share, None if came is None else came * share
        )
        self._tokens_out = tokens_out
        self._batches: Batches | None = None
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def _known(self) -> Batches:
        """The batches of this directory; its ledger knows where that is, once the run began."""
        if self._batches is None:
            folder = self._line.ledger.folder
            self._batches = Batches(self._endpoint, folder and folder / FOLDER)
        return self._batches

    async def ask(self, bodies: Mapping[str, Any], role: str) -> dict[str, Any]:
        """A `Replied` for each name, or the error that it came to.

        Raises `ConfigError` if the endpoint has no batches, and what an endpoint's failures mean.
        """
        try:
            notes, fresh = _batching.grouped(list(bodies), self._known)
            found: dict[str, Any] = {}
            for note in notes:
                found |= await self._collected(note, None)
            if fresh:
                found |= await self._sent({name: bodies[name] for name in fresh}, role)
            return {name: found[name] for name in bodies}
        except NotOffered as error:
            raise ConfigError(
                f'{error}; if it has no batches, leave out mode = "batch" in [models]'
            ) from error

    async def _sent(self, bodies: Mapping[str, Any], role: str) -> dict[str, Any]:
        """Make a batch, and wait for what comes of it."""
        sizes = [len(msgspec.json.encode(body)) + OVERHEAD_TOKENS for body in bodies.values()]
        most = self._price.usd(sum(sizes), self._tokens_out * len(bodies))
        with await self._line.ledger.reserve(role, most) as bill:
            try:
                note = await self._known.upload(bodies, role, bill.usd)
            except BackfeedError:
                bill.release()  # a file costs nothing
                raise
            return await self._collected(note, bill)

    async def _collected(self, note: Note, bill: Bill | None) -> dict[str, Any]:
        """What came of each line; paid once, whoever waits for it."""
        async with self._locks[note.file]:
            try:
                lines = await self._known.results(note)
            except CallerError:
                if bill is not None and not note.lines:
                    bill.release()
                raise
            each = note.usd / max(len(lines), 1)
            found = {name: self._judged(line, each) for name, line in lines.items()}
            if not note.paid:
                self._pay(note, bill, found)
                note.paid = True
            note.lines = [name for name in note.lines if not isinstance(found[name], Outage)]
            self._known.keep(note)
        if refusal := next((one for one in found.values() if isinstance(one, CallerError)), None):
            raise refusal
        return found

    def _judged(self, line: _batching.Line, most: float) -> Any:
        """A line as a reply is judged; one that tells no tokens cost the most that it can."""
        if line.answered is None:
            return _batching.lost(line, self._endpoint.url)
        if line.answered.status != OK:
            error = self._endpoint.judged(line.answered)
            return ServiceRefusal(str(error)) if isinstance(error, NotOffered) else error
        try:
            reply = self._decode(line.answered.raw)
        except (msgspec.DecodeError, UnicodeError) as error:
            return Outage(f"{self._endpoint.url}: a line of a batch is no such reply: {error}")
        tokens = reply.tokens
        usd = most if tokens is None else self._price.usd(*tokens)
        used = Account(1, *(tokens or (0, 0)), usd=usd, unpriced=int(not self._price.known))
        return Replied(reply, used)

    def _pay(self, note: Note, bill: Bill | None, found: Mapping[str, Any]) -> None:
        paid = Account()
        for one in found.values():
            if isinstance(one, Replied):
                paid.add(one.used)
        self._line.spent_usd += paid.usd
        if bill is not None:
            bill.pay(paid)
            return
        paid.lost_usd -= note.usd
        self._line.ledger.add(note.role, paid)
