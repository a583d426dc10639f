"""The one place where a foreign exception becomes ours."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from backfeed.engine.errors import BackfeedError, StoreFault

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}
_CLOSED = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
}
_REMEDY = {
    "full": "free some space, or name another directory with -o; run the same command to go on",
    "closed": "name a directory with -o that can be written to",
}


@contextmanager
def boundary(kind: type[BackfeedError], what: str) -> Iterator[None]:
    """Whatever foreign error crosses this line becomes `kind`, once, with the cause kept."""
    try:
        yield
    except BackfeedError:
        raise
    except Exception as error:
        raise kind(f"{what}: {type(error).__name__}: {error}") from error


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Errors of files and databases that the run itself writes become `StoreFault`."""
    try:
        yield
    except OSError as error:
        raise StoreFault(f"{what}: {_explain(error)}") from error
    except sqlite3.DatabaseError as error:
        raise StoreFault(f"{what}: {_explain_database(error)}") from error


def _explain(error: OSError) -> str:
    if error.errno in _FULL:
        return f"{_FULL[error.errno]}; {_REMEDY['full']}"
    if error.errno in _CLOSED:
        return f"{_CLOSED[error.errno]}; {_REMEDY['closed']}"
    return str(error)


def _explain_database(error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "disk is full" in text:
        return f"the disk is full; {_REMEDY['full']}"
    if "readonly" in text or "unable to open" in text:
        return f"{text}; {_REMEDY['closed']}"
    if "malformed" in text or "not a database" in text:
        return f"the file is damaged ({text}); move it away: its answers are asked again"
    return text
