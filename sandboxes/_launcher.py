"""The launcher in C: made once, from the source that lies beside it, where there is a compiler.

    python -m backfeed.sandboxes._launcher [FOLDER]

makes it now, beside its source or in FOLDER. Without a compiler, or where it cannot work, the guest
in Python does the same, and takes longer.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

from backfeed.engine.errors import BackfeedError, ConfigError
from backfeed.engine.files import user_cache, write_whole
from backfeed.sandboxes._protocol import launcher_source

COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c11", "-O2", "-Wall", "-static", "-s")
TIMEOUT_S = 120.0


def mark() -> str:
    """The name of a launcher made from this source for this machine."""
    text = repr((sorted(launcher_source().items()), FLAGS))
    return f"launcher-{platform.machine()}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@cache
def binary() -> bytes:
    """The launcher; empty where there is none and none can be made."""
    try:
        for folder in (_beside(), user_cache("launcher")):
            path = folder / mark()
            if path.is_file():
                return path.read_bytes()
        return make(user_cache("launcher")).read_bytes() if compiler() else b""
    except (BackfeedError, OSError):
        return b""


def chosen(name: str) -> bytes:
    """The launcher asked for: `c`, `python`, or "" for the first that there is; empty for Python.

    Raises `ConfigError` for another name, and for `c` where there is none.
    """
    if name not in {"", "c", "python"}:
        raise ConfigError(f"launcher is c or python, or left out; not {name!r}")
    if name == "c" and not binary():
        raise ConfigError("there is no launcher in C: apt-get install gcc libc6-dev")
    return b"" if name == "python" else binary()


def compiler() -> str | None:
    """The path of a C compiler."""
    return next((found for name in COMPILERS if (found := shutil.which(name))), None)


def make(folder: Path) -> Path:
    """Compile it into a folder. Raises `BackfeedError` with what the compiler said."""
    found = compiler()
    if found is None:
        raise BackfeedError("no C compiler: apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory(prefix="backfeed-") as name:
        place = Path(name)
        source = launcher_source()
        for file, text in source.items():
            (place / file).write_text(text, "utf-8")
        units = [file for file in source if file.endswith(".c")]
        try:
            done = subprocess.run(
                [found, *FLAGS, "-o", "launcher", *units], cwd=place, capture_output=True,
                text=True, timeout=TIMEOUT_S, check=False, env={"PATH": os.environ.get("PATH", "")},
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise BackfeedError(f"the launcher cannot be made: {error}") from error
        if done.returncode:
            raise BackfeedError(f"the launcher cannot be made: {done.stderr.strip()[-500:]}")
        made = folder / mark()
        write_whole(made, (place / "launcher").read_bytes())
    return made


def _beside() -> Path:
    return Path(str(files("backfeed.sandboxes") / "launcher"))


def main() -> int:
    """Make it, and say where it is."""
    try:
        made = make(Path(sys.argv[1]) if len(sys.argv) > 1 else _beside())
    except BackfeedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{made}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
