"""Ask a model server on this machine that answers after a second, 500 requests in flight.

A whole run of one stage: prompt rendered from its file, reply held to a schema and validated, bad
replies asked again, answers in the book before they are delivered, each reply paid in the ledger.
The server is another process that does as little as it can; it answers every fiftieth request with
text that is no JSON. An ideal client gets 500 replies each second. Beside it, in the same run: a
bare HTTP client that sends one body over and over and looks at no reply.

Replies come in waves of 500, so the time is taken between two replies that stand at the same place
of their waves: after three waves, and the first such one at least 20 s later.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from _serving import Requests, completion, response, serve

from backfeed.engine.job import Plan, execute
from backfeed.engine.ledger import Account, Bill, Ledger
from backfeed.engine.models import openai
from backfeed.engine.recipe import Recipe, Step
from backfeed.engine.records import Sample
from backfeed.engine.stages.reverse import Reverse

IN_FLIGHT, LATENCY_S = 500, 1.0
RAMP_WAVES, STEADY_S = 3, 20.0
BAD_EVERY = 50
CODE = """def f_{n}(items, size):
    found = []
    for start in range(0, len(items), size):
        part = items[start : start + size]
        found.append(sum(part) + {n})
    return found
"""


def reply(text: str) -> bytes:
    """A whole HTTP response with a chat completion."""
    return response(completion(text, (900, 300)))


def replies() -> tuple[bytes, bytes]:
    """A good reply of about 1.5 KB, and a bad one."""
    problem = (
        "Write `f`.\n\n```python\ndef f(items, size)\n```\n\n>>> f([1], 1)\n[1]\n" + "So. " * 250
    )
    plain = {"suitable": True, "reason": "", "behaviour": "It sums.", "scenarios": ["a", "b"]}
    good = json.dumps({**plain, "points": ["the rest"], "problem": problem})
    return reply(good), reply("Here it is: " + good[:500])


class Server(Requests):
    """Answers after a second."""

    asked = 0
    good, bad = replies()

    def whole(self, body: bytes) -> None:
        """Answer later."""
        Server.asked += 1
        text = self.bad if Server.asked % BAD_EVERY == 0 else self.good
        asyncio.get_running_loop().call_later(LATENCY_S, self.send, text)


@dataclass
class Meter:
    """Counts replies, and takes the time at the beginning and the end of the steady time."""

    in_flight: int
    steady_s: float
    replies: int = 0
    marks: list[tuple[float, float, int]] = field(default_factory=list)

    def count(self) -> None:
        """One more reply."""
        self.replies += 1
        waves, rest = divmod(self.replies, self.in_flight)
        if rest or waves < RAMP_WAVES or self.done:
            return
        now = time.perf_counter()
        if not self.marks or now - self.marks[0][0] >= self.steady_s:
            self.marks.append((now, time.process_time(), self.replies))

    @property
    def done(self) -> bool:
        """Has the steady time passed?"""
        return len(self.marks) == 2

    def plain(self) -> dict[str, Any]:
        """Rates over the steady time."""
        (began, cpu_before_s, before), (ended, cpu_after_s, after) = self.marks
        seconds, count, cpu_s = ended - began, after - before, cpu_after_s - cpu_before_s
        return {
            "requests_per_s": round(count / seconds, 1),
            "of_ideal": round(count / seconds / (self.in_flight / LATENCY_S), 4),
            "cpu_ms_per_request": round(cpu_s / count * 1e3, 3),
            "cores_used": round(cpu_s / seconds, 2),
            "requests": count, "seconds": round(seconds, 2),
        }  # fmt: skip


class Metered(Ledger):
    """A ledger that counts replies."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(limit_usd=1e6)
        self._meter = meter

    def settle(self, bill: Bill, paid: Account) -> None:
        """Count it, and write it down."""
        super().settle(bill, paid)
        self._meter.count()


def samples(count: int) -> Iterator[Sample]:
    """Small functions."""
    for n in range(count):
        yield Sample(code=CODE.format(n=n), language="python", entry_point="f")


def engine(url: str, in_flight: int, steady_s: float) -> dict[str, Any]:
    """A run, and what came of the steady time."""
    settings = {"base_url": url, "parallel": in_flight, "probe": False, "usd_per_million_in": 0.15}
    made = openai.PLUGIN.service("stub", {**settings, "usd_per_million_out": 0.6})
    meter = Meter(in_flight, steady_s)
    count = int((RAMP_WAVES + steady_s / LATENCY_S + 3) * in_flight)
    ledger = Metered(meter)
    made.pay_from(ledger)
    recipe = Recipe("bench", (Step("reverse", "reverse", {}, Reverse()),))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "out")
        plan = Plan(
            recipe, place, {"model:default": made}, lambda: samples(count), "bench", ledger=ledger
        )  # fmt: skip
        report = asyncio.run(execute(plan))
    spent = report.spent
    counts = {"accepted": report.written.accepted, "asked": report.asked["model:default"]["asked"]}
    return {**meter.plain(), **counts, "usd": spent["usd"], "lost_usd": spent["lost_usd"]}


def bare(url: str, in_flight: int, steady_s: float) -> dict[str, Any]:
    """The least that a client can do."""
    body = json.dumps({"messages": [{"role": "user", "content": "x" * 3500}]}).encode()
    meter = Meter(in_flight, steady_s)

    async def client(session: aiohttp.ClientSession) -> None:
        while not meter.done:
            async with session.post(f"{url}/chat/completions", data=body) as reply:
                await reply.read()
            meter.count()

    async def main() -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(client(session) for _ in range(in_flight)))

    asyncio.run(main())
    return meter.plain()


def told(name: str, found: dict[str, Any]) -> str:
    """One side of the measurement, on a line."""
    rate = f"{found['requests_per_s']:.1f} requests/s, {found['of_ideal']:.1%} of the ideal"
    cpu = f"{found['cpu_ms_per_request']:.3f} ms of CPU per request"
    return f"{name:8} {rate}; {cpu}, {found['cores_used']:.2f} cores"


def main() -> None:
    """Start the server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="requests at once")
    parser.add_argument("--seconds", type=float, default=STEADY_S, help="how long it is steady")
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(Server, 2 * IN_FLIGHT))
        return
    before, load = os.getloadavg()[0], (options.in_flight, options.seconds)
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        found: dict[str, Any] = {"engine": engine(url, *load), "bare": bare(url, *load)}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["server_cpu_s"] = round(used.ru_utime + used.ru_stime, 2)
    found["load_average"] = [round(before, 2), round(os.getloadavg()[0], 2)]
    if options.json:
        json.dump(found, sys.stdout, indent=2)
        return
    print(told("engine", found["engine"]), told("bare", found["bare"]), sep="\n")
    before, after = found["load_average"]
    print(f"server: {found['server_cpu_s']} s of CPU; load average {before} before, {after} after")


if __name__ == "__main__":
    main()
