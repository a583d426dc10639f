"""The one place where a foreign exception becomes ours."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from backfeed.engine.errors import BackfeedError, StoreFault

_EXPLAINED = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than allowed (ulimit -f)",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "not permitted",
}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_NAME_ANOTHER = "name a directory with -o that can be written to"
_FREE_SPACE = "free some space, or name another directory with -o; run the same command to go on"
_FORMATS = {"pyarrow", "msgspec"}


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
        raise StoreFault(f"{what}: {_explain_database(str(error))}") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _FORMATS:
            raise
        raise StoreFault(f"{what}: a file is damaged ({error}); move it away") from error


def _explain(error: OSError) -> str:
    if error.errno in _EXPLAINED:
        remedy = _NAME_ANOTHER if error.errno in _CLOSED else _FREE_SPACE
        return f"{_EXPLAINED[error.errno]}; {remedy}"
    return str(error)


def _explain_database(text: str) -> str:
    if "disk is full" in text:
        return f"the disk is full; {_FREE_SPACE}"
    if "readonly" in text or "unable to open" in text:
        return f"{text}; {_NAME_ANOTHER}"
    if "malformed" in text or "not a database" in text:
        return f"the file is damaged ({text}); move it away: its answers are asked again"
    return text
