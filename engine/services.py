"""The services of a run, built from what its stages ask, its recipe and the caller's wishes."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine import registry
from backfeed.engine.boundary import boundary
from backfeed.engine.bundles import bundle
from backfeed.engine.compute import ComputeService
from backfeed.engine.config import nearest
from backfeed.engine.contracts import Analyzer, Gather, Service
from backfeed.engine.errors import AskFailed, BackfeedError, CallerError, ConfigError, Outage
from backfeed.engine.lanes import close_all
from backfeed.engine.ledger import Ledger, Paid
from backfeed.engine.models import _roles
from backfeed.engine.proving import prove
from backfeed.engine.recipe import Recipe
from backfeed.engine.requests import CodeCheck, Compute, Job, Together

DEFAULT_SANDBOX = "bubblewrap"
UNSAFE = ("process",)
_CUT_SHORT = ("TLE", "IDLE", "MLE", "OLE", "CE_LIMIT")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller asked for on the command line.

    `models` maps roles to specs such as `openai:NAME`; `sandbox` is a backend's name, None for the
    recipe's; `jobs` is how many programs and computations may run at once, None for all cores.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""
    sandbox: str | None = None
    jobs: int | None = None


def build(recipe: Recipe, wishes: Wishes, ledger: Ledger | None = None) -> dict[str, Service]:
    """A service for every kind that a stage of the recipe says it asks; all pay from one ledger.

    Raises:
        ConfigError: no backend for a kind, or one that cannot answer what the recipe asks, or this
            machine cannot isolate programs, or a limit of money is set and a price unknown; the
            message says how to mend it.
    """
    purse = ledger or Ledger(recipe.stop.usd)
    kinds = recipe.asks()
    made: dict[str, Service] = {}
    for kind in sorted(kinds):
        if kind not in _MAKERS:
            raise ConfigError(f"a stage asks the service {kind!r}; {nearest(kind, _MAKERS)}")
    try:
        for kind, make in _MAKERS.items():
            if kind in kinds or (kind == "sandbox" and "analyzer" in kinds):
                made |= make(recipe, wishes, made)
        for service in made.values():
            if isinstance(service, Paid):
                service.pay_from(purse)
    except BackfeedError:
        asyncio.run(close_all(made.values()))
        raise
    return made


def _compute(_recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    return {"compute": ComputeService(wishes.jobs)}


def _sandbox(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    name, settings = sandbox_of(recipe.sandbox, wishes.sandbox)
    return {"sandbox": open_proven(name, settings, jobs=wishes.jobs)}


def sandbox_of(section: Mapping[str, Any], asked: str | None) -> tuple[str, dict[str, Any]]:
    """The backend's name and settings, from a recipe's [sandbox] and the caller's wish.

    A backend without isolation is not taken from a recipe: whoever runs it must ask for it.
    """
    settings = dict(section)
    named = str(settings.pop("use", DEFAULT_SANDBOX))
    if asked is None and named in UNSAFE:
        raise ConfigError(
            f"the recipe asks for the sandbox {named!r}, which does not isolate programs from this"
            f" machine; if you trust all code of the run, add --sandbox {named}"
        )
    return asked or named, settings


def open_sandbox(name: str, settings: Mapping[str, Any], *, jobs: int | None = None) -> Service:
    """The service of a sandbox backend that works here. Raises `ConfigError` with the remedy."""
    backend = registry.made("sandboxes", name)
    own = {"named": True} if name in UNSAFE else {}
    wanted = {
        "tools": tools(),
        "prepared": guests(),
        **own,
        **settings,
        **({} if jobs is None else {"slots": jobs}),
    }
    service: Service = backend.service(wanted)
    return service


def open_proven(name: str, settings: Mapping[str, Any], *, jobs: int | None = None) -> Service:
    """The same, once its probes have held; one that isolates nothing has nothing to prove."""
    service = open_sandbox(name, settings, jobs=jobs)
    if name in UNSAFE:
        return service
    try:
        held = prove(name, service)
    except BackfeedError:
        asyncio.run(close_all([service]))
        raise
    if isinstance(facts := getattr(service, "in_force", None), dict):
        facts["probes"] = held
    return service


def tools() -> dict[str, str]:
    """The programs and packages of this machine that run inside the sandbox, by name.

    Raises `ConfigError` for one that is not here.
    """
    found: dict[str, str] = {}
    for name in registry.names("analyzers"):
        for tool in getattr(registry.made("analyzers", name), "tools", ()):
            beside = Path(sys.executable).with_name(tool)
            path = str(beside) if beside.exists() else shutil.which(tool)
            if path is None:
                raise ConfigError(f"the analyzer of {name} needs {tool!r}: pip install {tool}")
            found[tool] = path
        for package in getattr(registry.made("analyzers", name), "packages", ()):
            found[f"{package}.zip"] = str(bundle(package))
    return found


def guests() -> dict[str, str]:
    """The Python files that analyzers lay beside many programs: name and text."""
    found: dict[str, str] = {}
    for name in registry.names("analyzers"):
        found |= getattr(registry.made("analyzers", name), "guests", {})
    return found


def _analyzers(_recipe: Recipe, _wishes: Wishes, made: Mapping[str, Service]) -> dict[str, Service]:
    found: dict[str, Service] = {"analyzer": NoAnalyzer()}
    for name in registry.names("analyzers"):
        analyzer = registry.made("analyzers", name)
        found[f"analyzer:{analyzer.language}"] = AnalyzerService(analyzer, made)
    return found


def _models(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    specs = model_specs(recipe.models, wishes)
    return _roles.prompters(specs, recipe.name, recipe.prompts())


def _embedder(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    return _roles.embedder(model_specs(recipe.models, wishes))


def _scorers(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    return _roles.scorers(model_specs(recipe.models, wishes), recipe.name)


def _trainer(recipe: Recipe, _wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    raise ConfigError(
        f"the recipe {recipe.name!r} trains a model, and this version has no backend that trains;"
        " the extra backfeed[train] brings the libraries for one, not the backend itself"
    )


def model_specs(section: Mapping[str, Any], wishes: Wishes) -> dict[str, dict[str, Any]]:
    """Each role's settings: `use` is the spec, the rest is for the backend."""
    specs = {
        role: dict(value) if isinstance(value, Mapping) else {"use": str(value)}
        for role, value in section.items()
    }
    for role, spec in wishes.models.items():
        kept = {k: v for k, v in specs.get(role, {}).items() if k not in ("use", "base_url")}
        specs[role] = {**kept, "use": spec}
        if wishes.base_url and ":" in spec:  # what has no name has no address
            specs[role]["base_url"] = wishes.base_url
    for role, settings in specs.items():
        if "use" not in settings:
            raise ConfigError(f'[models.{role}] needs `use = "KIND:NAME"`, e.g. use = "extractive"')
    return specs


def parse_models(texts: Sequence[str]) -> dict[str, str]:
    """What `--model ROLE=SPEC` (or SPEC, for the default role) says."""
    found: dict[str, str] = {}
    for text in texts:
        role, eq, spec = text.partition("=")
        role, spec = (role, spec) if eq and ":" not in role else ("default", text)
        if not spec or not role:
            raise CallerError(f"--model {text!r}: write KIND:NAME, or ROLE=KIND:NAME")
        found[role] = spec
    return found


_MAKERS: dict[str, Callable[[Recipe, Wishes, Mapping[str, Service]], dict[str, Service]]] = {
    "model": _models, "embedder": _embedder, "scorer": _scorers, "trainer": _trainer,
    "compute": _compute, "sandbox": _sandbox, "analyzer": _analyzers,
}  # fmt: skip


class AnalyzerService:
    """Answers `CodeCheck` for one language: drives the plug-in, and has its jobs run.

    A batch whose tool was cut short is an outage, so that it is halved; a single snippet that cuts
    it short is a fact about that snippet: `unknown`.
    """

    def __init__(self, analyzer: Analyzer, services: Mapping[str, Service]) -> None:
        self._analyzer, self._services = analyzer, services
        sandbox = services["sandbox"]
        self.identity = f"{analyzer.language} {analyzer.version} / {sandbox.identity}"
        parallel = max(1, sandbox.gather.parallel // 2)
        self.gather = Gather(batch=200, wait_s=2.0, parallel=parallel)

    def content(self, request: CodeCheck) -> Any:
        """All of it."""
        return request.content()

    async def answer(self, requests: Sequence[CodeCheck]) -> list[Any]:
        """One analysis per snippet, as plain data."""
        try:
            found = await self._drive(self._analyzer.check(requests))
        except _CutShort as cut:
            if len(requests) > 1:
                raise Outage(f"analyzer of {self._analyzer.language}: {cut}") from None
            return [self._unknown(str(cut))]
        return list(msgspec.to_builtins(found))

    def _unknown(self, why: str) -> dict[str, Any]:
        finding = {"rule": "tool-limit", "level": "note", "message": why}
        version = self._analyzer.version
        return {"word": "unknown", "tool": "", "version": version, "findings": [finding]}

    async def _drive(self, asks: Any) -> Any:
        """The plug-in's generator to its end, its requests answered without the book."""
        go_on, value = asks.send, None
        with boundary(Outage, f"analyzer of {self._analyzer.language}"):
            while True:
                try:
                    wanted = go_on(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    go_on, value = asks.send, await self._reply(wanted)
                except AskFailed as failure:
                    go_on, value = asks.throw, failure

    async def _reply(self, wanted: Any) -> Any:
        if isinstance(wanted, Together):
            return list(await asyncio.gather(*(self._drive(iter(part)) for part in wanted.parts)))
        if not isinstance(wanted, Job | Compute) or wanted.service not in self._services:
            raise Outage(
                f"it asks for {type(wanted).__name__}: analyzers may ask for Job and Compute"
            )
        [answer] = await self._services[wanted.service].answer([wanted])
        if isinstance(answer, BackfeedError):
            raise answer
        if isinstance(wanted, Job) and (answer["verdict"] in _CUT_SHORT or answer.get("truncated")):
            raise _CutShort(answer["verdict"], answer.get("detail", ""))
        return answer

    async def close(self) -> None:
        """The sandbox is closed by the run."""


class _CutShort(AskFailed):
    """A tool was stopped at a limit, or its output was cut."""


class NoAnalyzer:
    """Answers `CodeCheck` for languages without an analyzer: unknown."""

    identity = "no analyzer"
    gather = Gather(batch=1000)

    def content(self, request: CodeCheck) -> Any:
        """All of it."""
        return request.content()

    async def answer(self, requests: Sequence[CodeCheck]) -> list[Any]:
        """Unknown, every one."""
        return [{"word": "unknown", "tool": "", "version": "", "findings": []} for _ in requests]

    async def close(self) -> None:
        """Nothing is held."""
