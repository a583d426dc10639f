"""Tool chains of languages: where they lie, where a sandbox shows them, what identifies them.

What the system has in /usr/bin comes first, inside as outside; before it only what was installed
because the system's is too old, in `PACKAGES/bin`. A command that both lack is sought on
the caller's PATH: what is found there (rustup's, a Go or a JDK in a home) is shown under `HOME`;
its commands are linked in `HOME/bin`, which is last on the PATH inside. Compilers of C and C++ and
shells are the system's alone: they need too much of the place that they were built for.

Containers look at their image in the same way: this runs inside, too, on any Python from 3.9.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

HOME = "/opt/backfeed/toolchains"
LINKS = f"{HOME}/bin"
PACKAGES = "/usr/local/lib/backfeed"  # packages for tests, and tool chains
OWN = f"{PACKAGES}/bin"
SYSTEM = f"{OWN}:/usr/bin:/bin"
SAMPLE = 1 << 20
PATIENCE_S = 20.0
MOST_LINKS = 40

# Each language's commands, the first of which says its version, and the words that make it.
KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bash": (("bash",), ("--version",)),
    "c": (("gcc", "cc"), ("--version",)),
    "cpp": (("g++", "c++"), ("--version",)),
    "go": (("go", "gofmt"), ("version",)),
    "java": (("javac", "java"), ("-version",)),
    "javascript": (("node",), ("--version",)),
    "lua": (("lua5.4", "lua"), ("-v",)),
    "perl": (("perl",), ("-v",)),
    "php": (("php",), ("--version",)),
    "ruby": (("ruby",), ("--version",)),
    "rust": (("rustc", "cargo"), ("--version",)),
}
SHELLS = ("bash", "env", "sh")

# How to ask a command that lies elsewhere for its home: it may be a shim.
ASK = {
    "go": ("go", "env", "GOROOT"),
    "java": ("java", "-XshowSettings:properties", "-version"),
    "javascript": ("node", "-p", "require('path').join(process.execPath, '../..')"),
    "rust": ("rustc", "--print", "sysroot"),
}

# What of its home is shown, and nothing beside it: the first must be there.
PARTS = {
    "go": ("pkg", "bin", "src", "lib", "VERSION", "go.env"),
    "java": ("lib", "bin", "conf", "release"),
    "javascript": ("bin/node",),
    "rust": ("lib/rustlib", "bin", "lib"),
}


# The commands that find packages for tests, and their folder there.
FINDS = {"cargo": "rust", "go": "go", "node": "node", "rustc": "rust"}

# What a command starts in its turn.
STARTS = {
    "c++": ("as", "ld"), "cargo": ("rustc",), "cc": ("as", "ld"), "g++": ("as", "ld"),
    "gcc": ("as", "ld"), "rustc": ("cc",),
}  # fmt: skip


class Chain(NamedTuple):
    """A tool chain off the system's path: its home here, what is shown of it, what is linked."""

    language: str
    home: Path
    parts: tuple[str, ...]
    commands: tuple[str, ...]

    @property
    def place(self) -> str:
        """Its home inside: what lies in /usr is there anyway."""
        return str(self.home) if self._of_system() else f"{HOME}/{self.language}"

    def shown(self) -> dict[str, str]:
        """What must be shown for it: where each lies here, and there."""
        if self._of_system():
            return {}
        return {str(self.home / part): f"{self.place}/{part}" for part in self.parts}

    def links(self) -> dict[str, str]:
        """The links to its commands, and what they point to, inside."""
        return {f"{LINKS}/{name}": f"{self.place}/bin/{name}" for name in self.commands}

    def _of_system(self) -> bool:
        return self.home.is_relative_to("/usr")


@cache
def elsewhere() -> tuple[Chain, ...]:
    """The tool chains that the system's own path lacks and the caller's has."""
    return tuple(filter(None, (_chain(language) for language in sorted(ASK))))


def links() -> dict[str, str]:
    """All links to commands, inside."""
    return {name: target for chain in elsewhere() for name, target in chain.links().items()}


def path(usual: str) -> str:
    """The PATH inside."""
    return usual if LINKS in usual.split(":") else f"{OWN}:{usual}:{LINKS}"


def _chain(language: str) -> Chain | None:
    commands = [name for name in KNOWN[language][0] if not shutil.which(name, path=SYSTEM)]
    home = _home(language) if commands else None
    if home is None or Path.home().is_relative_to(home) or home == Path("/"):
        return None
    here = tuple(name for name in commands if (home / "bin" / name).is_file())
    parts = tuple(part for part in PARTS[language] if (home / part).exists())
    if not here or PARTS[language][0] not in parts:
        return None
    outer = tuple(part for part in parts if not any(part.startswith(f"{p}/") for p in parts))
    return Chain(language, home, outer, here)


def _home(language: str) -> Path | None:
    said = _said(ASK[language])
    if language == "java":
        said = next((line for line in said.splitlines() if "java.home =" in line), "")
        said = said.partition("= ")[2]
    return Path(said.strip()).resolve() if said.strip().startswith("/") else None


def _said(command: tuple[str, ...]) -> str:
    """What a command of the caller's PATH says, on either stream; nothing if it fails."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout


@cache
def digest(command: str, root: str = "") -> str:
    """What determines how a command of the bubblewrap sandbox behaves; "" for one it has not.

    `root` is the folder of an unpacked image, if programs see that instead of this machine.
    Its size, its first and last MiB, what `release` or `VERSION` beside it say (the command itself
    may be a small driver), and the same of what it starts. Read once per process. Commands with a
    path are a job's own.
    """
    found = None if "/" in command else _found(command, root)
    if found is None:
        return ""
    seen = hashlib.sha256()
    try:
        for piece in _pieces(found.resolve()):
            seen.update(len(piece).to_bytes(8, "little") + piece)
    except OSError:
        return ""
    for started in STARTS.get(command, ()):
        seen.update(digest(started, root).encode())
    seen.update(_packages(FINDS.get(command, ""), root).encode())
    return seen.hexdigest()


def named(command: Sequence[str]) -> tuple[str, ...]:
    """The commands that a command line starts: its first word, and those that a shell is told."""
    first, *rest = command or ("",)
    if first not in SHELLS:
        return (first,) if first else ()
    known = {name for names, _ in KNOWN.values() for name in names} - {*SHELLS}
    words = {word for text in rest for word in re.findall(r"[\w+.-]+", text)}
    return (first, *sorted(words & known))


@cache
def _packages(name: str, root: str = "") -> str:
    """What identifies the packages of a language: what made them, or how large they are."""
    home = Path(root + PACKAGES) / name
    if not name or not home.is_dir():
        return ""
    told = [home / made for made in ("recipe", "VERSION") if (home / made).is_file()]
    if told:
        return " ".join(path.read_text(encoding="utf-8", errors="replace") for path in told)
    sizes = sorted((str(path), path.stat().st_size) for path in home.rglob("*.*"))
    return hashlib.sha256(repr(sizes).encode()).hexdigest()


def followed(root: str, path: str) -> Path:
    """Where a path of an unpacked image lies here, its links followed as they are inside.

    Links that lead in a circle end at one of them.
    """
    todo, at, links = list(Path(path).parts[1:]), Path(root), 0
    while todo:
        part = todo.pop(0)
        here = at / part
        if part == "..":
            at = at if at == Path(root) else at.parent
        elif here.is_symlink() and links < MOST_LINKS:
            target, links = here.readlink(), links + 1
            at = Path(root) if target.is_absolute() else at
            todo[:0] = target.parts[1:] if target.is_absolute() else target.parts
        else:
            at = here
    return at


def _found(command: str, root: str = "") -> Path | None:
    if root:
        places = (followed(root, f"{folder}/{command}") for folder in SYSTEM.split(":"))
        return next((place for place in places if os.access(place, os.X_OK)), None)
    if path := shutil.which(command, path=SYSTEM):
        return Path(path)
    homes = (chain.home for chain in elsewhere() if command in chain.commands)
    return next((home / "bin" / command for home in homes), None)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        yield str(size).encode()
        yield file.read(SAMPLE)
        file.seek(max(size - SAMPLE, 0))
        yield file.read()
    for name in ("release", "VERSION"):
        told = path.parent.parent / name
        if path.parent.name == "bin" and told.is_file():
            yield told.read_bytes()


def versions() -> dict[str, str]:
    """What each language's first command says of its version, for people; no command, no word."""
    found = {}
    for language, ((command, *_), words) in sorted(KNOWN.items()):
        there = _found(command)
        first, *_ = (_said((str(there), *words)) if there else "").splitlines() or [""]
        if first:
            found[language] = first
    return found
