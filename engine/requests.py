"""What stages ask for. A stage yields a request and is sent the answer; it never does the work.

    outcome = yield from Job(files=..., command=...)      # one request
    first, second = yield from together([Job(...), Prompt(...)])   # side by side, in order
    sizes = yield from over(table, lambda row: Compute(len, (row.code,)))   # streams, in a `whole`

A request is a frozen value. Its `content()` is everything that the *stage* decided; the engine adds
the identity of the service that answers (model, tool version, environment digest) before the key is
taken. Nothing else may influence an answer: no sample id, no position in a batch, no clock.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from backfeed.engine._asking import Asks, Over, Request, Together, key_of, over, rejoined, together
from backfeed.engine._outcomes import Analysis, Build, Limits, Outcome, Part
from backfeed.engine._train import Train, Trained
from backfeed.engine.errors import InvalidReply
from backfeed.engine.records import File, Sample

__all__ = [
    "Analysis", "Asks", "Build", "CodeCheck", "Compute", "Embed", "Job", "Limits",
    "Outcome", "Over", "Part", "Prompt", "Read", "Request", "Result", "Score", "Together",
    "Train", "Trained", "Who", "ask_valid", "key_of", "over", "rejoined", "together",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job(Request):
    """Run a program in a sandbox: these files in a fresh directory, this command, these limits.

    `command` is in terms of the environment, e.g. `("python", "main.py")`. With `report`, the
    program gets descriptor 3 to write a record to, and an end without one is `FORGED`. With
    `build`, that is done first, once for all jobs of the same files; what `parts` leave lies beside
    these then.
    """

    service: ClassVar[str] = "sandbox"

    files: tuple[File, ...] = ()
    command: tuple[str, ...] = ()
    stdin: str = ""
    limits: Limits = field(default_factory=Limits)
    report: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    build: Build | None = None
    parts: tuple[Part, ...] = ()

    @property
    def builds(self) -> tuple[Build, ...]:
        """All that is built for it: its own build, and those of its parts."""
        own = (self.build,) if self.build else ()
        return (*own, *(part.build for part in self.parts))

    def decode(self, answer: Any) -> Outcome:
        """The outcome."""
        return msgspec.convert(answer, Outcome)


@dataclass(frozen=True, slots=True)
class CodeCheck(Request):
    """Ask an analyzer about one snippet; of a file of several, its path and what lies beside it."""

    service: ClassVar[str] = "analyzer"

    language: str = ""
    code: str = ""
    path: str = ""
    beside: tuple[File, ...] = ()
    deep: str = ""

    def desks(self) -> tuple[str, ...]:
        """The analyzer of the language, or the one that knows none; or a deep pass."""
        if self.deep:
            return (f"analyzer:deep:{self.deep}",)
        return (f"analyzer:{self.language}", "analyzer")

    def decode(self, answer: Any) -> Analysis:
        """The analysis."""
        return msgspec.convert(answer, Analysis)


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
    """Ask for a number about `answer` after `prompt`, of five significant digits.

    `loss` is the mean negative log-likelihood of the answer's tokens; `loss_alone` that without a
    prompt; `ifd` the first divided by the second; `ifd_ppl` the same of perplexities. A classifier
    knows `reward`, or `class:LABEL`. A backend that does not know a kind names those that it does.
    """

    service: ClassVar[str] = "scorer"

    kind: str = "loss"
    prompt: str = ""
    answer: str = ""
    role: str = "default"

    def desks(self) -> tuple[str, ...]:
        """The desk of the role, or of the default role."""
        return (f"scorer:{self.role}", "scorer:default")


@dataclass(frozen=True, slots=True)
class Read(Request):
    """Ask for the path of an artefact that an earlier step or round wrote; None if none did."""

    service: ClassVar[str] = "artefacts"
    stored: ClassVar[bool] = False

    name: str = ""


@dataclass(frozen=True, slots=True)
class Who(Request):
    """Ask for the name of the model that answers a role, for `lineage.model`."""

    service: ClassVar[str] = "model"
    stored: ClassVar[bool] = False

    role: str = "default"

    def desks(self) -> tuple[str, ...]:
        """The desk of the role, or of the default role."""
        return (f"model:{self.role}", "model:default")


@dataclass(frozen=True, slots=True, init=False)
class Prompt(Request):
    """Ask a model. `name` is a prompt file, `fields` fill it, `reply` is the type of the answer.

    With `reply`, the model is held to the type's JSON schema, and `yield from` asks again (with
    the complaint) until the reply is of that form, `attempts` times; then it raises `InvalidReply`.
    Without it the text is returned. A reply that was cut at the limit of tokens is asked for again,
    too. `said` is the reply complained of. `draw` is set by the engine: an independent sample per
    place.
    """

    service: ClassVar[str] = "model"

    name: str
    reply: type | None
    role: str
    attempts: int
    attempt: int
    complaint: str
    said: str
    draw: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        name: str,
        /,
        *,
        reply: type | None = None,
        role: str = "default",
        attempts: int = 3,
        **variables: Any,
    ) -> None:
        values = (name, reply, role, attempts, 0, "", "", "", variables)
        for item, value in zip(_PARTS, values, strict=True):
            object.__setattr__(self, item, value)

    def desks(self) -> tuple[str, ...]:
        """The desk of the role, or of the default role."""
        return (f"model:{self.role}", "model:default")

    def but(self, **changes: Any) -> "Prompt":
        """A changed copy (the engine's, and the asking patterns')."""
        other = object.__new__(Prompt)
        for item in _PARTS:
            value = changes[item] if item in changes else getattr(self, item)
            object.__setattr__(other, item, value)
        return other

    def schema(self) -> dict[str, Any] | None:
        """The JSON schema of the reply; None for plain text."""
        return None if self.reply is None else _schema_of(self.reply)

    def content(self) -> Mapping[str, Any]:
        """All that the stage decided. A model service leaves out what it does not look at."""
        return {
            "name": self.name, "fields": dict(self.fields), "schema": self.schema(),
            "attempt": self.attempt, "complaint": self.complaint, "said": self.said,
            "draw": self.draw,
        }  # fmt: skip

    def decode(self, answer: Any) -> Any:
        """The reply as the type asked for. Raises `InvalidReply` if it is not of that form."""
        text, cut = str(answer["text"]), answer.get("finish") == "length"
        if self.reply is None and not cut:
            if not text.strip():
                raise InvalidReply("empty-reply", "it was empty: write the whole reply")
            return text
        try:
            if self.reply is not None:
                return msgspec.json.decode(_bare_json(text), type=self.reply, strict=False)
        except (msgspec.DecodeError, UnicodeError) as error:
            if not cut:
                raise InvalidReply("invalid-reply", str(error)) from error
        raise InvalidReply("length", "it was cut at the limit of tokens: be shorter")

    def __iter__(self) -> Asks[Any]:
        return (yield from ask_valid(self))


_PARTS = tuple(item.name for item in fields(Prompt))


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
            said = str(answer["text"])
            asked = prompt.but(attempt=attempt, complaint=error.detail, said=said)


_schema_of = functools.cache(msgspec.json.schema)


def _bare_json(text: str) -> str:
    """The JSON of a reply that may be wrapped in a Markdown fence."""
    bare = text.strip()
    if bare.startswith("```"):
        bare = bare.split("\n", 1)[-1].rsplit("```", 1)[0]
    return bare


@dataclass(frozen=True, slots=True)
class Result:
    """What a `whole` stage returns: rows (samples, Arrow batches), artefacts (bytes or paths).

    `seeds`, inside a loop, are the seeds of the next round; None leaves them to the loop's rule.
    `metrics` are numbers for stop rules and the report.
    """

    rows: Iterable[Any]
    artefacts: Mapping[str, bytes | Path] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    seeds: Iterable[Sample] | None = None
