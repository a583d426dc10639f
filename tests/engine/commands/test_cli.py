"""The command line as a whole: what it loads, how it ends, what it says."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from backfeed.engine import cli
from backfeed.engine.errors import (
    ConfigError,
    Interrupted,
    Outage,
    Refused,
    StoreFault,
)

HEAVY = {"pyarrow", "aiohttp", "networkx", "rich", "numpy", "asyncio", "sqlite3"}
COMMANDS = sorted(path.stem for path in cli.FOLDER.glob("[!_]*.py"))


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "code",
    [
        "import backfeed.engine.cli",
        "from backfeed.engine import cli; cli.run(['--help'])",
        "from backfeed.engine import cli; cli.run(['list', 'stages'])",
        "from backfeed.engine import cli; cli.run(['list', 'models', '--json'])",
        *(
            f"from backfeed.engine import cli; cli.run(['{name}', '--help'])"
            for name in ("show", "doctor")
        ),
    ],
)
def test_loads_nothing_heavy(code):
    done = python(f"{code}; import sys; print('loaded', *sorted(sys.modules))")
    loaded = set(done.stdout.rpartition("loaded ")[2].split())
    assert not HEAVY & loaded
    assert done.returncode == 0


def test_help_lists_every_command_with_its_sentence(backfeed):
    said = backfeed("--help")
    assert said.code == 0
    for name in COMMANDS:
        sentence = ast.get_docstring(ast.parse((cli.FOLDER / f"{name}.py").read_text()))
        assert sentence.count("\n") == 0
        assert f"  {name}" in said.out
        assert sentence.split()[0] in said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(backfeed, name):
    said = backfeed(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: backfeed {name}")


ENDS = [
    (ConfigError("the key is wrong"), 2, "backfeed: the key is wrong"),
    (click.UsageError("no such thing"), 2, "backfeed: no such thing"),
    (Outage("the service is silent"), 3, "backfeed: the service is silent"),
    (StoreFault("the disk is full"), 3, "backfeed: the disk is full"),
    (Refused("too-long", "by 3"), 3, "backfeed: too-long: by 3"),
    (Interrupted("stopped"), 130, "backfeed: stopped"),
    (KeyboardInterrupt(), 130, "backfeed: interrupted; run the same command to go on"),
    (click.Abort(), 130, "backfeed: interrupted; run the same command to go on"),
]


@pytest.mark.parametrize(("error", "code", "message"), ENDS, ids=lambda v: type(v).__name__)
def test_ends_in_one_message_and_a_code(backfeed, monkeypatch, error, code, message):
    monkeypatch.setattr(cli.COMMANDS, "invoke", raising(error))
    said = backfeed("list", "stages")
    assert (said.code, said.err, said.out) == (code, message + "\n", "")


def raising(error):
    def invoke(_context):
        raise error

    return invoke


def test_a_bug_goes_to_a_log(backfeed, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(cli.COMMANDS, "invoke", raising(ZeroDivisionError("by zero")))
    said = backfeed("list", "stages")
    assert said.code == 3
    assert said.err.count("\n") == 1
    assert "this is a bug: ZeroDivisionError: by zero" in said.err
    log = Path(said.last.rpartition(" ")[2])
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["lst"], "no command 'lst'; did you mean 'list'?"),
        (["--nope"], "No such option"),
        (["list", "stage"], "'stage' is not one of"),
        (["list"], "Missing argument 'KIND'"),
        (["run"], "Missing argument 'RECIPE|FILE'"),
        (["check", "x.jsonl"], "Missing option '-o'"),
        (["show"], "Missing argument 'DIR'"),
        (["show", "nowhere", "id"], "nowhere holds no run"),
        (["recheck", "nowhere", "id"], "nowhere holds no run"),
        (["book", "stats", "nowhere"], "there is no answer book in nowhere"),
        (["run", "chekc", "x", "-o", "out"], "did you mean 'check'?"),
        (["run", "absent.toml", "-o", "out"], "there is no file absent.toml"),
    ],
)
def test_usage_is_told_in_one_message(backfeed, args, said):
    found = backfeed(*args)
    assert found.code == 2
    assert said in found.last
    assert "Traceback" not in found.err


def test_a_closed_pipe_is_no_news():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "backfeed", "list", "stages"],
        stdout=write, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (cli.CLOSED_PIPE, b"")


def test_says_its_version(backfeed):
    assert backfeed("--version").out.startswith("backfeed 0")


def test_recipes_of_other_inputs_one_after_the_other(backfeed, tmp_path):
    for name in ("dataset", "pool"):
        text = f'name = "{name}"\n[inputs.{name}]\nkind = "rows"\n[[step]]\nuse = "accept"\n'
        (tmp_path / f"{name}.toml").write_text(text)
    (tmp_path / "rows.jsonl").write_text('{"instruction": "Double x.", "response": "Do it."}\n')
    for name in ("dataset", "pool", "dataset"):
        said = backfeed("run", f"{name}.toml", f"--{name}", "rows.jsonl", "-o", f"of-{name}")
        assert said.code == 0, said.err
    wrong = backfeed("run", "pool.toml", "--dataset", "rows.jsonl", "-o", "out")
    assert (wrong.code, "--dataset" in wrong.last) == (2, True)
