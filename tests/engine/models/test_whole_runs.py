"""The command line with a model: a run that is killed, its replay, and `synth` from end to end."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from stub_model import Reply

from backfeed.engine.requests import key_of

RECIPE = """
name = "phrases"
[inputs.dataset]
kind = "rows"
[models.default]
use = "extractive"
[[step]]
use = "extract_keywords"
"""
KILLS = 6
GREEDY = (
    *("--set", "models.default.temperature=0"),
    *("--set", "models.default.parallel=8"),
    *("--set", "models.default.probe=false"),
)
TOOLS = '''
def chunks(items, size):
    """Split a list into lists of a given size; the last may be shorter.

    >>> chunks([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4], [5]]
    """
    found = []
    for start in range(0, len(items), size):
        part = items[start : start + size]
        found.append(part)
    return found


def running_total(numbers):
    """The sums of all beginnings of a list of numbers.

    >>> running_total([1, 2, 3])
    [1, 3, 6]
    """
    total = 0
    found = []
    for number in numbers:
        total += number
        found.append(total)
    return found
'''


def clever(body, _number=0):
    """Replies that our stages can use, made from what stands in the prompt."""
    user = body["messages"][1]["content"]
    entry = re.search("Entry point: `(.*?)`", user)[1]
    fields = body["response_format"]["json_schema"]["schema"]["properties"]
    if "suitable" not in fields:
        said = {"task": [f"do {entry}"], "instruction": ["lists"], "knowledge": ["list", "loop"]}
        return Reply(json.dumps(said))
    example = user.rpartition("```python")[2].rpartition("```")[0].strip()
    problem = f"Write `{entry}`: `def {entry}(...)`.\n\nExample:\n\n```python\n{example}\n```"
    said = {"suitable": True, "reason": "", "behaviour": "b", "scenarios": [], "points": []}
    return Reply(json.dumps({**said, "problem": problem}))


def start(folder, *args):
    """The command in a process group of its own."""
    command = [sys.executable, "-m", "backfeed", *map(str, args)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, start_new_session=True, **quiet)


def finish(process, code=0):
    _, told = process.communicate(timeout=120)
    assert process.returncode == code, told.decode()
    return told.decode()


def files(directory: Path):
    return {path.name: path.read_bytes() for path in (directory / "corpus").iterdir()}


def known(directory: Path):
    """The keys of the answers that a book holds."""
    path = directory / "answers" / "live.sqlite"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as book:
        try:
            return {row[0] for row in book.execute("SELECT key FROM answers")}
        except sqlite3.OperationalError:
            return set()


def key(body, identity):
    """The key of what the server was asked; at temperature 0, nothing else is in it."""
    schema = body["response_format"]["json_schema"]["schema"]
    return key_of("model", identity, {"messages": body["messages"], "schema": schema, "attempt": 0})


def identity(directory: Path):
    with closing(sqlite3.connect(directory / "answers" / "live.sqlite")) as book:
        query = "SELECT value FROM meta WHERE name = 'model:default'"
        return json.loads(book.execute(query).fetchone()[0])["identity"]


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "phrases.toml").write_text(RECIPE)
    lines = (
        {
            "id": f"r{n}",
            "language": "python",
            "instruction": f"Write f{n}.",
            "response": f"f{n} = {n}",
        }
        for n in range(400)
    )
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return ("run", "phrases.toml", "rows.jsonl")


@pytest.mark.slow
def test_killed_and_started_again_nothing_that_was_finished_is_asked_twice(server, rows, tmp_path):
    server.script = lambda body, number: Reply(clever(body).text, after_s=0.05 + number % 5 / 100)
    model = ("--model", "openai:toy", "--base-url", server.url, *GREEDY)
    finish(start(tmp_path, *rows, "-o", "clean", *model))
    out, rng, hit = tmp_path / "out", random.Random(9), 0
    for kill in range(KILLS + 1):
        before, kept = len(server.asked), known(out)
        process = start(tmp_path, *rows, "-o", out, *model)
        if kill < KILLS:
            time.sleep(rng.uniform(0.8, 1.2))
            if process.poll() is None:
                hit += 1
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        else:
            finish(process)
        if kept:
            keys = [key(body, identity(out)) for body in server.asked]
            assert kept <= set(keys[:before])
            assert not kept & set(keys[before:]), "a finished answer was asked again"
    assert hit >= KILLS // 2
    assert files(out) == files(tmp_path / "clean")
    spent = json.loads((out / "summary.json").read_text())["spent"]
    assert 400 <= spent["requests"] <= len(server.asked) - 400

    server.script = lambda *_: pytest.fail("replay asked the server")
    count = len(server.asked)
    finish(start(tmp_path, *rows, "-o", "again", "--model", "replay:out"))
    assert files(tmp_path / "again") == files(out)
    assert len(server.asked) == count


def test_a_wrong_key_ends_the_run_with_one_message(server, rows, tmp_path):
    server.script = lambda *_: Reply(status=401)
    model = ("--model", "openai:toy", "--base-url", server.url)
    told = finish(start(tmp_path, *rows, "-o", "out", *model), code=2)
    assert "refuses us (HTTP 401: scripted 401): check OPENAI_API_KEY" in told
    assert "Traceback" not in told


def test_a_wrong_address_ends_the_run_and_the_right_one_goes_on(server, rows, tmp_path):
    server.script = clever
    wrong = ("--model", "openai:toy", "--base-url", "http://127.0.0.1:9/v1")
    told = finish(
        start(tmp_path, *rows, "-o", "out", *wrong, "--set", "models.default.start_s=1"), code=3
    )
    assert "127.0.0.1:9/v1 cannot be reached: Connection refused; it was tried" in told
    assert "Traceback" not in told
    right = ("--model", "openai:toy", "--base-url", server.url)
    finish(start(tmp_path, *rows, "-o", "out", *right, "--update"))
    assert len(server.asked) == 400


def test_a_limit_of_money_needs_a_price_before_anything_is_asked(server, rows, tmp_path):
    model = ("--model", "openai:toy", "--base-url", server.url, "--usd", "1")
    told = finish(start(tmp_path, *rows, "-o", "out", *model), code=2)
    assert "the price of openai:toy is not known" in told
    assert server.asked == []


def test_what_a_replayed_book_lacks_is_unfinished(server, rows, tmp_path):
    server.script = clever
    model = ("--model", "openai:toy", "--base-url", server.url)
    finish(start(tmp_path, *rows, "-o", "out", *model, "--limit", "5"))
    told = finish(
        start(tmp_path, *rows, "-o", "more", "--model", "replay:out", "--limit", "9"), code=3
    )
    assert "4 rows are unfinished" in told
    assert "has no answer of toy to the prompt keywords/extract" in told


@pytest.mark.bwrap
@pytest.mark.slow
def test_synth_with_a_model_and_its_replay(server, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "tools.py").write_text(TOOLS)
    server.script = clever
    synth = ("run", "synth", "src", "--licence", "proprietary")
    model = ("--model", "openai:toy", "--base-url", server.url)
    finish(start(tmp_path, *synth, "-o", "out", *model))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["accepted"] >= 2
    assert summary["spent"]["roles"].keys() == {"strong", "cheap"}
    count = len(server.asked)
    shutil.rmtree(tmp_path / "out" / ".work")
    finish(start(tmp_path, *synth, "-o", "out", *model))
    finish(start(tmp_path, *synth, "-o", "again", "--model", "replay:out"))
    assert files(tmp_path / "again") == files(tmp_path / "out")
    assert len(server.asked) == count
