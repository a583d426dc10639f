"""Who may import whom, read from the source with `ast`.

If two members of one layer turn out to need each other, one of them belongs a layer lower: move
it, and make no exception.
"""

import ast
from itertools import zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "analyzers", "sandboxes", "grammars", "plugins")
FRONT = "src/backfeed"

# A module may import those of earlier rows, and those under its own name. Members of one row are
# strangers to each other. `front` stands for src/backfeed/__init__.py and __main__.py.
LAYERS = [
    {"engine.errors"},
    {"engine.records"},
    {"engine._asking", "engine._outcomes"},
    {"engine._train"},
    {"engine.requests"},
    {"engine.identity", "engine.contracts"},
    {"engine.boundary", "engine.registry"},
    {"engine.files", "engine.process", "engine.languages", "engine.prompts"},
    {"engine.methods"},
    {"engine._sealed", "engine._packing", "engine._live"},
    {"engine.grammar", "grammars", "engine.answers", "engine.store"}
    | {"engine.config", "engine.ledger", "engine.tally", "plugin"},
    {"engine.trees"},
    {"analyzers", "sandboxes", "engine.stages", "engine.models", "engine.exporters"}
    | {"engine.readers", "engine.sources", "engine.recipes", "engine.presets", "plugins"},
    {"engine.pace", "engine.pulse", "engine.flow", "engine.writing", "engine.compute"}
    | {"engine.conformance", "engine.bundles", "engine._only", "engine._overrides"},
    {"engine._attempt", "engine._hope", "engine.passes", "engine.analyzing"},
    {"engine.desk"},
    {"engine.lanes"},
    {"engine.watching"},
    {"engine.recipe", "engine.progress"},
    {"engine.state", "engine.seeds"},
    {"engine.rounds", "engine.groups"},
    {"engine.steps"},
    {"engine.proving", "engine.waves"},
    {"engine.output", "engine.inputs", "engine.services"},
    {"engine.report", "engine.evidence"},
    {"engine.gate"},
    {"engine.job"},
    {"engine.runners"},
    {"engine.commands"},
    {"engine.cli"},
    {"front"},
]

# In these packages each file is a plug-in that knows none of its neighbours, except those whose
# name begins with an underscore: they are shared.
KINDS = {"analyzers", "sandboxes", "engine.stages", "engine.models", "engine.exporters"}
KINDS |= {"engine.readers", "engine.sources", "engine.runners", "plugins"}

# Importable from a package whose `__init__` holds nothing but its docstring.
PACKAGES = {"engine"}

# Each heavy library is imported in at most one file, and that is in this package.
HEAVY = {
    "accelerate": "engine.models",
    "datasets": "engine.readers",
    "docker": "sandboxes",
    "openai": "engine.models",
    "peft": "engine.models",
    "pylint": "analyzers",
    "ray": "engine.runners",
    "semgrep": "analyzers",
    "sentence_transformers": "engine.models",
    "torch": "engine.models",
    "transformers": "engine.models",
    "tree_sitter_language_pack": "engine",
    "vllm": "engine.models",
}


def files() -> list[Path]:
    """Our source files, each once: the links in src/backfeed are not followed."""
    found = [f for folder in FOLDERS for f in sorted((ROOT / folder).rglob("*.py"))]
    return [*found, *sorted((ROOT / FRONT).glob("*.py"))]


def module_of(path: Path) -> str:
    """The dotted name under `backfeed`: engine/stages/reverse.py is engine.stages.reverse."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "src":
        return "front" if parts[-1].startswith("__") else parts[-1]
    return ".".join(parts).removesuffix(".__init__")


def imported(source: str) -> set[str]:
    """All modules (or names in modules) that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def layer_of(module: str) -> tuple[int, str] | None:
    for rank, layer in enumerate(LAYERS):
        for member in layer:
            if within(module, member):
                return rank, member
    return None


def complaint(module: str, other: str) -> str:
    """Why `module` may not import `other` (both dotted, under backfeed), or nothing."""
    mine, theirs = layer_of(module), layer_of(other)
    if mine is None or theirs is None:
        lost = module if mine is None else other
        return "" if lost in PACKAGES else f"{lost} belongs to no layer: add it to LAYERS"
    if mine[1] == "plugins" and theirs[1] not in {"plugins", "plugin"}:
        return f"{module} may import backfeed.plugin and nothing else of ours, not {other}"
    if mine[1] != theirs[1]:
        return "" if theirs[0] < mine[0] else f"{module} may not import {other}"
    return _neighbours(mine[1], module, other)


def _neighbours(member: str, module: str, other: str) -> str:
    if member not in KINDS:
        return ""
    # Of `plugins` each folder is a kind of its own: its files are neighbours, too.
    depth = 2 if member == "plugins" else 1
    me, them = (m.removeprefix(member).strip(".").split(".")[:depth] for m in (module, other))
    for mine, theirs in zip_longest(me, them, fillvalue=""):
        if theirs.startswith("_") or not theirs:
            return ""
        if mine != theirs:
            return f"{module} may not import its neighbour {other}"
    return ""


def complaints(module: str, source: str) -> list[str]:
    """What is wrong with the imports of one module."""
    ours = sorted(m for m in imported(source) if within(m, "backfeed"))
    named = [m.removeprefix("backfeed").strip(".") or "front" for m in ours]
    if layer_of(module) is None and module not in PACKAGES:
        return [f"{module} belongs to no layer: add it to LAYERS"]
    return [found for other in named if (found := complaint(module, other))]


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_only_lower_layers(path):
    assert complaints(module_of(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("engine.records", "import backfeed.engine.requests", "may not import engine.requests"),
        (
            "analyzers.go",
            "from backfeed.sandboxes.docker import x",
            "may not import sandboxes.docker",
        ),
        ("analyzers.go", "from backfeed import sandboxes", "may not import sandboxes"),
        ("analyzers.go", "from backfeed.analyzers.rust import x", "neighbour analyzers.rust"),
        ("analyzers.go", "from backfeed.analyzers import rust", "neighbour analyzers.rust"),
        ("sandboxes.bubblewrap", "import backfeed.sandboxes.docker", "neighbour sandboxes.docker"),
        (
            "engine.stages.reverse",
            "def f():\n  import backfeed.engine.cli",
            "may not import engine.cli",
        ),
        ("plugins.sedi.rank", "import backfeed.engine.records", "nothing else of ours"),
        (
            "plugins.sedi.rank",
            "from backfeed.plugins.infinity import tag",
            "neighbour plugins.infinity",
        ),
        (
            "plugins.sedi.rank",
            "from backfeed.plugins.sedi.walk import x",
            "neighbour plugins.sedi.walk",
        ),
        ("engine.novel", "", "engine.novel belongs to no layer"),
        ("engine.cli", "import backfeed.engine.novel", "engine.novel belongs to no layer"),
        ("engine.registry", "import backfeed", "may not import front"),
    ],
)
def test_a_planted_import_is_caught(module, source, expected):
    (found,) = complaints(module, source)
    assert expected in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("analyzers.go", "from backfeed.analyzers._tool import run"),
        ("analyzers.go", "from backfeed.engine import records"),
        ("sandboxes.bubblewrap", "from backfeed.sandboxes._launcher import x"),
        ("sandboxes.selfcheck.files", "from backfeed.sandboxes.selfcheck.forks import x"),
        ("engine.methods.rouge", "from backfeed.engine.methods.ngrams import x"),
        ("engine.cli", "from backfeed.engine.commands import run"),
        ("plugins.sedi.rank", "from backfeed.plugin import Sample"),
        ("plugins.sedi.rank", "from backfeed.plugins.sedi._walk import x"),
        ("plugins.sedi.rank", "from backfeed.plugins.sedi import _walk"),
        ("plugin", "from backfeed.engine.records import Sample"),
        ("front", "from backfeed.engine.cli import main"),
        ("engine.records", "import backfeedling"),
    ],
)
def test_a_lawful_import_is_not(module, source):
    assert complaints(module, source) == []


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_is_imported_in_one_place(library):
    users = [
        module_of(f) for f in files() if any(within(m, library) for m in imported(f.read_text()))
    ]
    assert len(users) <= 1, f"{library} is imported in {users}"
    assert all(within(user, HEAVY[library]) for user in users), f"{library} is imported in {users}"


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_second_copy_of_a_package(path):
    """`import engine` would work with the root on the path, and copy every class."""
    copies = {m for m in imported(path.read_text()) if m.partition(".")[0] in FOLDERS}
    assert copies == set()


@pytest.mark.parametrize("path", [f for f in files() if f.name == "__init__.py"], ids=module_of)
def test_a_package_holds_a_docstring_only(path):
    """Else a low layer would import a high one through it."""
    body = ast.parse(path.read_text()).body
    if module_of(path) not in {"front", "grammars"}:
        assert len(body) == 1
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_every_layer_names_something_once():
    members = [member for layer in LAYERS for member in layer]
    assert len(members) == len(set(members))
