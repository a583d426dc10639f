"""What flows through the engine: one flat, stable row, frozen, and its parts.

A change is `replace` (or one of the verbs of `Sample`). No clock and no machine-dependent value
stands in a row: times, peaks and hosts live in `Evidence`, which is stored beside the rows.
"""

import hashlib
import random
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Verdict = Literal["passed", "failed", "unverified"]
Level = Literal["none", "parsed", "analyzed", "ran", "tested", "proven"]
Oracle = Literal["author", "doc", "model", "recorded"]

LEVELS: tuple[Level, ...] = ("none", "parsed", "analyzed", "ran", "tested", "proven")

VERDICT_OF: dict[str, Verdict] = {
    # What a run came to (sandboxes).
    "AC": "passed",  # ran to its end, and every expectation held
    "WA": "failed",  # ran, an expectation did not hold
    "RE": "failed",  # ended with an error
    "SIG": "failed",  # killed by a signal of its own making
    "TLE": "failed",  # used up its CPU time
    "IDLE": "failed",  # used up its wall time with the CPU idle
    "MLE": "failed",  # used up its memory
    "OLE": "failed",  # wrote more than it may
    "CE": "failed",  # did not compile
    "CE_LIMIT": "failed",  # the compiler hit a limit
    "FORGED": "failed",  # ended well without a record that the tests ran
    "FLAKY": "failed",  # two runs disagree
    "NONE": "unverified",  # nothing was executed
    # What an analyzer found.
    "ok": "passed",
    "invalid": "failed",
    "unknown": "unverified",
}
"""The one table from words of sandboxes and analyzers to verdicts. `IE` is no verdict but ours."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class File:
    """A text file of a sample or a job: `path` is relative, with forward slashes."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Test:
    """One test of an answer, and where its expectation comes from.

    `code` is run after the answer (script), or is the test file's text (framework); `setup` is laid
    before the answer. `stdin` and `stdout` belong to kind `stdio`; `compare` says how outputs are
    compared: exact, token, float, unordered, or checker, a program in Python that `code` is then.
    """

    kind: str
    oracle: Oracle = "author"
    code: str = ""
    setup: str = ""
    stdin: str = ""
    stdout: str = ""
    compare: str = "token"
    framework: str = ""
    files: tuple[File, ...] = ()

    __test__ = False  # not a test case of ours, whatever pytest thinks of the name


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of an analyzer or a run; line and column count from 1, 0 is unknown."""

    rule: str
    level: Literal["error", "warning", "note"]
    message: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict about a sample by one named check."""

    name: str
    verdict: Verdict
    tool: str = ""
    version: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Keywords:
    """Task, instruction and knowledge-point phrases (Infinite-Instruct, stage B1)."""

    task: tuple[str, ...] = ()
    instruction: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """Fine and coarse labels (Infinity-Instruct)."""

    fine: tuple[str, ...] = ()
    coarse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedScore:
    """A named number."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the sample's raw material came from. Lines count from 1; `sha256` is of the file."""

    source: str = ""
    repo: str = ""
    commit: str = ""
    path: str = ""
    first_line: int = 0
    last_line: int = 0
    licence: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row begins in the data that it was read from: the file as it was named, and the line.

    Lines count from 1; in a binary format it is the number of the row. 0: it was not read from any.
    """

    file: str = ""
    line: int = 0


EXTRACTIVE = "extractive"
"""What `lineage.model` says of what no model wrote: it was taken from what code says of itself."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """How the sample was made: the stage, the ids of the samples it was made from, and by what."""

    stage: str = ""
    parents: tuple[str, ...] = ()
    prompt: str = ""
    model: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a sample left: the stage, a short reason for counting, and the detail for reading."""

    stage: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen when one check ran: stored beside the rows, never in them.

    `data` is the whole of it: command, limits, environment digest, exit, times, peak, output heads.
    """

    check: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """The record. Every field stands in every row; `evidence` is stored beside it."""

    id: str = ""
    source_id: str = ""
    kind: str = "code"
    language: str = ""
    dialect: str = ""
    question_type: str = ""
    messages: tuple[Message, ...] = ()
    code: str = ""
    entry_point: str = ""
    files: tuple[File, ...] = ()
    support: tuple[File, ...] = ()
    tests: tuple[Test, ...] = ()
    keywords: Keywords = Keywords()
    labels: Labels = Labels()
    checks: tuple[Check, ...] = ()
    level: Level = "none"
    scores: tuple[NamedScore, ...] = ()
    origin: Origin = Origin()
    place: Place = Place()
    lineage: Lineage = Lineage()
    split: str = ""
    extra: str = ""
    rejected: Rejection | None = None
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)

    def but(self, **changes: Any) -> "Sample":
        """A changed copy."""
        return replace(self, **changes)

    def no(self, stage: str, reason: str, detail: str = "") -> "Sample":
        """A rejected copy: it leaves here and keeps all that is known of it."""
        return replace(self, rejected=Rejection(stage, reason, detail[:2000]))

    def checked(self, check: Check, *evidence: Evidence, level: Level | None = None) -> "Sample":
        """A copy with one more check, and with `level` if that is stronger than what it had."""
        best = max(self.level, level or "none", key=LEVELS.index)
        return replace(
            self, checks=(*self.checks, check), level=best, evidence=(*self.evidence, *evidence)
        )

    def child(self, stage: str, index: int, **changes: Any) -> "Sample":
        """A new sample made from this one: its own id, and this one as its parent."""
        mark = hashlib.blake2b(f"{self.id}/{stage}/{index}".encode(), digest_size=8).hexdigest()
        fresh = replace(self, checks=(), level="none", evidence=(), rejected=None)
        made = replace(fresh, id=mark, lineage=Lineage(stage, (self.id,), seed=self.lineage.seed))
        return replace(made, **changes)

    def rng(self, name: str) -> random.Random:
        """A generator of random numbers that depends on the run's seed, the sample and `name`."""
        mark = f"{self.lineage.seed}/{self.id}/{name}".encode()
        seed = int.from_bytes(hashlib.blake2b(mark, digest_size=8).digest())
        return random.Random(seed)  # noqa: S311 - must be repeatable, keeps no secret

    @property
    def size(self) -> int:
        """About how many characters it holds."""
        files = sum(len(file.text) for file in (*self.files, *self.support))
        return len(self.code) + sum(len(m.content) for m in self.messages) + files

    @property
    def instruction(self) -> str:
        """The text of the first user message; empty if there is none."""
        return next((m.content for m in self.messages if m.role == "user"), "")

    @property
    def response(self) -> str:
        """The text of the last assistant message; empty if there is none."""
        return next((m.content for m in reversed(self.messages) if m.role == "assistant"), "")
