"""The service over slots: one thread per slot, jobs in turn, and a sample of cold runs."""

import asyncio
import hashlib
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol

from backfeed.engine.contracts import Gather
from backfeed.engine.errors import AskFailed, ConfigError, Outage
from backfeed.engine.requests import Job
from backfeed.sandboxes import _compiled, _toolchains
from backfeed.sandboxes._compiled import Built, Compiled
from backfeed.sandboxes._outcome import Ended, outcome, verdict
from backfeed.sandboxes._protocol import Made, Reply, complaint, environment_digest

AHEAD = 2  # batches under way per slot: the next job waits at the slot, not for the event loop
COMPARED = {"AC", "RE", "SIG", "FORGED", "OLE"}  # verdicts that do not hang on a measurement
LIMITED = {"TLE", "IDLE", "MLE", "CE_LIMIT"}  # verdicts that do

COMPUTING, PATIENCE = 0.25, 5  # a share of the CPU limit; how many times the wall limit


class Runner(Protocol):
    """What a crew drives: a `Slot`, or what stands for one. All its calls may block."""

    facts: dict[str, Any]

    def start(self) -> None:
        """Be ready. Raises `ConfigError`."""

    def run(
        self, job: Job, *, warm: bool, given: Sequence[Made] = (), wanted: Sequence[str] = ()
    ) -> Reply:
        """Run a job. Raises `Refused`, `Outage`."""

    def kill(self) -> None:
        """Kill what runs, for good; comes from another thread."""

    def remove(self) -> None:
        """Give everything back; called when nothing runs any more."""


class Crew:
    """Answers `Job`. `make(number)` gives a slot that has not been started; `policy` is what it
    imposes on programs beyond their limits, as plain data, for the environment's digest.

    A share `cold_share` of the programs that run in the prepared interpreter (chosen by their
    content) runs a second time in a new one. If the two differ, and each mode agrees with itself,
    that is an `Outage`: the sandbox is not what it claims to be. `counts`: run, starved, again,
    cold, unsteady, differs, built, refused, outage. `toolchain` gives the digest of a command's
    tool where `policy` does not tell of it, else nothing. `in_force` says what isolates and limits
    here, for people.
    """

    def __init__(
        self,
        make: Callable[[int], Runner],
        policy: Mapping[str, Any],
        *,
        slots: int,
        cold_share: float,
        in_force: Mapping[str, Any] | None = None,
        toolchain: Callable[[str], str] = lambda _: "",
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.slots: list[Runner] = []
        self._make, self._cold_share, self._toolchain = make, cold_share, toolchain
        self._compiled = Compiled()
        self._lock = threading.Lock()
        self._slots = slots
        self._busy_s, self._window = 0.0, (math.inf, -math.inf)
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="sandbox")
        # Started by the thread that will use it: the kernel ends it when that thread ends.
        try:
            self.facts = self._threads.submit(lambda: self._slot().facts).result()
        except ConfigError:
            self.shut()
            raise
        self.identity = environment_digest(policy, self.facts)
        self.in_force: dict[str, Any] = {
            **(in_force or {}), "python": self.facts["executable"],
            "python_version": self.facts["python"].split()[0], "packages": self.facts["packages"],
            "launched_by": self.facts.get("launcher", ""), "environment": self.identity,
        }  # fmt: skip
        held = str(self.in_force.get("memory", "nothing")).rpartition(", ")[2]
        self.environment = f"{self.identity} ({held})"
        self.gather = Gather(batch=1, wait_s=0.0, parallel=AHEAD * slots)

    def content(self, request: Job) -> Any:
        """All of the job, and what its tools are where the environment does not say it."""
        if tools := self._tools_of(request):
            return {**request.content(), "toolchain": tools}
        return request.content()

    def _tools_of(self, job: Job) -> dict[str, str]:
        commands = (job.command, *(build.command for build in job.builds))
        names = {name for command in commands for name in _toolchains.named(command)}
        found = {name: self._toolchain(name) for name in names}
        return {name: mark for name, mark in sorted(found.items()) if mark}

    async def answer(self, requests: Sequence[Job]) -> list[Any]:
        """An `Outcome` as plain data for each job, or `Refused`, or `Outage`."""
        futures = [self._threads.submit(self._answer, job) for job in requests]
        return list(await asyncio.gather(*map(asyncio.wrap_future, futures)))

    async def close(self) -> None:
        """Kill all slots, whatever they are doing."""
        await asyncio.to_thread(self.shut)

    def shut(self) -> None:
        """The same, blocking."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for slot in self.slots:
            slot.kill()
        self._threads.shutdown(wait=True)
        for slot in self.slots:
            slot.remove()

    def _slot(self) -> Runner:
        if not hasattr(self._own, "slot"):
            with self._lock:
                slot = self._make(len(self.slots))
                self.slots.append(slot)
            self._own.slot = slot
            slot.start()
        found: Runner = self._own.slot
        return found

    @property
    def load(self) -> dict[str, float]:
        """The slots, the seconds that jobs took of them in all, and those from first to last."""
        with self._lock:
            began, ended = self._window
            window_s = max(ended - began, 0.0)
            return {"slots": self._slots, "busy_s": round(self._busy_s, 1),
                    "window_s": round(window_s, 1)}  # fmt: skip

    def _answer(self, job: Job) -> Any:
        began = time.monotonic()
        try:
            return self._told(job)
        finally:
            ended = time.monotonic()
            with self._lock:
                self._busy_s += ended - began
                self._window = (min(self._window[0], began), max(self._window[1], ended))

    def _told(self, job: Job) -> Any:
        try:
            if (refused := complaint(job)) is not None:
                raise refused
            return self._confirmed(job)
        except AskFailed as error:
            self.counts["refused"] += 1
            return error
        except Outage as error:
            self.counts["outage"] += 1
            return error

    def _confirmed(self, job: Job) -> dict[str, Any]:
        """What hangs on a limit is believed if a second run agrees; if not, it is flaky."""
        first = self._outcome(job)
        if first["verdict"] not in LIMITED and not first["near_limit"]:
            return first
        self.counts["again"] += 1
        second = self._outcome(job)
        if second["verdict"] == first["verdict"]:
            return first
        told = f"{first['verdict']}, and {second['verdict']} when it ran again"
        return {**first, "verdict": "FLAKY", "detail": told}

    def _outcome(self, job: Job) -> dict[str, Any]:
        """Build the program if it must be built, and run it."""
        slot = self._slot()
        if job.build is None:
            return outcome(job, self._run(slot, job), self.environment)
        built = self._built(slot, job)
        if built.ended is None:
            return outcome(job, self._run(slot, job, built.made), self.environment)
        made = _compiled.as_job(job)
        return _compiled.failed(job, outcome(made, built.ended, self.environment))

    def _built(self, slot: Runner, job: Job) -> Built:
        """What its build leaves, or how that failed; from the cache if it was made before."""
        key = self._compiled.key(job, self.identity, self._tools_of(job))
        known = self._compiled.get(key)
        if known is not None:
            return known
        given: list[Made] = []
        for part in _compiled.parts(job):
            ready = self._built(slot, part)
            if ready.ended is not None:
                return ready
            given += ready.made
        made = _compiled.as_job(job)
        wanted = job.build.outputs if job.build else ()
        found = slot.run(made, warm=False, given=given, wanted=wanted)
        self.counts["built"] += 1
        word = verdict(made, found.ended)
        if word == "IE":
            raise Outage("the sandbox saw a compiler end in no known way")
        if word == "AC" and not _compiled.missing(job, found.made):
            built = Built(found.made)
        else:
            built = Built(ended=found.ended)
        if word not in LIMITED:
            self._compiled.put(key, built)
        return built

    def _run(self, slot: Runner, job: Job, given: Sequence[Made] = ()) -> Ended:
        ran = slot.run(job, warm=True, given=given)
        if _starved(job, ran.ended):
            self.counts["starved"] += 1
            job = replace(job, limits=replace(job.limits, wall_s=PATIENCE * job.limits.wall_s))
            ran = slot.run(job, warm=True, given=given)
        if slot.facts != self.facts:
            raise Outage("the sandbox has changed under way: start the run again")
        self.counts["run"] += 1
        word = verdict(job, ran.ended)
        if word == "IE":
            raise Outage("the sandbox saw a program end in no known way")
        if ran.warm and word in COMPARED and _share(job) < self._cold_share:
            self._compare(slot, job, ran.ended)
        return ran.ended

    def _compare(self, slot: Runner, job: Job, warm: Ended) -> None:
        """Hold the prepared interpreter against a new one. Programs that look at clocks, addresses
        or chance differ from themselves, and say nothing.
        """
        self.counts["cold"] += 1
        cold = slot.run(job, warm=False).ended
        if _seen(job, cold) == _seen(job, warm):
            return
        again = [slot.run(job, warm=mode).ended for mode in (False, True, False)]
        colds = {_seen(job, cold), _seen(job, again[0]), _seen(job, again[2])}
        if len(colds) > 1 or _seen(job, again[1]) != _seen(job, warm):
            self.counts["unsteady"] += 1
            return
        self.counts["differs"] += 1
        raise Outage(f"cold run differs: {_difference(_seen(job, warm), _seen(job, cold))}")


def _starved(job: Job, ended: Ended) -> bool:
    """Was it stopped at the clock while it computed? Then it is for its CPU time to decide: how
    much of that it gets within the clock's limit hangs on what else the machine does.
    """
    return ended.stopped == "wall" and ended.cpu_s >= COMPUTING * job.limits.cpu_s


def _share(job: Job) -> float:
    """A number in [0, 1) that hangs on the program and its input alone."""
    mark = hashlib.blake2b(job.stdin.encode("utf-8", "replace"), digest_size=8)
    for file in job.files:
        mark.update(file.text.encode("utf-8", "replace"))
    return int.from_bytes(mark.digest()) / 2**64


def _seen(job: Job, ended: Ended) -> tuple[Any, ...]:
    word = verdict(job, ended)
    if word == "OLE":
        return (word,)
    return (word, ended.exit_code, ended.signal, ended.stdout, ended.report)


def _difference(warm: tuple[Any, ...], cold: tuple[Any, ...]) -> str:
    names = ("verdict", "exit code", "signal", "standard output", "report")
    for name, one, other in zip(names, warm, cold, strict=False):
        if one != other:
            return f"{name} {str(one)[:300]} in the prepared interpreter, {str(other)[:300]} cold"
    return "nothing is known"
