"""The house rules that no linter holds."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "analyzers", "sandboxes", "grammars", "plugins", "src", "tests", "tools")

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40

# Longer files, each with the reason why it is better whole.
LONG_FILES: dict[str, str] = {}

# Where a broad except may stand: where foreign errors become ours, and the outermost loops.
BROAD = {"engine/boundary.py", "engine/lanes.py", "engine/cli.py"}
MAX_BROAD_FILES = 2
# Programs that run inside the sandbox: whatever the answer raises is their finding.
INSIDE = {
    "analyzers/_python_harness.py", "analyzers/_python_honest.py", "analyzers/_python_pytest.py",
    "sandboxes/_guest.py",
}  # fmt: skip

# Paths of one machine; in brackets, so that this file does not hold them.
MACHINE_PATH = re.compile(rb"(?<![\w.])/(?:[w]ork|[r]oot)/")


def tracked() -> list[Path]:
    """The files that git tracks or would add; in an archive, all of our folders' files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        found = [f for folder in FOLDERS for f in (ROOT / folder).rglob("*")]
    else:
        found = [ROOT / name for name in done.stdout.split("\0") if name]
    return [f for f in found if f.is_file() and not f.is_symlink()]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


FILES = tracked()
PYTHON = [f for f in FILES if f.suffix == ".py"]
TREES = {f: ast.parse(f.read_text()) for f in PYTHON}
TESTS = [f for f in PYTHON if f.name.startswith("test_") and shown(f).startswith("tests/")]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(caught & {"Exception", "BaseException"})


def broad_excepts(tree: ast.AST) -> list[int]:
    """Lines of handlers, and of `suppress`, that would catch anything."""
    handlers = [
        n.lineno for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and is_broad(n)
    ]
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) == "suppress"]
    names = [(c.lineno, a.id) for c in calls for a in c.args if isinstance(a, ast.Name)]
    return handlers + [line for line, name in names if name in {"Exception", "BaseException"}]


def _called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "attr", "") or getattr(function, "id", "")


def verbs() -> set[str]:
    """Functions of the tests, and shipped checks, that assert: calling one is asserting."""
    found = {"raises", "warns", "fail"}
    bodies = [f for path, tree in TREES.items() if "tests" in path.parts for f in functions(tree)]
    size = -1
    while size != len(found):
        size = len(found)
        found |= {f.name for f in bodies if asserts(f, found)}
    return found


def asserts(function: ast.AST, verbs: set[str]) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and (_called(node) in verbs or "check_" in _called(node)))
        for node in ast.walk(function)
    )


VERBS = verbs()


@pytest.mark.parametrize("path", PYTHON, ids=shown)
def test_files_are_short(path):
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_FILE_LINES or shown(path) in LONG_FILES


@pytest.mark.parametrize("path", PYTHON, ids=shown)
def test_functions_are_short(path):
    sizes = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions(TREES[path])}
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", PYTHON, ids=shown)
def test_no_broad_except_outside_two_files(path):
    assert broad_excepts(TREES[path]) == [] or shown(path) in BROAD | INSIDE


def test_two_files_are_enough_for_broad_excepts():
    users = {shown(path) for path in PYTHON if broad_excepts(TREES[path])} - INSIDE
    assert len(users) <= MAX_BROAD_FILES, users


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("try: f()\nexcept: pass", 1),
        ("try: f()\nexcept Exception: pass", 1),
        ("try: f()\nexcept (OSError, BaseException): pass", 1),
        ("from contextlib import suppress\nwith suppress(Exception): f()", 1),
        ("try: f()\nexcept OSError: pass", 0),
        ("with suppress(KeyError): f()", 0),
    ],
)
def test_a_broad_except_is_seen(source, count):
    assert len(broad_excepts(ast.parse(source))) == count


@pytest.mark.parametrize("path", TESTS, ids=shown)
def test_every_test_asserts(path):
    tests = [f for f in functions(TREES[path]) if f.name.startswith("test_")]
    assert [f.name for f in tests if not asserts(f, VERBS)] == []


@pytest.mark.parametrize("path", TESTS, ids=shown)
def test_tests_are_functions(path):
    """Classes are not collected: `Test` is the name of a record."""
    classes = [node for node in ast.walk(TREES[path]) if isinstance(node, ast.ClassDef)]
    assert [c.name for c in classes if any(f.name.startswith("test_") for f in functions(c))] == []


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_no_path_of_one_machine(path):
    assert MACHINE_PATH.findall(path.read_bytes()) == []


def test_long_files_are_long_and_have_a_reason():
    for name, reason in LONG_FILES.items():
        assert len((ROOT / name).read_text().splitlines()) > MAX_FILE_LINES
        assert reason


def test_changelog_and_version_agree():
    """A development version has an Unreleased section; a release is the newest heading."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [h for h in headings if h != "Unreleased"]
    assert headings[0] == "Unreleased"
    if version.endswith(".dev0"):
        assert version.removesuffix(".dev0") not in released
    else:
        assert version == released[0]
