"""What plug-ins promise: every contract of Backfeed on one page.

A plug-in is a module in its kind's folder with one object named PLUGIN: a class or a factory for
stages and backends (called with the recipe's keys), an object otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from backfeed.engine.records import Rejection, Sample
from backfeed.engine.requests import Asks, CodeCheck, Result


@dataclass(frozen=True, slots=True)
class Gather:
    """How a service likes its requests.

    The largest batch, how long the first of a batch may wait for others, how many batches are under
    way at once, and after how long one is given up.
    """

    batch: int = 1
    wait_s: float = 0.0
    parallel: int = 1
    deadline_s: float = 600.0


@runtime_checkable
class Service(Protocol):
    """What answers one kind of request.

    `identity` names all that determines an answer besides the request (model, tool versions,
    environment digest); it must not change while the run lasts. `gather` describes batching: an
    answer must not depend on its batch.
    """

    identity: str
    gather: Gather

    def content(self, request: Any) -> Any:
        """The part of a request that determines the answer, as plain data."""

    async def answer(self, requests: Sequence[Any]) -> Sequence[Any]:
        """One answer per request, in order: plain data, or an `AskFailed` or `Outage` instance.

        Raising fails the whole batch: the engine halves it to find the culprit. Raise `Outage` for
        the world's failures, `ServiceRefusal` if every request would be refused.
        """

    async def close(self) -> None:
        """Give back what is held; called once, also after a failed start."""


@runtime_checkable
class EachStage(Protocol):
    """One sample in, any number out; streams. Holds picklable settings and nothing else.

    `version` is raised when the stage would treat a sample differently. Returning no sample at all
    is an error: reject instead. Optional: `reads` (names of artefacts), `asks` (kinds of services),
    `named` (those that the caller has to name, as nothing may stand in for them) and `prompts`
    (names of prompts), which are checked before work begins.
    """

    version: int

    def each(self, sample: Sample) -> Asks[Sequence[Sample]]:
        """Ask, and return the samples that go on (or are rejected), in order."""


@runtime_checkable
class WholeStage(Protocol):
    """Needs the set: the whole table in, rows and artefacts out.

    Every row of the table must come out, alive or rejected, unless `born` is true: then the table
    is only looked at, and all rows that come out are new. Optional besides: `reads`, `writes`
    (names of artefacts), `optional` (those of `reads` that need not be there), `asks`, `prompts`.
    `spare` says that rows are as good without it: after a stop it is left out.

    A run with a limit goes in waves. A stage that is `incremental` is given each row once, and
    knows what it was given before from `table.before` and from its artefacts: what it makes of the
    new rows joins what it made then. Any other is given all rows again in every wave.
    """

    version: int

    def whole(self, table: "Table") -> Asks[Result]:
        """Ask, and return rows (in a fixed order) and artefacts."""


class Table(Protocol):
    """Rows on disk, in order. Iterating gives samples, one at a time.

    `seed` is the run's, mixed with the number of the round inside a loop (`round`, from 0) and of
    the wave. `before` is a table of what the step was given in earlier waves.
    """

    paths: Sequence[Path]
    seed: int
    round: int

    @property
    def before(self) -> "Table": ...

    def __iter__(self) -> Iterator[Sample]: ...

    def __len__(self) -> int: ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Arrow record batches of the row schema, or of some columns."""


class Source(Protocol):
    """Where seeds come from: `pypi`, `git`, `path`, `rows`, `npm`."""

    def resolve(self, address: str, cache: Path, pin: "Pin | None" = None) -> "Pinned":
        """Pin an address (what stands behind the colon) to a version and a digest.

        `cache` is a folder for what is fetched. With `pin` it must come to that version again, from
        the cache if it holds it. Raises `InputError`, `Outage`, `ServiceRefusal`.
        """

    def read(self, pinned: "Pinned", rules: "ReadRules") -> Iterator[Sample]:
        """The source's code files as samples (alive or rejected), in a fixed order."""


@dataclass(frozen=True, slots=True)
class ReadRules:
    """What a source reads: files of these languages (none named: of all), up to a size."""

    languages: tuple[str, ...] = ()
    max_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Pin:
    """What an address came to before."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address with its version and content digest; `place` is where it lies on this machine.

    `address` is exact: it names this version, and resolves to it again.
    """

    address: str
    version: str
    sha256: str
    place: Path
    facts: tuple[tuple[str, str], ...] = ()


class Model(Protocol):
    """Makes the service that answers `Prompt` for one role.

    `answers` lists the prompts it can answer; None means any. Optional: `embedder(name, settings)`,
    `scorer(name, settings)` and `trainer(name, settings)` make the services for `Embed`, `Score`
    and `Train`, the last with the folder `work` among its settings; `roles(name, kind)` lists roles
    that one backend for all of them stands for (kind `model` or `scorer`), and each is then made
    with the setting `role`.

    A service that costs money has `pay_from` (see `engine.ledger.Paid`); one whose answers can be
    replayed has `name` and `form`, by which its keys are made.
    """

    answers: frozenset[str] | None

    def service(self, name: str, settings: Mapping[str, Any]) -> Service:
        """Raises `ConfigError` for settings it does not know."""


class Sandbox(Protocol):
    """Makes the service that answers `Job`.

    Nothing runs if the machine cannot isolate: `probe` raises `ConfigError` with the remedy, or
    returns what is in force, as plain data.
    """

    def probe(self) -> Mapping[str, Any]: ...

    def service(self, settings: Mapping[str, Any]) -> Service: ...


class Analyzer(Protocol):
    """Checks code of one language without running it, in batches; its tools run as jobs.

    Optional: `tools`, programs that lie at /opt/backfeed/bin/NAME inside the sandbox; `packages`,
    distributions that lie there as NAME.zip; and the verbs of a language (`engine.languages`).
    """

    language: str
    version: str

    def check(self, batch: Sequence[CodeCheck]) -> Asks[Sequence[Any]]:
        """One `Analysis` (as plain data) per snippet, in order."""


class DeepPass(Protocol):
    """A slower tool over code that its language's own let pass; it runs as a job, in batches.

    `name` is what it is asked for by, `distribution` and the `extra` of ours bring its tool. The
    version is that of the tool and of its rules. `packages` lie inside the sandbox as those of an
    analyzer do.
    """

    name: str
    distribution: str
    extra: str
    languages: tuple[str, ...]
    version: str
    packages: tuple[str, ...]

    def programs(self) -> Mapping[str, str]:
        """What lies at /opt/backfeed/bin inside, by name, and where it lies on this machine."""

    def check(self, batch: Sequence[CodeCheck]) -> Asks[Sequence[Any]]:
        """One `Analysis` (as plain data) per snippet, in order; the languages may be mixed."""


class Reader(Protocol):
    """Reads one file format of instruction data.

    Optional: `numbered(path)` yields each row with the line on which it begins, from 1. Without it,
    rows are numbered.
    """

    suffixes: tuple[str, ...]

    def read(self, path: Path) -> Iterator[Mapping[str, Any]]:
        """Rows as plain mappings, in file order. Raises `InputError` with the line or row."""


class Exporter(Protocol):
    """Turns a sample into one row of a format. Its files end in `suffix` unless asked otherwise.

    `schema` is the Arrow schema of a row: all its columns stand in every row, each with one type.
    What is written is read back equal. Optional: `llama_factory`, how LLaMA-Factory reads the rows.
    """

    suffix: str
    schema: Any

    def shape(self, sample: Sample) -> Mapping[str, Any] | Rejection:
        """A row as plain data; or why the format cannot hold this sample."""
