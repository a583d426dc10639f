"""Run git so that a repository cannot run anything of its own, and read its files unchecked-out.

Whatever the address, a bare repository in the cache fetches from it: git's own border against
hostile repositories. Hooks, submodules, filters (LFS) and prompts are off; nothing is checked out.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from backfeed.engine.errors import InputError, MissingExtra, Outage, ServiceRefusal
from backfeed.engine.sources._tree import INTERNALS, Entry

TIMEOUT_S = 900

_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null",
    "protocol.allow=never", "protocol.https.allow=always", "protocol.http.allow=always",
    "protocol.ssh.allow=always", "protocol.git.allow=always",
    "fetch.recurseSubmodules=false", "submodule.recurse=false", "gc.auto=0",
    "maintenance.auto=false", "http.lowSpeedLimit=1000", "http.lowSpeedTime=60",
    "safe.directory=*",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "SSH_ASKPASS_REQUIRE": "force",
    "GIT_OPTIONAL_LOCKS": "0", "GIT_PROTOCOL_FROM_USER": "0", "LC_ALL": "C",
}  # fmt: skip
_OURS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")

_UNREACHABLE = re.compile(
    r"could not resolve host|connection (?:timed out|refused|reset)|network is unreachable"
    r"|no route to host|temporary failure|timed out|operation too slow|early EOF"
    r"|the remote end hung up|(?:HTTP|error:) 5\d\d|SSL|TLS|gnutls",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"authentication failed|permission denied|could not read (?:username|password)|error: 40[13]"
    r"|host key verification|terminal prompts disabled",
    re.IGNORECASE,
)


def git(*arguments: str, at: Path | None = None, local: bool = False) -> str:
    """What git says to a command. Raises `InputError`, `Outage`, `ServiceRefusal`, `MissingExtra`.

    `local` allows to fetch from a folder of this machine.
    """
    try:
        done = subprocess.run(
            _command(arguments, at, local=local), capture_output=True, env=_environment(),
            stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise MissingExtra("git: addresses need git: apt-get install git") from None
    except subprocess.TimeoutExpired:
        raise Outage(
            f"git {arguments[0]} took more than {TIMEOUT_S} s: check the network"
        ) from None
    if done.returncode:
        raise _judged(done.stderr.decode("utf-8", "replace").strip(), arguments[0])
    return done.stdout.decode("utf-8", "surrogateescape")


def _judged(said: str, verb: str) -> Exception:
    """Whose failure it is."""
    last = "; ".join(said.splitlines()[-2:]) or "it ended without a word"
    if _REFUSED.search(said):
        return ServiceRefusal(f"git {verb} is refused: {last}; check the address and your key")
    if _UNREACHABLE.search(said):
        return Outage(f"git {verb}: {last}; check the network, then run the same command again")
    return InputError(f"git {verb}: {last}")


def _command(arguments: Sequence[str], at: Path | None, *, local: bool) -> list[str]:
    allowed = "always" if local else "never"
    settings = [
        word for one in (*_SETTINGS, f"protocol.file.allow={allowed}") for word in ("-c", one)
    ]
    return ["git", *(["-C", str(at)] if at else []), *settings, *arguments]


def _environment() -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if key not in _OURS}
    return inherited | _ENVIRONMENT


@dataclass(slots=True)
class Commit:
    """The files of one commit, read from the object store in the order asked."""

    repository: Path
    commit: str
    _reader: Any = field(default=None, repr=False)

    def entries(self) -> Sequence[Entry]:
        """All files of the commit, sorted by path; links and submodules have a fault."""
        listed = git("ls-tree", "-r", "-l", "-z", "--full-tree", self.commit, at=self.repository)
        found = [_entry(line) for line in listed.split("\0") if line]
        kept = (entry for entry in found if not INTERNALS & set(entry.path.split("/")[:-1]))
        return sorted(kept, key=lambda entry: entry.path)

    def bytes_of(self, entry: Entry) -> bytes:
        """The bytes of a blob."""
        if self._reader is None:
            self._reader = subprocess.Popen(
                _command(("cat-file", "--batch"), self.repository, local=False),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=_environment(),
            )  # fmt: skip
        return _blob(self._reader.stdin, self._reader.stdout, entry)

    def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait()
            self._reader = None


@contextmanager
def commit_of(repository: Path, commit: str) -> Iterator[Commit]:
    """The files of a commit, while they are read."""
    tree = Commit(repository, commit)
    try:
        yield tree
    finally:
        tree.close()


def _entry(line: str) -> Entry:
    about, _, name = line.partition("\t")
    mode, kind, mark, size = about.split()
    path = os.fsencode(name).decode("utf-8", "backslashreplace")
    if mode == "120000":
        return Entry(path, fault="link")
    if kind != "blob":
        return Entry(path, fault="special")
    return Entry(path, int(size), key=mark)


def _blob(ask: IO[bytes], answer: IO[bytes], entry: Entry) -> bytes:
    ask.write(entry.key.encode() + b"\n")
    ask.flush()
    head = answer.readline().split()
    if len(head) != 3:
        raise OSError(f"git does not have {entry.path}")
    data = answer.read(int(head[2]))
    answer.read(1)
    return data
