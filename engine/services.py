"""The services of a run, built from what its stages ask, its recipe and the caller's wishes."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine import passes, registry
from backfeed.engine.analyzing import AnalyzerService, NoAnalyzer
from backfeed.engine.bundles import bundle
from backfeed.engine.compute import ComputeService
from backfeed.engine.config import nearest
from backfeed.engine.contracts import Service
from backfeed.engine.errors import BackfeedError, CallerError, ConfigError
from backfeed.engine.lanes import close_all
from backfeed.engine.ledger import Ledger, Paid
from backfeed.engine.models import _presets, _roles
from backfeed.engine.proving import prove
from backfeed.engine.recipe import Recipe

DEFAULT_SANDBOX = "bubblewrap"
UNSAFE = ("process",)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller asked for on the command line.

    `models` maps roles to specs such as `openai:NAME`, `base_url` are their addresses, one or more;
    `sandbox` is a backend's name, None for the recipe's; `jobs` is how many programs and
    computations may run at once, None for all cores; `work` is where trainings are kept.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    base_url: str | Sequence[str] = ()
    sandbox: str | None = None
    jobs: int | None = None
    work: Path = Path(".work")


def build(recipe: Recipe, wishes: Wishes, ledger: Ledger | None = None) -> dict[str, Service]:
    """A service for every kind that a stage of the recipe says it asks; all pay from one ledger.

    Raises:
        ConfigError: no backend for a kind, or one that cannot answer what the recipe asks, or this
            machine cannot isolate programs, or a limit of money is set and a price unknown; the
            message says how to mend it.
    """
    purse = ledger or Ledger(recipe.stop.usd)
    kinds = recipe.asks()
    passes.chosen(_passes(recipe))
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


def _analyzers(recipe: Recipe, wishes: Wishes, made: Mapping[str, Service]) -> dict[str, Service]:
    found: dict[str, Service] = {"analyzer": NoAnalyzer(), **_deeper(recipe, wishes, made)}
    for name in registry.names("analyzers"):
        analyzer = registry.made("analyzers", name)
        found[f"analyzer:{analyzer.language}"] = AnalyzerService(analyzer, made)
    return found


def _passes(recipe: Recipe) -> set[str]:
    """The deep passes that its stages are set to ask for."""
    return {name for step in recipe.all_steps() for name in getattr(step.stage, "deep", ())}


def _deeper(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    """The deep passes, each with a sandbox for its tool alone: the others' answers stay theirs."""
    name, settings = sandbox_of(recipe.sandbox, wishes.sandbox)
    jobs = max(1, (wishes.jobs or len(os.sched_getaffinity(0))) // 2)
    made: dict[str, Service] = {}
    for one in passes.chosen(_passes(recipe)):
        own = {**settings, "tools": passes.tools(one), "prepared": {}}
        made[f"sandbox:{one.name}"] = box = open_sandbox(name, own, jobs=jobs)
        made[f"analyzer:deep:{one.name}"] = AnalyzerService(one, {"sandbox": box})
    return made


def _models(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    specs = model_specs(recipe.models, wishes)
    return _roles.prompters(specs, recipe.name, recipe.prompts())


def _embedder(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    steps = [step.name for step in recipe.all_steps() if "embedder" in _named(step.stage)]
    return _roles.embedder(model_specs(recipe.models, wishes), steps)


def _named(stage: Any) -> Sequence[str]:
    """The kinds of services that the caller has to name for a stage."""
    return getattr(stage, "named", ())


def _scorers(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    return _roles.scorers(model_specs(recipe.models, wishes), recipe.name)


def _trainer(recipe: Recipe, wishes: Wishes, _made: Mapping[str, Service]) -> dict[str, Service]:
    found = _roles.trainer(model_specs(recipe.models, wishes), recipe.name, wishes.work)
    for step in recipe.all_steps():
        if "trainer" in getattr(step.stage, "asks", ()) and hasattr(step.stage, "preset"):
            _presets.load(step.stage.preset)
    return found


def model_specs(section: Mapping[str, Any], wishes: Wishes) -> dict[str, dict[str, Any]]:
    """Each role's settings: `use` is the spec, the rest is for the backend."""
    specs: dict[str, dict[str, Any]] = {
        role: dict(value) if isinstance(value, Mapping) else {"use": str(value)}
        for role, value in section.items()
    }
    for role, spec in wishes.models.items():
        kept = {k: v for k, v in specs.get(role, {}).items() if k not in ("use", "base_url")}
        specs[role] = {**kept, "use": spec}
        if wishes.base_url and ":" in spec:  # what has no name has no address
            urls = wishes.base_url
            if not isinstance(urls, str) and len(urls) == 1:
                urls = urls[0]
            specs[role]["base_url"] = urls
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
