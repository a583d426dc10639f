"""What stages ask for. A stage yields a request and is sent the answer; it never does the work.

    outcome = yield from Job(files=..., command=...)      # one request
    first, second = yield from together([Job(...), Prompt(...)])   # side by side, in order
    lengths = yield from over(table, lambda sample: Compute(len, sample.code))   # streaming, in a `whole`

A request is a frozen value. Its `content()` is everything that the *stage* decided; the engine adds
the identity of the service that answers (model, tool version, environment digest) before the key is
taken. Nothing else may influence an answer: no sample id, no position in a batch, no clock.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import msgspec

from backfeed.engine.errors import InvalidReply
from backfeed.engine.records import File, Finding, Sample

T = TypeVar("T")

Asks = Generator[Any, Any, T]
"""A generator that yields requests (or `Together`, `Over`) and returns a `T`."""


@dataclass(frozen=True, slots=True)
class Request:
    """Base of all requests. `service` names the kind of desk that answers it."""

    service: ClassVar[str] = ""
    stored: ClassVar[bool] = True

    def desks(self) -> tuple[str, ...]:
        """The names of the desks that may answer, the best first."""
        return (self.service,)

    def content(self) -> Mapping[str, Any]:
        """The fields that differ from their defaults: the key is made from them.

        A new field with a default changes no key, so books outlive new versions.
        """
        found: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            default = item.default_factory() if item.default_factory is not MISSING else item.default
            if value != default:
                found[item.name] = value
        return found

    def decode(self, answer: Any) -> Any:
        """The answer as the stage wants it; `answer` is plain data, as it stands in the book."""
        return answer

    def __iter__(self) -> Asks[Any]:
        return self.decode((yield self))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. `None` means no limit of that kind.

    CPU seconds decide TLE; the wall limit is for programs that sleep. Memory and disk in MiB,
    output in KiB per stream.
    """

    cpu_s: float = 5.0
    wall_s: float = 17.0
    memory_mb: int = 512
    processes: int = 64
    file_mb: int = 32
    disk_mb: int = 128
    inodes: int = 4096
    output_kb: int = 1024
    open_files: int = 256


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. `verdict` is one of the run words of `records.VERDICT_OF`.

    `report` holds what the program wrote to descriptor 3 (jobs with `report=True`). `exit_code` is
    None if a signal ended it, `signal` is None otherwise. Text is decoded with replacement;
    `truncated` says that the middle of an output is missing. `peak_mb` is None where unknown.
    `environment` is the digest of what the program saw.
    """

    verdict: str
    exit_code: int | None = None
    signal: int | None = None
    stdout: str = ""
    stderr: str = ""
    report: str = ""
    truncated: bool = False
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float | None = None
    strays: int = 0
    near_limit: bool = False
    environment: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Job(Request):
    """Run a program in a sandbox: these files in a fresh directory, this command, these limits.

    `command` is in terms of the environment, e.g. `("python", "main.py")`. With `report`, the
    program gets descriptor 3 to write a record to, and an end without one is `FORGED`.
    """

    service: ClassVar[str] = "sandbox"

    files: tuple[File, ...] = ()
    command: tuple[str, ...] = ()
    stdin: str = ""
    limits: Limits = Limits()
    report: bool = False
    variables: tuple[tuple[str, str], ...] = ()

    def decode(self, answer: Any) -> Outcome:
        """The outcome."""
        return msgspec.convert(answer, Outcome)


@dataclass(frozen=True, slots=True)
class CodeCheck(Request):
    """Ask an analyzer about one snippet. `deep` asks for the slow passes too."""

    service: ClassVar[str] = "analyzer"

    language: str = ""
    code: str = ""
    deep: bool = False

    def desks(self) -> tuple[str, ...]:
        """The analyzer of the language, or the one that knows none."""
        return (f"analyzer:{self.language}", "analyzer")

    def decode(self, answer: Any) -> "Analysis":
        """The analysis."""
        return msgspec.convert(answer, Analysis)


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analyzer's word about one snippet: `ok`, `invalid` or `unknown`, and why."""

    word: Literal["ok", "invalid", "unknown"]
    tool: str = ""
    version: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Compute(Request):
    """Call a pure top-level function in a worker process. Not stored: it costs less than a look.

    A function that raises ValueError, RecursionError or MemoryError, hangs, or kills its worker, is
    `Refused` with the reason `compute-…`.
    """

    service: ClassVar[str] = "compute"
    stored: ClassVar[bool] = False

    function: Callable[..., Any] = len
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Embed(Request):
    """Ask for the embedding of a text: a list of floats of the embedder's length, of norm 1."""

    service: ClassVar[str] = "embedder"

    text: str = ""


@dataclass(frozen=True, slots=True)
class Score(Request):
    """Ask for a number about a text: `loss`, `ifd` or `reward` of `answer` after `prompt`."""

    service: ClassVar[str] = "scorer"

    kind: str = "loss"
    prompt: str = ""
    answer: str = ""
    role: str = "default"

    def desks(self) -> tuple[str, ...]:
        """The desk of the role, or of the default role."""
        return (f"scorer:{self.role}", "scorer:default")


@dataclass(frozen=True, slots=True)
class Train(Request):
    """Train on rows from given weights up to a step; the answer names artefacts by digest."""

    service: ClassVar[str] = "trainer"

    rows: str = ""
    preset: str = ""
    start: str = ""
    stop_step: int = 0


@dataclass(frozen=True, slots=True)
class Read(Request):
    """Ask for the path of an artefact that an earlier step or round wrote; None if none did."""

    service: ClassVar[str] = "artefacts"
    stored: ClassVar[bool] = False

    name: str = ""


@dataclass(frozen=True, slots=True, init=False)
class Prompt(Request):
    """Ask a model. `name` is a prompt file, `fields` fill it, `reply` is the type to be returned.

    With `reply`, the model is held to the type's JSON schema, and `yield from` asks again (with the
    complaint) until the reply is of that form, `attempts` times; then `InvalidReply` is raised.
    Without it the text is returned. `draw` is set by the engine: an independent sample per place.
    """

    service: ClassVar[str] = "model"

    name: str
    reply: type | None
    role: str
    attempts: int
    attempt: int
    complaint: str
    draw: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self, name: str, /, *, reply: type | None = None, role: str = "default", attempts: int = 3,
        **variables: Any,
    ) -> None:
        for key, value in (
            ("name", name), ("reply", reply), ("role", role), ("attempts", attempts), ("attempt", 0),
            ("complaint", ""), ("draw", ""), ("fields", variables),
        ):  # fmt: skip
            object.__setattr__(self, key, value)

    def desks(self) -> tuple[str, ...]:
        """The desk of the role, or of the default role."""
        return (f"model:{self.role}", "model:default")

    def but(self, **changes: Any) -> "Prompt":
        """A changed copy (the engine's, and the asking patterns')."""
        other = Prompt(self.name, **self.fields)
        for item in fields(self):
            object.__setattr__(other, item.name, changes.get(item.name, getattr(self, item.name)))
        return other

    def schema(self) -> dict[str, Any] | None:
        """The JSON schema of the reply; None for plain text."""
        return None if self.reply is None else msgspec.json.schema(self.reply)

    def content(self) -> Mapping[str, Any]:
        """All that the stage decided. A model service leaves out what it does not look at."""
        return {
            "name": self.name, "fields": dict(self.fields), "schema": self.schema(),
            "attempt": self.attempt, "complaint": self.complaint, "draw": self.draw,
        }  # fmt: skip

    def decode(self, answer: Any) -> Any:
        """The reply as the type asked for. Raises `InvalidReply` if it is not of that form."""
        text = str(answer["text"])
        if self.reply is None:
            return text
        try:
            return msgspec.json.decode(_bare_json(text), type=self.reply, strict=False)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise InvalidReply("invalid-reply", str(error)) from error

    def __iter__(self) -> Asks[Any]:
        return (yield from ask_valid(self))


def ask_valid(prompt: Prompt) -> Asks[Any]:
    """Ask until the reply has the form asked for; an invalid reply is named in the next attempt."""
    asked, attempt = prompt, 0
    while True:
        answer = yield asked
        try:
            return prompt.decode(answer)
        except InvalidReply as error:
            attempt += 1
            if attempt >= prompt.attempts:
                raise
            asked = prompt.but(attempt=attempt, complaint=error.detail)


def _bare_json(text: str) -> str:
    """The JSON of a reply that may be wrapped in a Markdown fence."""
    bare = text.strip()
    if bare.startswith("```"):
        bare = bare.split("\n", 1)[-1].rsplit("```", 1)[0]
    return bare


@dataclass(frozen=True, slots=True)
class Together:
    """Several asks at once; the answer is the list of their answers, in this order."""

    parts: tuple[Iterable[Any], ...]


def together(parts: Iterable[Iterable[Any]]) -> Asks[list[Any]]:
    """Ask all parts (requests or generators) side by side; of several errors the first is raised."""
    answers: list[Any] = yield Together(tuple(parts))
    return answers


@dataclass(frozen=True, slots=True)
class Over:
    """One ask for each row of a table, streamed; the answer can be iterated any number of times."""

    rows: Iterable[Sample]
    ask: Callable[[Sample], Iterable[Any]]


def over(table: Iterable[Sample], ask: Callable[[Sample], Iterable[Any]]) -> Asks[Iterable[Any]]:
    """Ask `ask(sample)` for every sample of a table, out of core; plain answers in row order."""
    answers: Iterable[Any] = yield Over(table, ask)
    return answers


def rejoined(asks: Iterable[Any], answer: Callable[[Request], Any]) -> Any:
    """Drive asks to their end with a plain function: how a stage is tested without an engine."""
    steps = iter(asks)
    if not isinstance(steps, Generator):
        return asks
    value: Any = None
    try:
        while True:
            wanted = steps.send(value)
            if isinstance(wanted, Together):
                value = [rejoined(part, answer) for part in wanted.parts]
            elif isinstance(wanted, Over):
                value = [rejoined(wanted.ask(row), answer) for row in wanted.rows]
            else:
                value = answer(wanted)
    except StopIteration as stop:
        return stop.value


def key_of(service: str, identity: str, content: Any) -> bytes:
    """The key of a request (20 bytes): the kind of service, who answers, and what was asked."""
    text = msgspec.json.encode((service, identity, content), order="sorted")
    return hashlib.blake2b(text, digest_size=20).digest()


@dataclass(frozen=True, slots=True)
class Result:
    """What a `whole` stage returns: rows (samples or Arrow batches), and artefacts as bytes or paths.

    `seeds`, inside a loop, are the seeds of the next round; None leaves them to the loop's rule.
    `metrics` are numbers for stop rules and the report.
    """

    rows: Iterable[Any]
    artefacts: Mapping[str, bytes | Path] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    seeds: Iterable[Sample] | None = None


