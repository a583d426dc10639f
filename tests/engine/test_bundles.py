"""Archives of packages: whole, the same each time, and of pure Python only."""

import subprocess
import sys
import zipfile

import pytest

from backfeed.engine import bundles, files
from backfeed.engine.bundles import bundle
from backfeed.engine.errors import ConfigError
from backfeed.sandboxes import _tools

ALONE = (
    "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p];"
    " sys.path.insert(0, sys.argv[1]); import pytest; print(pytest.__file__)"
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_it_can_be_imported_with_nothing_else():
    path = bundle("pytest")
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(path))


def test_it_is_packed_once():
    path = bundle("pytest")
    path.write_bytes(b"kept")
    assert bundle("pytest") == path
    assert path.read_bytes() == b"kept"


def test_its_digest_is_that_of_its_sources(monkeypatch):
    path = bundle("pytest")
    before = _tools.digests({"pytest.zip": str(path)})
    path.unlink()
    monkeypatch.setattr(bundles, "_bytecode", lambda source, name: b"other")
    assert _tools.digests({"pytest.zip": str(bundle("pytest"))}) == before
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.py", "")
    assert _tools.digests({"pytest.zip": str(path)}) != before


def test_what_is_compiled_cannot_go_in():
    with pytest.raises(ConfigError, match="numpy is not pure Python"):
        bundle("numpy")


def test_what_is_not_there_is_named():
    with pytest.raises(ConfigError, match="pip install no-such-package"):
        bundle("no-such-package")


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(files.tempfile, "gettempdir", lambda: str(tmp_path))
    assert bundle("pytest").is_relative_to(tmp_path)
