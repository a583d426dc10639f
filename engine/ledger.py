"""What a run pays: tokens and money by role, and a limit that is never passed.

How it works. The most that a request can cost is reserved before it is sent, and settled by what
its reply says it cost. A request that would pass the limit waits for others to be settled; if there
are none, the money is used up. Each step stands in a file of the run's directory before it is
taken, one line each, so that a run that was killed knows what it had spent: what was reserved and
never settled may have been charged, and counts in full. The file is by directory, not by answer:
what came from a shared book was paid elsewhere, and what is asked twice is paid twice.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

import msgspec

from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError, Stopping
from backfeed.engine.files import write_whole

LINES = 50_000


@dataclass(slots=True)
class Account:
    """What was paid for one role.

    `lost_usd` is the most that requests without a reply may have cost; `unpriced` counts requests
    of which nobody said what a token costs.
    """

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    lost_usd: float = 0.0
    unpriced: int = 0

    def add(self, other: "Account") -> None:
        """Add what another says."""
        self.requests += other.requests
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.usd += other.usd
        self.lost_usd += other.lost_usd
        self.unpriced += other.unpriced


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens; None if nobody said."""

    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None

    @property
    def known(self) -> bool:
        """Are both told?"""
        return None not in (self.usd_per_million_in, self.usd_per_million_out)

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        """What so many tokens cost."""
        dear = tokens_in * (self.usd_per_million_in or 0.0)
        return (dear + tokens_out * (self.usd_per_million_out or 0.0)) / 1e6


@runtime_checkable
class Paid(Protocol):
    """A service that costs money, or counts tokens. `spent_usd` is what it spent in this run."""

    spent_usd: float

    def pay_from(self, ledger: "Ledger") -> None:
        """Reserve and pay there. Raises `ConfigError` if a limit is set and a price unknown."""


class Ledger:
    """All accounts of a directory. Until `open` it holds what it is told, and nothing more."""

    def __init__(self, limit_usd: float | None = None) -> None:
        self.limit_usd = limit_usd
        self.accounts: dict[str, Account] = {}
        self._said: set[str] = set()
        self._bills: dict[int, Bill] = {}
        self._reserved_usd = 0.0
        self._settled = asyncio.Event()
        self._path: Path | None = None
        self._file = -1
        self._lines = self._count = 0

    def open(self, path: Path) -> None:
        """Go on with what a file says was spent; the file is written from now on."""
        self._path = path
        if path.exists():
            with storing(f"reading {path}"):
                self.accounts = _read(path)
            self._renew()

    def _renew(self) -> None:
        """Write the file anew: the sums, and what is reserved."""
        path = self._path
        if path is None:
            return
        self._let_go()
        lines = [_line("sum", self.accounts)]
        lines += [_line("reserve", n, bill.role, bill.usd) for n, bill in self._bills.items()]
        write_whole(path, b"".join(lines))
        with storing(f"writing {path}"):
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._lines = 0

    def close(self) -> None:
        """Let go of the file; what comes now is not written any more."""
        self._let_go()
        self._path = None

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @property
    def committed_usd(self) -> float:
        """What is spent, may have been spent, or is reserved."""
        spent = sum(account.usd + account.lost_usd for account in self.accounts.values())
        return spent + self._reserved_usd

    def require(self, price: Price, who: str) -> None:
        """Raise `ConfigError` if a limit is set and the price unknown."""
        if self.limit_usd is not None and not price.known:
            raise ConfigError(
                f"a limit of {self.limit_usd} USD is set, but the price of {who} is not known: add"
                " usd_per_million_in and usd_per_million_out to its [models] section, or"
                " --set models.default.usd_per_million_in=... (0 if it costs nothing), or name a"
                " table of prices in BACKFEED_PRICES"
            )

    def say(self, line: str) -> None:
        """Tell the user once, however many services have it to say."""
        if line not in self._said:
            self._said.add(line)
            sys.stderr.write(f"{line}\n")

    async def reserve(self, role: str, usd: float) -> "Bill":
        """Set aside the most that a request can cost; wait for what those under way leave.

        Raises `Stopping` if the money is used up, `ConfigError` if it is too little for one.
        """
        while not self._affords(usd):
            if not self._bills:
                self._require_room(usd)
                raise Stopping("usd")
            await self._settled.wait()
        bill = Bill(self, self._count, role, usd)
        self._count += 1
        if usd > 0:
            self._bills[bill.number] = bill
            self._reserved_usd += usd
            self._write("reserve", bill.number, role, usd)
        return bill

    def _require_room(self, usd: float) -> None:
        if not self.accounts and self.limit_usd is not None and usd > self.limit_usd:
            raise ConfigError(
                f"a limit of {self.limit_usd} USD is set, and a single request may cost {usd:.4f}:"
                " raise the limit with --usd, or lower max_tokens in [models]"
            )

    def _affords(self, usd: float) -> bool:
        return usd <= 0 or self.limit_usd is None or self.committed_usd + usd <= self.limit_usd

    def settle(self, bill: "Bill", paid: Account) -> None:
        """A request has come to its end; what it cost."""
        if self._bills.pop(bill.number, None) is not None:
            self._reserved_usd = self._reserved_usd - bill.usd if self._bills else 0.0
        self.accounts.setdefault(bill.role, Account()).add(paid)
        self._write("pay", bill.number, bill.role, paid)
        self._settled.set()
        self._settled = asyncio.Event()

    def add(self, role: str, paid: Account) -> None:
        """Count what was paid for without a reservation of its own."""
        self.settle(Bill(self, -1, role, 0.0), paid)

    @property
    def folder(self) -> Path | None:
        """Where its file lies, and what else belongs to what was paid; None until it is open."""
        return None if self._path is None else self._path.parent

    def _write(self, *words: Any) -> None:
        """Append a line about what has just been counted."""
        if self._file >= 0:
            with storing(f"writing {self._path}"):
                os.write(self._file, _line(*words))
            self._lines += 1
        if self._file < 0 or self._lines >= LINES:
            self._renew()

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json: sums, and each role."""
        total = Account()
        for account in self.accounts.values():
            total.add(account)
        roles = {name: _rounded(account) for name, account in sorted(self.accounts.items())}
        return {**_rounded(total), "roles": roles}


@dataclass(slots=True)
class Bill:
    """What was reserved for one request. If nobody settles it, it counts in full."""

    ledger: Ledger
    number: int
    role: str
    usd: float
    open: bool = True

    def pay(self, paid: Account) -> None:
        """It was answered, and cost this."""
        if self.open:
            self.open = False
            self.ledger.settle(self, paid)

    def release(self) -> None:
        """It cost nothing."""
        self.pay(Account())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.pay(Account(lost_usd=self.usd))


def _rounded(account: Account) -> dict[str, Any]:
    plain = asdict(account)
    return {name: round(value, 9) for name, value in plain.items()}


def _line(*words: Any) -> bytes:
    return msgspec.json.encode(words) + b"\n"


def _read(path: Path) -> dict[str, Account]:
    """The accounts of a file; a last line that was cut short was never acted on."""
    accounts: dict[str, Account] = {}
    reserved: dict[int, tuple[str, float]] = {}
    for line in path.read_bytes().split(b"\n")[:-1]:
        match msgspec.json.decode(line):
            case ["sum", dict() as sums]:
                accounts = {name: _account(plain) for name, plain in sums.items()}
            case ["reserve", int() as number, str() as role, (int() | float()) as usd]:
                reserved[number] = (role, usd)
            case ["pay", int() as number, str() as role, dict() as plain]:
                reserved.pop(number, None)
                accounts.setdefault(role, Account()).add(_account(plain))
            case other:
                raise msgspec.ValidationError(f"{other!r} is no line of a ledger")
    for role, usd in reserved.values():
        accounts.setdefault(role, Account()).add(Account(lost_usd=usd))
    return accounts


def _account(plain: Mapping[str, Any]) -> Account:
    return msgspec.convert(plain, Account)
