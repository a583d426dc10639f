"""Files appear whole or not at all; locks keep others out; errors say what to do."""

import errno
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from backfeed.engine.boundary import boundary, storing
from backfeed.engine.errors import InputError, Outage, RunConflict, StoreFault
from backfeed.engine.files import FolderLock, write_via, write_whole

HOLD = """
import sys, pathlib
from backfeed.engine.files import FolderLock
lock = FolderLock(pathlib.Path(sys.argv[1]))
lock.own()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_is_written_with_its_folders(tmp_path):
    write_whole(tmp_path / "a" / "b", "text")
    assert (tmp_path / "a" / "b").read_text() == "text"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    write_whole(tmp_path / "a", "old")

    def write(path):
        path.write_text("half")
        raise KeyError("in the middle")

    with pytest.raises(KeyError):
        write_via(tmp_path / "a", write)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_link_stays_one_and_a_device_is_written_to(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("there")
    write_whole(link, "text")
    assert link.is_symlink()
    assert (tmp_path / "there").read_text() == "text"
    write_whole(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()


def test_an_owner_keeps_another_process_out_until_it_ends(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as holder:
        assert holder.stdout.readline() == b"held\n"
        lock = FolderLock(tmp_path / "lock")
        with pytest.raises(RunConflict, match=f"{tmp_path} is in use by another process; wait"):
            lock.share()
        holder.kill()
        holder.wait()
        lock.own()
        lock.close()


def test_many_share_and_nobody_owns_meanwhile(tmp_path):
    one, two = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    one.share()
    two.share()
    with pytest.raises(RunConflict):
        two.own()
    one.close()
    two.own()
    two.close()


def test_a_lock_may_be_waited_for(tmp_path):
    one, two = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    one.own()
    threading.Timer(0.1, one.close).start()
    two.share(wait_s=30)
    two.close()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "x"), "the disk is full; free some space"),
        (OSError(errno.EDQUOT, "x"), "the disk quota is used up; free some space"),
        (OSError(errno.EROFS, "x"), "the file system is read-only; name a directory with -o"),
        (PermissionError(errno.EACCES, "x"), "permission denied; name a directory with -o"),
        (FileNotFoundError(errno.ENOENT, "no such file"), "no such file"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full; free some"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "name a directory"),
        (sqlite3.DatabaseError("file is not a database"), "damaged .* move it away"),
        (sqlite3.OperationalError("database is locked"), "database is locked"),
        (pa.ArrowInvalid("bad footer"), r"a file is damaged \(bad footer\); move it away"),
        (msgspec.DecodeError("bad JSON"), "a file is damaged"),
    ],
)
def test_what_goes_wrong_with_our_files_is_one_kind_of_error(error, message):
    with pytest.raises(StoreFault, match=f"writing x: .*{message}"), storing("writing x"):
        raise error


@pytest.mark.parametrize("error", [InputError("bad row"), KeyError("bug"), ValueError("bug")])
def test_other_errors_pass(error):
    with pytest.raises(type(error)), storing("writing x"):
        raise error


def test_a_foreign_error_becomes_ours_once_and_keeps_its_cause():
    with pytest.raises(Outage, match="pypi: ValueError: no") as caught, boundary(Outage, "pypi"):
        raise ValueError("no")
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(InputError, match=r"^ours$"), boundary(Outage, "pypi"):
        raise InputError("ours")
