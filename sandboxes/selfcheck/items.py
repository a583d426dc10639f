"""The programs of the suite as data: what each tries, and what it must come to.

A language is a TOML file in `programs/`, with a folder of programs beside it. Those in Python end
in `.python`: whatever looks for our own sources takes every `.py`. In a program, words such as
`@CANARY@` stand for what the suite fills in (see `bait.py`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from backfeed.engine import languages
from backfeed.engine.config import build as built
from backfeed.engine.config import nearest
from backfeed.engine.config import read_toml as read
from backfeed.engine.errors import CallerError
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Job, Limits, Outcome
from backfeed.sandboxes.selfcheck.bait import Trap

TAG = "BACKFEED_TAG"  # the variable by which processes that a program leaves are found
NEW = ", new interpreter"
Fill = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Language:
    """How programs of a language are run. `main` is the name that a program gets, ending in
    `suffix` here; `versions` are commands that must succeed, else the sandbox lacks the language.
    """

    name: str
    suffix: str
    main: str
    command: tuple[str, ...]
    versions: tuple[tuple[str, ...], ...]
    limits: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()
    build: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    build_limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """One attack. `row` is its row in the list that the suite was made from, 0 if it has none.

    `program` and `files` name its files; `after` is a program that runs next in the same slot,
    `beside` one that runs meanwhile in a neighbouring one: neither may find anything. `verdicts`
    are those that are right, the first is shown. `tests` are tests of an answer, and the program
    is that answer; `framework` is what runs them from a file, if it is not our harness.

    What is looked at from outside: `forbidden` words in the output, `prints` must be there and
    `printed_bytes` be its length, at least `strays` processes left behind, an answer `within_s`;
    with `alone`, nothing else of the suite runs, and memory and reading are measured; with
    `steady`, its CPU time is the same with and without the program beside it. The canary is
    looked at again after `linger_s`.
    """

    name: str
    language: str
    tries: str
    verdicts: tuple[str, ...] = ("AC",)
    row: int = 0
    program: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    build: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    build_limits: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()
    stdin: str = ""
    stdin_kb: int = 0
    report: bool = False
    tests: tuple[Mapping[str, str], ...] = ()
    framework: str = ""
    after: str = ""
    beside: str = ""
    forbidden: tuple[str, ...] = ()
    prints: str = ""
    printed_bytes: int = 0
    strays: int = 0
    within_s: float | None = None
    linger_s: float = 0.0
    alone: bool = False
    steady: bool = False
    new_interpreter: bool = False
    both_interpreters: bool = False
    known_gap: str = ""
    never_on: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name with its language, which no other item has."""
        return f"{self.language}/{self.name}"

    def bounds(self) -> Limits:
        """Its limits: the language's, and its own before them."""
        return Limits(**{**language(self.language).limits, **self.limits})


def names() -> list[str]:
    """The languages that there are programs in."""
    return sorted(path.name.removesuffix(".toml") for path in _programs() if _is_table(path))


def select(only: Sequence[str] = (), wanted: Sequence[str] = ()) -> list[Item]:
    """The items of these languages, or with these names; all without a choice.

    Raises `CallerError` for a language or name that there is not.
    """
    for name in only:
        if name not in names():
            raise CallerError(f"the suite has no language {name!r}; {nearest(name, names())}")
    found = [item for name in names() if not only or name in only for item in items(name)]
    known = {known for item in found for known in (item.name, item.key)}
    for name in wanted:
        if name not in known:
            raise CallerError(f"the suite has no item {name!r}; {nearest(name, known)}")
    return [item for item in found if not wanted or {item.name, item.key} & {*wanted}]


@cache
def language(name: str) -> Language:
    """How programs of this language are run."""
    own = {key: value for key, value in _table(name).items() if key != "programs"}
    return built(Language, {"name": name, **own}, f"programs/{name}.toml")


@cache
def items(name: str) -> tuple[Item, ...]:
    """The items of a language, in the order of the list that the suite was made from."""
    found: list[Item] = []
    for key, table in _table(name)["programs"].items():
        told = {"name": key, "language": name, "program": key, **table}
        item = built(Item, told, f"programs/{name}.toml, {key}")
        found.append(item)
        if item.both_interpreters:
            found.append(replace(item, name=item.name + NEW, new_interpreter=True))
    return tuple(sorted(found, key=lambda item: item.row or 1000))


def text(name: str, program: str) -> str:
    """The source of a program."""
    place = files("backfeed.sandboxes.selfcheck") / "programs" / name
    return (place / (program + language(name).suffix)).read_text("utf-8")


def job(item: Item, trap: Trap, program: str = "") -> Job:
    """The job of an item, or of a program that belongs to it: plain, and in the same limits."""
    code = trap.fill(text(item.language, program or item.program))
    variables = {**dict(language(item.language).variables), **dict(item.variables)}
    if item.tests and not program:
        made = _answer(item, code, trap.fill)
    else:
        made = _plain(item if not program else replace(item, command=()), code, trap.fill)
    stdin = "x" * (1024 * item.stdin_kb) or trap.fill(item.stdin)
    made = replace(made, limits=item.bounds(), stdin="" if program else stdin)
    if made.build:  # its variables are the build's, which is made once if nothing changes
        words = (*made.command, trap.tag)
        return replace(made, command=words, variables=tuple(variables.items()))
    return replace(made, variables=((TAG, trap.tag), *variables.items()))


def _plain(item: Item, code: str, fill: Fill) -> Job:
    known = language(item.language)
    others = (File(path, fill(_any(item.language, name))) for path, name in item.files.items())
    command = item.command or known.command
    if item.new_interpreter:
        command = (command[0], "-B", *command[1:])
    make = known.build if item.build is None else item.build
    outputs = known.outputs if item.outputs is None else item.outputs
    sources = (File(known.main, code), *others)
    plain = Job(sources, tuple(map(fill, command)), report=item.report)
    if not make:
        return plain
    made = Build(tuple(map(fill, make)), outputs)
    more = {**known.build_limits, **item.build_limits}
    return replace(plain, build=replace(made, limits=replace(made.limits, **more)))


def _answer(item: Item, code: str, fill: Fill) -> Job:
    """The answer and its tests, as a run of the engine makes a job of them."""
    plugin = languages.load(item.language)
    if item.framework:
        tests = tuple(File(test["path"], fill(test["code"])) for test in item.tests)
        made: Job = plugin.framework_job(item.framework, (File("answer.py", code),), tests)
        return made
    spec = {"code": code, "tests": [{**test, "setup": ""} for test in item.tests]}
    made = plugin.test_job(spec)
    return replace(made, limits=item.bounds())


def word(item: Item, outcome: Outcome) -> str:
    """The verdict; of an answer that was tested, what its record says, if it left one."""
    if not item.tests:
        return outcome.verdict
    try:
        results = json.loads(outcome.report)["tests"]
    except (ValueError, KeyError, TypeError):
        return "FORGED" if outcome.verdict == "AC" else outcome.verdict
    if any(result["error"] for result in results):
        return "WA"
    if not sum(result["executed"] for result in results):
        return "NONE"
    return outcome.verdict


def _any(name: str, path: str) -> str:
    """A file of a language's folder, by its whole name."""
    place = files("backfeed.sandboxes.selfcheck") / "programs" / name / path
    return place.read_text("utf-8")


def _programs() -> list[Any]:
    return list((files("backfeed.sandboxes.selfcheck") / "programs").iterdir())


def _is_table(path: Any) -> bool:
    return str(path.name).endswith(".toml")


@cache
def _table(name: str) -> dict[str, Any]:
    return read(files("backfeed.sandboxes.selfcheck") / "programs" / f"{name}.toml")  # type: ignore[arg-type]
