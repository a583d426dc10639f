"""Find plug-ins by kind and name. The file name is the plug-in's name.

A built-in plug-in is a file: `analyzers/go.py` is the analyzer "go". Files with a leading
underscore, and folders, are not plug-ins. A plug-in of another distribution is an entry point:

    [project.entry-points."backfeed.analyzers"]
    cobol = "my_package.cobol"

Either way it is one module with one object in it, named PLUGIN. A recipe is a file too,
`engine/recipes/synth.toml`; for an outsider's the entry point names the package in which the file
`<name>.toml` lies. A name may be claimed once: who claims it a second time is refused, never
silently preferred. Listing imports none of the plug-ins.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

from backfeed.engine import contracts
from backfeed.engine.errors import MissingExtra, PluginFault, UnknownName

OURS = "backfeed"

KINDS = {
    "analyzers": "backfeed.analyzers",
    "deep": "backfeed.analyzers.deep",
    "sandboxes": "backfeed.sandboxes",
    "stages": "backfeed.engine.stages",
    "models": "backfeed.engine.models",
    "exporters": "backfeed.engine.exporters",
    "readers": "backfeed.engine.readers",
    "sources": "backfeed.engine.sources",
    "runners": "backfeed.engine.runners",
    "recipes": "backfeed.engine.recipes",
}

# A plug-in has the methods of one of its kind's contracts.
CONTRACTS: dict[str, tuple[type, ...]] = {
    "analyzers": (contracts.Analyzer,),
    "deep": (contracts.DeepPass,),
    "sandboxes": (contracts.Sandbox,),
    "stages": (contracts.EachStage, contracts.WholeStage),
    "models": (contracts.Model,),
    "exporters": (contracts.Exporter,),
    "readers": (contracts.Reader,),
    "sources": (contracts.Source,),
}

# The extra that brings an outside package.
EXTRAS = {
    "accelerate": "train",
    "aiohttp": "openai",
    "httpx2": "openai",
    "openai": "openai",
    "peft": "train",
    "torch": "train",
    "transformers": "train",
    "tree_sitter_language_pack": "languages",
    "datasets": "hf",
    "docker": "docker",
    "pylint": "deep",
    "ray": "ray",
    "semgrep": "semgrep",
    "sentence_transformers": "embed",
    "vllm": "vllm",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a plug-in comes from: its name, its module, and the distribution that has it."""

    name: str
    module: str
    distribution: str


def find(kind: str) -> dict[str, Entry]:
    """Return all plug-ins of `kind` by name, sorted. Imports none of them.

    Raises:
        UnknownName: there is no such kind.
        PluginFault: two distributions claim one name.
    """
    if kind not in KINDS:
        raise UnknownName(f"no kind of plug-in is called {kind!r}; {_hint(kind, KINDS)}")
    found: dict[str, Entry] = {}
    for entry in (*_built_in(kind), *_outside(kind, tuple(sys.path))):
        first = found.setdefault(entry.name, entry)
        if first != entry:
            raise PluginFault(
                f"the name {entry.name!r} is claimed twice among the {kind}: by {first.module} "
                f"of {first.distribution} and by {entry.module} of {entry.distribution}; "
                f"rename one, or uninstall {entry.distribution}"
            )
    return dict(sorted(found.items()))


def names(kind: str) -> list[str]:
    """Return the names of all plug-ins of `kind`, sorted. Imports none of them."""
    return list(find(kind))


def load(kind: str, name: str) -> Any:
    """Import one plug-in and return its PLUGIN object, checked against the kind's contract.

    Raises:
        UnknownName: no plug-in of that kind has that name.
        MissingExtra: the plug-in's module needs a package that is not installed.
        PluginFault: the module cannot be imported, or its PLUGIN breaks the contract.
    """
    entry = _entry(kind, name)
    try:
        module = importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        if _top(error.name) == OURS:
            raise  # a bug of ours stays a bug
        raise _missing(kind, entry, error) from error
    if not hasattr(module, "PLUGIN"):
        raise PluginFault(f"{entry.module} has no object named PLUGIN, so it is none of the {kind}")
    _check(kind, entry, module.PLUGIN)
    return module.PLUGIN


def made(kind: str, name: str) -> Any:
    """The plug-in itself, made if its PLUGIN is a class. Raises as `load` does."""
    found = load(kind, name)
    return found() if isinstance(found, type) else found


def recipe_path(name: str) -> Path:
    """Return the TOML file of a recipe.

    Raises:
        UnknownName: no recipe has that name.
        PluginFault: an outsider's entry point names a package without that file.
    """
    entry = _entry("recipes", name)
    try:
        file = Path(str(files(entry.module))) / f"{name}.toml"
    except ModuleNotFoundError as error:
        raise _missing("recipes", entry, error) from error
    if not file.is_file():
        raise PluginFault(
            f"{entry.distribution} promises the recipe {name!r}, but {file} is absent"
        )
    return file


def _entry(kind: str, name: str) -> Entry:
    found = find(kind)
    if name not in found:
        raise UnknownName(f"none of the {kind} is called {name!r}; {_hint(name, found)}")
    return found[name]


def _hint(name: str, known: Iterable[str]) -> str:
    listed = ", ".join(sorted(known)) or "none at all"
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}? There are: {listed}" if near else f"there are: {listed}"


def _built_in(kind: str) -> Iterator[Entry]:
    if kind == "recipes":
        for file in Path(str(files(KINDS[kind]))).glob("[!_]*.toml"):
            yield Entry(file.stem, KINDS[kind], OURS)
        return
    package = importlib.import_module(KINDS[kind])
    yield from _modules(KINDS[kind], tuple(package.__path__))


@cache
def _modules(package: str, path: tuple[str, ...]) -> tuple[Entry, ...]:
    """The plug-ins that lie in a package of ours."""
    return tuple(
        Entry(module.name, f"{package}.{module.name}", OURS)
        for module in pkgutil.iter_modules(path)
        if not module.ispkg and not module.name.startswith("_")
    )


@cache  # reading the metadata of a full environment takes tens of milliseconds
def _outside(kind: str, path: tuple[str, ...]) -> tuple[Entry, ...]:
    """The entry points seen along `path`, which is a parameter for the cache's sake."""
    found = entry_points(group=f"{OURS}.{kind}")
    return tuple(Entry(e.name, e.value, e.dist.name if e.dist else "unknown") for e in found)


def _missing(kind: str, entry: Entry, error: ModuleNotFoundError) -> PluginFault | MissingExtra:
    """What a failed import means: a broken promise, or a package to install."""
    absent = _top(error.name)
    if absent == _top(entry.module):
        return PluginFault(
            f"{entry.distribution} promises {entry.module} among the {kind}, but {error}"
        )
    wanted = f"{OURS}[{EXTRAS[absent]}]" if absent in EXTRAS else absent
    return MissingExtra(
        f"{entry.name!r} of the {kind} needs {absent!r}: run pip install '{wanted}'"
    )


def _top(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _check(kind: str, entry: Entry, plugin: object) -> None:
    """A class or an object has the methods of a contract; a factory is judged by what it makes."""
    promised = [_methods(contract) for contract in CONTRACTS.get(kind, ())]
    is_factory = callable(plugin) and not isinstance(plugin, type)
    if not promised or is_factory or any(_has(plugin, each) for each in promised):
        return
    listed = " or ".join(", ".join(sorted(each)) for each in promised)
    raise PluginFault(
        f"PLUGIN of {entry.module} ({entry.distribution}) is none of the {kind}: "
        f"it needs the methods {listed}"
    )


def _methods(contract: type) -> set[str]:
    return {n for n, v in vars(contract).items() if callable(v) and not n.startswith("_")}


def _has(plugin: object, methods: set[str]) -> bool:
    return all(callable(getattr(plugin, method, None)) for method in methods)
