"""The public face: everything that it names is there, said, and cheap to have."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import backfeed.engine.methods
from backfeed import plugin
from backfeed.engine import contracts, errors, requests

ROOT = Path(__file__).parents[1]
# Public to plug-ins, but for what only the engine raises or answers.
INNER = {
    "CallerError", "UnknownName", "MissingExtra", "PluginFault", "RunConflict", "WorldError",
    "Missing", "NotYet", "Unreachable", "Stopping", "StoreFault", "Interrupted", "Over",
    "Together", "key_of",
}  # fmt: skip
# Methods of stages of ours, with no use alone.
OWN = {"licence_names", "licence_texts", "secret_scan"}


@pytest.mark.parametrize("name", plugin.__all__)
def test_what_is_named_is_there_and_said(name):
    assert name == "Asks" or (getattr(plugin, name).__doc__ or "").strip()


def test_names_are_sorted_and_once():
    assert [*plugin.__all__] == sorted(set(plugin.__all__))


def test_nothing_that_a_plug_in_needs_is_left_out():
    needed = {*requests.__all__}
    for module in (contracts, errors):
        needed |= {
            n for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__
        }
    public = {name for name in needed if not name.startswith("_")}
    assert public - set(plugin.__all__) <= INNER
    assert INNER.isdisjoint(plugin.__all__)


def test_every_method_is_there():
    found = {module.name for module in pkgutil.iter_modules(backfeed.engine.methods.__path__)}
    assert set(plugin.METHODS) == {name for name in found if name[0] != "_"} - OWN
    for name in plugin.METHODS:
        assert getattr(plugin, name) is importlib.import_module(f"backfeed.engine.methods.{name}")


def test_what_is_not_there_is_told():
    with pytest.raises(ImportError, match="no_such_name"):
        exec("from backfeed.plugin import no_such_name")


def test_it_brings_nothing_heavy():
    heavy = "numpy networkx pyarrow aiohttp rich click tree_sitter"
    program = "import sys, backfeed.plugin; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(heavy.split()).isdisjoint(done.stdout.split())


def test_the_example_and_the_docs_use_nothing_else():
    pages = [*(ROOT / "tests" / "plugin_example").rglob("*.py"), *(ROOT / "docs").glob("*.md")]
    inner = re.compile(r"^(?:from|import) (backfeed\.[\w.]+)", re.MULTILINE)
    used = {name for page in pages for name in inner.findall(page.read_text())}
    assert used == {"backfeed.plugin"}
