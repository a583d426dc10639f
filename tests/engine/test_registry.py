"""The registry finds, refuses and explains."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from backfeed.engine import registry
from backfeed.engine.errors import MissingExtra, PluginFault, UnknownName

EXAMPLE = Path(__file__).parents[1] / "plugin_example"
GOOD = "class P:\n    suffix = '.x'\n    def shape(self, sample): ...\nPLUGIN = P()\n"


def forget(*packages):
    for name in [n for n in sys.modules if n.partition(".")[0] in packages]:
        del sys.modules[name]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install modules as plug-ins of an outside distribution: `install(stages={name: source})`."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(distribution="outsider", **kinds):
        package = f"{distribution}_plugins"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        lines = []
        for kind, plugins in kinds.items():
            lines.append(f"[backfeed.{kind}]")
            for name, source in plugins.items():
                (tmp_path / package / f"{name}.py").write_text(source)
                lines.append(f"{name} = {package}.{name}")
        info = tmp_path / f"{distribution}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        (info / "entry_points.txt").write_text("\n".join(lines))
        registry._outside.cache_clear()
        return tmp_path

    yield make
    registry._outside.cache_clear()
    forget("outsider_plugins", "first_plugins", "second_plugins")


@pytest.fixture
def built_in(tmp_path, monkeypatch):
    """A kind of our own making whose built-in folder holds the given files."""
    folder = tmp_path / "inside" / "some_kind"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setitem(registry.KINDS, "exporters", "some_kind")

    def make(**sources):
        (folder / "__init__.py").write_text('"""A kind."""\n')
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source)

    yield make
    forget("some_kind")


def test_files_are_plugins_but_underscores_and_folders_are_not(built_in, tmp_path):
    built_in(chat=GOOD, table=GOOD, _shared="")
    nested = tmp_path / "inside" / "some_kind" / "images"
    nested.mkdir()
    (nested / "__init__.py").touch()
    assert registry.names("exporters") == ["chat", "table"]


def test_listing_imports_nothing(built_in):
    built_in(broken="raise RuntimeError('imported')")
    assert registry.names("exporters") == ["broken"]


def test_load_returns_the_plugin(built_in):
    built_in(chat=GOOD)
    assert registry.load("exporters", "chat").suffix == ".x"


def test_an_outsider_is_listed_and_loaded(install):
    install(exporters={"sheet": GOOD})
    assert "sheet" in registry.names("exporters")
    assert registry.load("exporters", "sheet").suffix == ".x"


def test_unknown_name_tells_the_nearest_and_all(built_in):
    built_in(chat=GOOD, table=GOOD)
    with pytest.raises(UnknownName, match=r"did you mean 'table'\? There are: chat, table"):
        registry.load("exporters", "tabel")


def test_unknown_kind_tells_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'stages'"):
        registry.names("stage")


def test_outsider_may_not_take_a_built_in_name(built_in, install):
    built_in(chat=GOOD)
    install(exporters={"chat": GOOD})
    with pytest.raises(PluginFault, match=r"'chat' is claimed twice .* uninstall outsider"):
        registry.names("exporters")


def test_two_outsiders_may_not_share_a_name(install):
    install("first", exporters={"sheet": GOOD})
    install("second", exporters={"sheet": GOOD})
    with pytest.raises(PluginFault, match="claimed twice"):
        registry.load("exporters", "sheet")


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [
        ("torch_of_nobody", "pip install 'torch_of_nobody'"),
        ("vllm", r"pip install 'backfeed\[vllm\]'"),
    ],
)
def test_missing_package_is_named_with_its_remedy(install, monkeypatch, missing, remedy):
    monkeypatch.setitem(sys.modules, "vllm", None)
    install(exporters={"sheet": f"import {missing}"})
    with pytest.raises(MissingExtra, match=remedy):
        registry.load("exporters", "sheet")


def test_a_bug_of_ours_stays_a_bug(install):
    install(exporters={"sheet": "import backfeed.engine.nothing_of_that_name"})
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        registry.load("exporters", "sheet")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("", "has no object named PLUGIN"),
        ("PLUGIN = 3", r"\(outsider\) is none of the exporters: it needs the methods shape"),
        ("class PLUGIN: shape = 3", "it needs the methods shape"),
    ],
)
def test_a_broken_contract_is_refused_at_load(install, source, complaint):
    install(exporters={"sheet": source})
    with pytest.raises(PluginFault, match=complaint):
        registry.load("exporters", "sheet")


@pytest.mark.parametrize(
    "shape", ["class PLUGIN:\n    def each(self, s): ...", "def PLUGIN(): ..."]
)
def test_a_stage_is_a_class_or_a_factory(install, shape):
    install(stages={"shout": shape})
    assert callable(registry.load("stages", "shout"))


def test_an_entry_point_to_nowhere_is_refused(install):
    root = install(exporters={"sheet": GOOD})
    (root / "outsider_plugins" / "sheet.py").unlink()
    with pytest.raises(PluginFault, match=r"outsider promises outsider_plugins\.sheet"):
        registry.load("exporters", "sheet")


def test_a_recipe_of_an_outsider_is_the_file_beside_its_package(install):
    root = install(recipes={})
    info = root / "outsider-1.dist-info" / "entry_points.txt"
    info.write_text("[backfeed.recipes]\nloud = outsider_plugins\nquiet = outsider_plugins\n")
    (root / "outsider_plugins" / "loud.toml").write_text("[[step]]\n")
    assert registry.recipe_path("loud").read_text() == "[[step]]\n"
    with pytest.raises(PluginFault, match=r"quiet.toml is absent"):
        registry.recipe_path("quiet")


@pytest.mark.parametrize("kind", [k for k in registry.KINDS if k != "recipes"])
def test_every_built_in_plugin_loads_unless_its_extra_is_absent(kind):
    for name in registry.names(kind):
        with suppress(MissingExtra):
            assert registry.load(kind, name) is not None


def test_the_example_package_is_found_once_installed(tmp_path):
    """As a user installs it: with pip, into a place of its own."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(tmp_path), str(EXAMPLE)], check=True)
    script = (
        "from backfeed.engine import registry as r; "
        "print(r.load('stages', 'shout').__name__, r.recipe_path('loud').name, *r.names('stages'))"
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {script}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    stage, recipe, *listed = done.stdout.split()
    assert (stage, recipe) == ("Shout", "loud.toml")
    assert "shout" in listed
