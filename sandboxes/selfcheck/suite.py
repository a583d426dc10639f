"""Runs the hostile suite: each program through the real path, and a look at the machine after it.

A program's own word decides little: the verdict is the sandbox's, and the rest is looked at from
outside (see `Item`). After each item its slot must still answer. What hangs on the load of the
machine (memory, reading, CPU time) is measured with nothing else of the suite running, and once
again if it was too much.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from backfeed.engine.boundary import boundary
from backfeed.engine.contracts import Service
from backfeed.engine.errors import BackfeedError, Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Limits, Outcome
from backfeed.sandboxes.selfcheck import bait, host, judge
from backfeed.sandboxes.selfcheck.items import Item, job, language, word

STEADY = 1.0  # cores may share what computes: a neighbour costs time, but never that of two
TRIES = 4
PLAIN = Limits(cpu_s=5.0, wall_s=20.0, memory_mb=1024, processes=128)


@dataclass(frozen=True, slots=True)
class Place:
    """Where programs are tried: a service of one slot, so that the next program runs where the last
    one did, and one of two, for neighbours. `absent` says which languages it lacks, and why.
    """

    backend: str
    one: Service
    two: Service
    secret: str
    absent: Mapping[str, str] = field(default_factory=dict)


async def absent(service: Service, wanted: Iterable[str]) -> dict[str, str]:
    """The languages whose tool chain this sandbox lacks, each with what is missing."""
    found: dict[str, str] = {}
    for name in sorted(set(wanted)):
        for command in language(name).versions:
            made = Job(command=command, limits=PLAIN, variables=language(name).variables)
            answer = await _patiently(service, made)
            if isinstance(answer, str) or answer.verdict != "AC":
                told = answer if isinstance(answer, str) else judge.words(answer, 0)
                found[name] = f"{' '.join(command)}: {told}"
                break
    return found


async def _patiently(service: Service, asked: Job) -> judge.Answer:
    """What a job came to; an outage is no answer as long as there is another try."""
    answer = await _ask(service, asked)
    for _ in range(TRIES):
        if isinstance(answer, str) and not answer.startswith("Refused"):
            answer = await _ask(service, asked)
    return answer


async def attempt(item: Item, place: Place) -> judge.Found:
    """Try one item."""
    if why := item.never_on.get(place.backend, ""):
        return judge.Found(item, judge.NOT_RUN, None, f"would harm this machine: {why}")
    if item.language in place.absent:
        return judge.Found(item, judge.ABSENT, None, place.absent[item.language])
    began = time.monotonic()
    found = await _attempt(item, place)
    if found.holds is False and (item.alone or item.steady):
        found = await _attempt(item, place)
    if item.known_gap:
        seen = found.why or "not shown this time"
        found = replace(found, holds=None, why=f"known gap ({item.known_gap}): {seen}")
    return replace(found, seconds=time.monotonic() - began)


async def _attempt(item: Item, place: Place) -> judge.Found:
    with bait.trap(place.secret) as trap:
        began = time.monotonic()
        with host.Watch() as watch:
            answers = await _answers(item, place, trap)
        wrong = judge.slow(item, time.monotonic() - began) + judge.measured(item, watch)
        await asyncio.sleep(item.linger_s)
        wrong += [each for answer in answers for each in judge.judged(item, answer, trap)]
        if isinstance(answers[0], Outcome):
            wrong += judge.seen(item, answers[0])
        wrong += await _steady(item, place) if item.steady else []
        wrong += await _aftermath(item, place, trap)
    first = answers[0]
    verdict = word(item, first) if isinstance(first, Outcome) else first
    return judge.Found(item, verdict, not wrong, "; ".join(dict.fromkeys(wrong)))


async def _answers(item: Item, place: Place, trap: bait.Trap) -> list[judge.Answer]:
    """What the program came to, and the one beside it."""
    own = job(item, trap)
    if not item.beside:
        return [await _ask(place.one, own)]
    other = job(item, trap, item.beside)
    return list(await asyncio.gather(_ask(place.two, own), _ask(place.two, other)))


async def _ask(service: Service, asked: Job) -> judge.Answer:
    try:
        with boundary(Outage, "the service raised"):
            (answer,) = await service.answer([asked])
    except BackfeedError as error:
        answer = error
    if isinstance(answer, Exception):
        return f"{type(answer).__name__}: {answer}"
    return asked.decode(answer)


async def _aftermath(item: Item, place: Place, trap: bait.Trap) -> list[str]:
    """What the next program finds, what is left of this one, and whether the slot answers."""
    found: list[str] = []
    if item.after:
        after = replace(item, verdicts=("AC",), report=False, tests=())
        next_one = await _ask(place.one, job(after, trap, item.after))
        found += [f"the next program: {each}" for each in judge.judged(after, next_one, trap)]
    found += trap.spoilt()
    found += [
        f"left behind: {each[:60]}" for each in (await asyncio.to_thread(host.left, trap.tag))[:3]
    ]
    hello = Job(files=(File("main.py", "print(1)"),), command=("python", "main.py"), limits=PLAIN)
    for service in [place.one, *([place.two] if item.beside else [])]:
        answer = await _ask(service, hello)
        if isinstance(answer, str) or answer.stdout != "1\n":
            found.append("the slot does not answer any more")
    return found


async def _steady(item: Item, place: Place) -> list[str]:
    """What is wrong with the CPU time of a program that has a neighbour, against one that has
    none: the least of some runs each.
    """
    alone, beside = [], []
    for _ in range(TRIES):
        with bait.trap(place.secret) as trap:
            by_itself = await _ask(place.two, job(item, trap))
            first, *_ = await _answers(item, place, trap)
        if isinstance(by_itself, str) or isinstance(first, str):
            return [str(by_itself), str(first)]
        alone.append(by_itself.cpu_s)
        beside.append(first.cpu_s)
    changed = min(beside) / max(min(alone), 0.001) - 1
    told = f"CPU time {min(alone):.2f} s alone, {min(beside):.2f} s beside another"
    return [told] if abs(changed) > STEADY else []


@dataclass(frozen=True, slots=True)
class Bench:
    """How the suite is run: `open_` opens a sandbox with so many slots, `told` hears of each item
    when it is done.
    """

    backend: str
    open_: Callable[[int], Service]
    workers: int = 1
    told: Callable[[judge.Found], None] = lambda _: None


async def run(bench: Bench, chosen: Sequence[Item]) -> list[judge.Found]:
    """Try all items: first those that run alone, then the others side by side; in order.

    Raises `ConfigError` if the sandbox cannot be opened.
    """
    services: list[Service] = []
    with bait.secret() as hidden:
        try:
            for number in range(max(bench.workers, 1)):
                with _on_core(number):
                    services.append(bench.open_(1))
            services.append(bench.open_(2))
            lacks = await absent(services[0], (item.language for item in chosen))
            places = [Place(bench.backend, s, services[-1], hidden, lacks) for s in services[:-1]]
            return await _all(bench, chosen, places)
        finally:
            for service in services:
                await service.close()


@contextmanager
def _on_core(number: int) -> Iterator[None]:
    """A core in turn for what is opened meanwhile: the first slot of each service takes the first
    core that it finds.
    """
    ours = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {sorted(ours)[number % len(ours)]})
        yield
    finally:
        os.sched_setaffinity(0, ours)


async def _all(bench: Bench, chosen: Sequence[Item], places: Sequence[Place]) -> list[judge.Found]:
    found: dict[str, judge.Found] = {}

    async def work(place: Place, mine: Iterable[Item]) -> None:
        for item in mine:
            found[item.key] = await attempt(item, place)
            bench.told(found[item.key])

    single = [item for item in chosen if item.alone or item.beside]
    await work(places[0], single)
    rest = iter([item for item in chosen if item not in single])
    await asyncio.gather(*(work(place, rest) for place in places))
    return [found[item.key] for item in chosen]
