"""Five folders are one import package: in wheels, through an sdist, in place, without links."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import backfeed

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "analyzers", "sandboxes", "grammars", "plugins")
FILES = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
PROBE = """
import json, backfeed
from backfeed.engine import registry, recipes
print(json.dumps([backfeed.__file__, registry.__file__, backfeed.__version__, *recipes.__path__]))
"""


@pytest.fixture
def checkout(tmp_path):
    """A copy of what is packaged, links included."""
    copy = tmp_path / "checkout"
    junk = shutil.ignore_patterns("__pycache__")
    for folder in (*FOLDERS, "src"):
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True, ignore=junk)
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture
def linkless(checkout):
    """The same where git could make no links: it leaves files that hold the link's target."""
    for folder in FOLDERS:
        link = checkout / "src" / "backfeed" / folder
        target = link.readlink()
        link.unlink()
        link.write_text(str(target))
    return checkout


def packaged(checkout):
    """What the wheel must hold, by the names under which it is imported."""
    found = {
        str(Path("backfeed") / file.relative_to(checkout))
        for folder in FOLDERS
        for file in (checkout / folder).rglob("*")
        if file.is_file()
    }
    front = (checkout / "src" / "backfeed").iterdir()
    return found | {
        f"backfeed/{f.name}" for f in front if f.suffix == ".py" or f.name == "py.typed"
    }


def build(checkout, *kinds):
    """Build as a release does, and return the wheel."""
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    (wheel,) = (checkout / "dist").glob("*.whl")
    return wheel


def holds(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def imports_from(path):
    """Import with `path` first, in a fresh process, and tell the places."""
    env = os.environ | {"PYTHONPATH": str(path)}
    command = [sys.executable, "-P", "-c", PROBE]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def editable(checkout, into):
    """The path that an editable install puts on `sys.path`."""
    script = "import sys, hatchling.build as b; print(b.build_editable(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(into)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
    with zipfile.ZipFile(into / done.stdout.split()[-1]) as archive:
        (pth,) = [name for name in archive.namelist() if name.endswith(".pth")]
        return archive.read(pth).decode().strip()


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_links_are_there(folder):
    link = ROOT / "src" / "backfeed" / folder
    remedy = "links are lost: git config core.symlinks true && git checkout -- src"
    assert link.is_symlink(), remedy
    assert str(link.readlink()) == f"../../{folder}"


@pytest.mark.parametrize("kinds", [("--wheel",), ()], ids=["direct", "through sdist"])
def test_the_wheel_holds_everything_and_nothing_else(checkout, kinds):
    (checkout / "engine" / "recipes" / "novel.toml").write_text("")
    (checkout / "grammars" / "novel.scm").write_text("")
    (checkout / "engine" / "stages" / "novel").mkdir()
    (checkout / "engine" / "stages" / "novel" / "prompt.md").write_text("")
    expected = packaged(checkout)
    assert holds(build(checkout, *kinds)) == expected


def test_an_installed_wheel_imports_from_its_own_place(checkout, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(build(checkout, "--wheel")) as archive:
        archive.extractall(site)
        (scripts,) = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
        assert "backfeed = backfeed.engine.cli:main" in archive.read(scripts).decode()
    front, registry, _, *recipes = imports_from(site)
    assert front == str(site / "backfeed" / "__init__.py")
    assert registry == str(site / "backfeed" / "engine" / "registry.py")
    assert recipes == [str(site / "backfeed" / "engine" / "recipes")]


def test_an_editable_install_reads_the_checkout(checkout, tmp_path):
    path = editable(checkout, tmp_path)
    assert path == str(checkout / "src")
    assert imports_from(path)[1] == str(checkout / "src" / "backfeed" / "engine" / "registry.py")


def test_without_links_the_wheel_is_whole(linkless):
    assert holds(build(linkless, "--wheel")) == packaged(linkless)


def test_without_links_an_editable_install_still_imports(linkless, tmp_path):
    path = editable(linkless, tmp_path)
    assert imports_from(path)[1] == str(linkless / "engine" / "registry.py")


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert backfeed.__version__ == project["version"], "run `make venv` again"


def test_the_front_door_has_nothing_else_to_give():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        assert backfeed.nothing


def test_the_front_door_imports_nothing_heavy():
    script = (
        "import sys; a = set(sys.modules); import backfeed; print(*sorted(set(sys.modules) - a))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    outside = {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names
    assert outside == {"backfeed"}
