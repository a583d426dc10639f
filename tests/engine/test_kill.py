"""A run that is killed and started again ends with the same bytes; nothing is paid twice."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOY = Path(__file__).with_name("toy.py")
KILLS = 20


def start(directory: Path, *options: str) -> "subprocess.Popen[bytes]":
    """Start the toy in its own process group."""
    command = [sys.executable, str(TOY), str(directory), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)


def answered(directory: Path) -> set[str]:
    """The keys of the model's answers that the book holds."""
    path = directory / "answers" / "live.sqlite"
    if not path.exists():
        return set()
    with sqlite3.connect(path) as book:
        query = "SELECT lower(hex(key)) FROM answers WHERE service LIKE 'model%'"
        return {row[0] for row in book.execute(query)}


def logged(directory: Path) -> list[str]:
    """The keys that the model answered, in order of time."""
    path = directory / "asked.log"
    return path.read_text().splitlines() if path.exists() else []


def rows(directory: Path) -> dict[str, bytes]:
    """All files of rows that a run leaves."""
    folders = ("corpus", "rejected", "unfinished", "evidence")
    return {
        f"{folder}/{path.name}": path.read_bytes()
        for folder in folders
        for path in sorted((directory / folder).iterdir())
    }


def kill_at_random(directory: Path, rng: random.Random) -> bool:
    """Start, and kill after a while; false if it had ended by then."""
    parallel, window = rng.choice([3, 10, 40]), rng.choice([20, 200, 1000])
    process = start(directory, "--slow=0.01", f"--parallel={parallel}", f"--window={window}")
    time.sleep(rng.uniform(0.3, 0.9))
    if process.poll() is not None:
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


@pytest.mark.slow
def test_killed_twenty_times_the_end_is_the_same(tmp_path: Path) -> None:
    assert start(tmp_path / "clean", "--slow=0").wait() == 0
    directory, rng = tmp_path / "killed", random.Random(20)
    hit = repeats = 0
    while hit < KILLS:
        before, known = len(logged(directory)), answered(directory)
        killed = kill_at_random(directory, rng)
        assert not known & set(logged(directory)[before:]), "a finished answer was asked again"
        if not killed:
            break
        hit += 1
    known = answered(directory)
    before = len(logged(directory))
    assert start(directory, "--slow=0").wait() == 0
    assert not known & set(logged(directory)[before:])
    repeats = len(logged(directory)) - len(set(logged(directory)))
    assert hit == KILLS
    assert rows(directory) == rows(tmp_path / "clean")
    assert repeats <= KILLS * 40


def test_a_second_run_asks_nothing_and_leaves_the_same_bytes(tmp_path: Path) -> None:
    assert start(tmp_path, "--slow=0").wait() == 0
    first, asked = rows(tmp_path), len(logged(tmp_path))
    assert start(tmp_path, "--slow=0").wait() == 0
    assert rows(tmp_path) == first
    assert len(logged(tmp_path)) == asked


def test_without_the_work_folder_the_book_gives_the_same_bytes(tmp_path: Path) -> None:
    assert start(tmp_path, "--slow=0").wait() == 0
    first, asked = rows(tmp_path), len(logged(tmp_path))
    (tmp_path / ".work").rename(tmp_path / "gone")
    (tmp_path / "corpus").rename(tmp_path / "gone-too")
    assert start(tmp_path, "--slow=0", "--window=7", "--parallel=2").wait() == 0
    assert rows(tmp_path) == first
    assert len(logged(tmp_path)) == asked
