"""Inside the sandbox: run one program, in this interpreter or by exec, and account for it.

The launcher is pid 1 of fresh namespaces; the program is pid 2 and never returns here. A program in
the prepared interpreter must not be told from one in a new interpreter: those that look at the
interpreter itself get a new one.
"""

from __future__ import annotations

import atexit
import builtins
import fcntl
import gc
import importlib.machinery
import io
import itertools
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
import types
from typing import Any

from backfeed.sandboxes import _guest_box as box
from backfeed.sandboxes._guest_watch import Watch

INTERPRETERS = ("python", "python3")
HOME = "/work"
COMPANY = 4  # the outer pid 1, the server, the zygote and the launcher
GUEST = tuple(
    "backfeed.sandboxes" + name
    for name in ("", "._guest", "._guest_box", "._guest_watch", "._guest_pump", "._guest_program")
)
OURS = "backfeed_"  # runs tests, and is the same in both interpreters; what it runs may not be
FIXED = ("PYTHON", "LANG", "LC_", "LD_", "PATH", "HOME", "MALLOC_", "GLIBC_")
INTROSPECTIVE = re.compile(
    r"\bsys\.(modules|flags|orig_argv|get\w*ref|_|set(trace|profile|recursion)|getalloc)"
    r"|\b(gc|tracemalloc|resource|inspect|faulthandler|multiprocessing)\b|[Rr]ecursion|/proc/"
    r"|\b_getframe\b|\bctypes\b|\bsetrlimit\b|\b__main__\.__"
)


class BadRequest(Exception):
    """The job cannot be run as it stands: `args` are a short reason and the detail."""


def launch(job: dict[str, Any], program: bytes, ends: dict[str, int]) -> None:
    """Be pid 1: build the box, start the program, watch it, report on `ends["status"]`, exit."""
    told: dict[str, Any] = {}
    try:
        box.hide()
        box.furnish(job["limits"])
        warm = bool(job["warm"]) and is_plain(job)
        write_files(job["files"])
        command = resolve(job["command"], job["variables"])
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            become(job, program, ends, command=command if not warm else [])
        for name in ("stdin", "stdout", "stderr", "report"):
            os.close(ends[name])
        told = {"warm": warm, **Watch(pid, job["limits"]).run()}
    except BadRequest as error:
        told = {"refused": list(error.args)}
    except OSError as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    finally:
        told = told or {"error": f"the launcher failed: {sys.exc_info()[1]!r}"}
        os.write(ends["status"], json.dumps(told).encode())
        os._exit(0)


def is_plain(job: dict[str, Any]) -> bool:
    """May the job run in the prepared interpreter, with the same outcome as in a new one?"""
    command = job["command"]
    if command[0] not in INTERPRETERS or len(command) < 2 or command[1].startswith("-"):
        return False
    if any(name.startswith(FIXED) for name, _ in job["variables"]):
        return False
    for path, text in job["files"]:
        stem = path.partition("/")[0].partition(".")[0]
        if stem in sys.modules or (not path.startswith(OURS) and INTROSPECTIVE.search(text)):
            return False
    return True


def write_files(files: list[list[str]]) -> None:
    """Lay the job's files in the working directory. Raises `BadRequest`."""
    for path, text in files:
        try:
            folder = os.path.dirname(path)  # noqa: PTH120
            if folder:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            with open(descriptor, "wb") as file:  # noqa: PTH123
                file.write(text.encode("utf-8"))
        except (OSError, ValueError) as error:
            raise BadRequest("bad-files", f"{path}: {error}") from error


def resolve(command: list[str], variables: list[list[str]]) -> list[str]:
    """The command with its program's path. Raises `BadRequest` if there is no such program."""
    name = command[0]
    if name in INTERPRETERS:
        return [sys.executable, *command[1:]]
    path = dict(variables).get("PATH", os.environ["PATH"])
    found = name if "/" in name else shutil.which(name, path=path)
    if found is None:
        raise BadRequest("no-command", f"the sandbox has no program {name!r}")
    return [found, *command[1:]]


def become(
    job: dict[str, Any], program: bytes, ends: dict[str, int], *, command: list[str]
) -> None:
    """Be pid 2: give up everything and run foreign code. Does not return."""
    code = 126
    try:
        wire(ends, report=bool(job["report"]))
        box.show()
        box.first_of_victims()
        python = job["command"][0] in INTERPRETERS
        box.bound(job["limits"], company=COMPANY, python=python)
        os.environ.update(dict(job["variables"]))
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        box.surrender(program)
        if command:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            os.execv(command[0], command if python else [job["command"][0], *command[1:]])
        run_script(job["command"][1:])
    except OSError as error:
        os.write(2, f"{job['command'][0]}: {error}\n".encode())
        code = 127
    finally:
        os._exit(code)


def wire(ends: dict[str, int], *, report: bool) -> None:
    """Descriptors 0 to 2, and 3 if there is a report; nothing else stays open."""
    ordered = [ends["stdin"], ends["stdout"], ends["stderr"], *([ends["report"]] * report)]
    lifted = [fcntl.fcntl(end, fcntl.F_DUPFD, 64) for end in ordered]  # out of the way first
    for number, end in enumerate(lifted):
        os.dup2(end, number)
    os.closerange(len(lifted), 4096)


def stream(number: int, like: Any) -> io.TextIOWrapper:
    """A standard stream as the interpreter makes it at its start."""
    binary = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115
    binary.raw.name = like.name  # type: ignore[attr-defined]
    return io.TextIOWrapper(
        binary, encoding=like.encoding, errors=like.errors,
        newline="\n", line_buffering=number == 2,
    )  # fmt: skip


def dress(arguments: list[str]) -> types.ModuleType:
    """Make the interpreter look as if it had just started with this script."""
    path = os.path.join(HOME, arguments[0])  # noqa: PTH118
    for name in GUEST:
        sys.modules.pop(name, None)
    sys.stdin, sys.stdout = stream(0, sys.stdin), stream(1, sys.stdout)
    sys.stderr = stream(2, sys.stderr)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    sys.argv = list(arguments)
    sys.orig_argv = [sys.executable, *arguments]  # type: ignore[attr-defined,unused-ignore]
    sys.path[0] = os.path.dirname(path)  # noqa: PTH120
    time.tzset()
    main = types.ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    main.__dict__.update(__builtins__=builtins, __annotations__={}, __cached__=None)
    sys.modules.pop("__main__", None)  # it goes to the end, where the newest are
    sys.modules["__main__"] = main
    return main


class Caught:
    """Takes whatever a program raises, so that the interpreter's end can be played for it."""

    error: BaseException | None = None

    def __enter__(self) -> Caught:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        # Our own frame is not shown; without another one there is no traceback (a syntax error).
        self.error = error.with_traceback(trace.tb_next) if error is not None else None
        return True


def run_script(arguments: list[str]) -> None:
    """Run a script as `__main__`, and end as the interpreter would: no return."""
    main = dress(arguments)
    prepared = len(sys.modules) - 1
    path = str(main.__file__)
    with Caught() as caught:
        exec(compile(source_of(path), path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102
    del main
    leave(caught, prepared)


def source_of(path: str) -> bytes:
    """The script's bytes; without one, the complaint and end of the interpreter."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        why = f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}"
        sys.stderr.write(f"{sys.executable}: {why}\n")
        raise SystemExit(2) from None


def leave(caught: Caught, prepared: int) -> None:
    """What the interpreter does at its end: complain, join threads, finalize, flush. No return."""
    code = 1
    try:
        code = exit_code(caught.error)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        caught.error = None
        forget(prepared)
        gc.collect()
    finally:
        for out in (sys.__stdout__, sys.__stderr__):
            try:
                if out is not None and not out.closed:
                    out.flush()
            except (OSError, ValueError):
                code = code or 120
        os._exit(code & 255)


def forget(prepared: int) -> None:
    """Let go of the program's own modules, so that their objects are finalized. Only the newest
    are looked at: to touch an object is to copy its page.
    """
    for name in list(itertools.islice(reversed(sys.modules), max(len(sys.modules) - prepared, 0))):
        if str(getattr(sys.modules[name], "__file__", "")).startswith(HOME + os.sep):
            del sys.modules[name]


def exit_code(error: BaseException | None) -> int:
    """The exit code, after the complaint that the interpreter would have printed."""
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        sys.stderr.write(f"{error.code}\n")
        return 1
    sys.excepthook(type(error), error, error.__traceback__)
    if isinstance(error, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 1
