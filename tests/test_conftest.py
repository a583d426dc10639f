"""A test that lacks what it needs says so; where skips are forbidden, that is a failure."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = """
import pytest
def test_plain(): pass
@pytest.mark.slow
def test_slow(): pass
@pytest.mark.tool("a-tool-of-nobody")
def test_needy(): pass
@pytest.mark.gpu
@pytest.mark.may_skip
@pytest.mark.tool("another-tool-of-nobody")
def test_excused(): pass
@pytest.mark.xfail
def test_expected(): assert False
@pytest.mark.bench
def test_measure(): pass
"""


@pytest.fixture
def session(tmp_path):
    """Run a session of its own under our conftest: `session("--option")` gives exit and output."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)

    def run(*options, cases=CASES):
        (tmp_path / "test_cases.py").write_text(cases)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    return run


def test_a_need_that_is_not_met_skips_with_its_reason(session):
    code, output = session("-rs")
    assert code == 0
    assert "a-tool-of-nobody is not installed" in output


@pytest.mark.parametrize(("ci", "word"), [("", "skipped"), ("true", "error")])
def test_a_sandbox_that_is_absent_fails_on_ci(session, monkeypatch, ci, word):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "/nowhere")
    _, output = session(
        "-rs", cases="import pytest\n@pytest.mark.docker\n@pytest.mark.bwrap\ndef test_it(): pass"
    )
    assert f"1 {word}" in output
    assert "docker is not installed" in output


def test_a_forbidden_skip_fails_the_session(session):
    code, output = session("--forbid-skips")
    assert code == 1
    listed = output.partition("skips are forbidden here")[2]
    assert "test_needy: Skipped: a-tool-of-nobody is not installed" in listed
    assert "test_excused" not in listed
    assert "test_expected" not in listed


def test_a_module_that_skips_itself_is_seen(session):
    module = "import pytest\npytest.skip('not today', allow_module_level=True)"
    code, output = session("--forbid-skips", cases=module)
    assert code != 0
    assert "not today" in output


def test_without_a_forbidden_skip_the_session_passes(session):
    code, _ = session("--forbid-skips", "--deselect", "test_cases.py::test_needy")
    assert code == 0


def test_slow_tests_come_last_and_measures_on_demand(session):
    _, output = session()
    assert output.index("::test_needy") < output.index("::test_slow")
    assert "1 deselected" in output
    assert "test_measure PASSED" in session("--bench")[1]
