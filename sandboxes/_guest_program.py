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
import importlib.util
import io
import itertools
import os
import shutil
import signal
import sys
import threading
import time
import types
from typing import Any

from backfeed.sandboxes import _guest_box as box
from backfeed.sandboxes import _guest_wire as wire
from backfeed.sandboxes._guest_files import BadRequest, collected, write_files
from backfeed.sandboxes._guest_watch import Watch

HOME = "/work"
LOST = (wire.LOST, 0, 0, 0, 0, 0, 0, 0)
COMPANY = 4  # the outer pid 1, the server, the zygote and the launcher
GUEST = tuple(
    "backfeed.sandboxes" + name
    for name in (
        "", "._guest", "._guest_wire", "._guest_box", "._guest_files", "._guest_watch",
        "._guest_pump", "._guest_program", "._guest_zygote",
    )
)  # fmt: skip


def launch(job: dict[str, Any], program: bytes, ends: dict[str, int]) -> None:
    """Be pid 1: build the box, start the program, watch it, report on `ends["status"]`, exit."""
    told: tuple[int, ...] = LOST
    said = "the launcher failed"
    left = wire.NUMBER.pack(0)
    try:
        box.hide()
        box.furnish(job["limits"])
        write_files(job["files"])
        command = resolve(job)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            become(job, program, ends, command=[] if job["warm"] else command)
        for name in ("stdin", "stdout", "stderr", "report"):
            if name in ends:
                os.close(ends[name])
        found = Watch(pid, job["limits"]).run()
        told, said = (wire.ENDED, *found, int(job["warm"])), ""
        left = collected(job["outputs"])
    except BadRequest as error:
        told, said = (wire.REFUSED, *LOST[1:]), "\n".join(error.args)
    except OSError as error:
        told, said = LOST, f"{type(error).__name__}: {error}"
    finally:
        answer = wire.ANSWER.pack(*told) + wire.string(said.encode("utf-8", "replace")) + left
        while answer:
            answer = answer[os.write(ends["status"], answer) :]
        os._exit(0)


def born(data: bytes, program: bytes, ends: dict[str, int]) -> None:
    """Be a program in the box of a launcher, whose pidfd is `ends["box"]`. Does not return."""
    try:
        box.enter(ends["box"], box.NEWNS | box.NEWUTS | box.NEWIPC | box.NEWNET)
        os.chdir(HOME)
        job = wire.opening(wire.Reader(data))
    except OSError as error:
        os.write(ends["stderr"], f"no box: {error}\n".encode())
        os._exit(126)
    become(job, program, ends, command=[])


def resolve(job: dict[str, Any]) -> list[str]:
    """The command with its program's path. Raises `BadRequest` if there is no such program."""
    name, *rest = job["command"]
    if job["python"]:
        return [sys.executable, *rest]
    path = dict(job["variables"]).get("PATH", os.environ["PATH"])
    beside = "/" in name and not name.startswith("/")
    found = name if beside else shutil.which(name, path=path)
    if found is None:
        raise BadRequest("no-command", f"the sandbox has no program {name!r}")
    return [found, *rest]


def become(
    job: dict[str, Any], program: bytes, ends: dict[str, int], *, command: list[str]
) -> None:
    """Be pid 2: give up everything and run foreign code. Does not return."""
    code = 126
    try:
        connect(ends, report=bool(job["report"]))
        box.show()
        box.first_of_victims()
        box.bound(job["limits"], company=COMPANY, python=job["python"])
        if job["variables"]:
            os.environ.update(dict(job["variables"]))
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        box.surrender(program)
        if command:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            os.execv(command[0], command if job["python"] else [job["command"][0], *command[1:]])
        run_script(job["command"][1:])
    except OSError as error:
        os.write(2, f"{job['command'][0]}: {error}\n".encode())
        code = 127
    finally:
        os._exit(code)


def connect(ends: dict[str, int], *, report: bool) -> None:
    """Descriptors 0 to 2, and 3 if there is a report; nothing else stays open."""
    names = ("stdin", "stdout", "stderr", *(("report",) if report else ()))
    ordered = [ends[name] for name in names]
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


def open_streams() -> None:
    """Make the standard streams anew, as the interpreter does at its start, over descriptors that
    are of the kinds which programs are given. Those of a program take their places later.
    """
    kinds = (os.memfd_create("input"), *(os.pipe()[1] for _ in range(2)))
    for number, end in enumerate(kinds):
        os.dup2(end, number)
        os.close(end)
    sys.stdin, sys.stdout = stream(0, sys.stdin), stream(1, sys.stdout)
    sys.stderr = stream(2, sys.stderr)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def dress(arguments: list[str]) -> types.ModuleType:
    """Make the interpreter look as if it had just started with this script."""
    path = os.path.join(HOME, arguments[0])  # noqa: PTH118
    for name in GUEST:
        sys.modules.pop(name, None)
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


PREPARED: dict[str, tuple[bytes, types.CodeType]] = {}
"""Files of ours that many jobs have, as they were read when the zygote began."""


def prepare(files: list[list[str]]) -> None:
    """Read files that many jobs have, and import those that are not scripts."""
    for name, text in files:
        path = f"{HOME}/{name}"
        code = compile(text, path, "exec", dont_inherit=True)
        PREPARED[name] = (text.encode(), code)
        if '__name__ == "__main__"' in text:
            continue
        stem = name.rpartition(".")[0]
        spec = importlib.util.spec_from_file_location(stem, path)
        if spec is None:
            continue
        sys.modules[stem] = importlib.util.module_from_spec(spec)
        exec(code, sys.modules[stem].__dict__)  # noqa: S102


def forget_others() -> None:
    """Of what is prepared, only what this job has as well stays."""
    for name, (text, _) in PREPARED.items():
        stem = name.rpartition(".")[0]
        if stem in sys.modules and read(name) != text:
            del sys.modules[stem]


def read(path: str) -> bytes:
    """A file's bytes; nothing if it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


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
    forget_others()
    main = dress(arguments)
    prepared = len(sys.modules) - 1
    path = str(main.__file__)
    with Caught() as caught:
        source = source_of(path)
        text, code = PREPARED.get(arguments[0], (b"", None))
        if code is None or text != source:
            code = compile(source, path, "exec", dont_inherit=True)
        exec(code, main.__dict__)  # noqa: S102
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
