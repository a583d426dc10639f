"""The system that programs in bubblewrap see: this machine's, or that of an unpacked image.

An image is unpacked by `docker export`: its tool chains and packages are those of `/usr` there, and
nothing of this machine's own is shown.
"""

from pathlib import Path

from backfeed.engine.errors import ConfigError
from backfeed.sandboxes import _starter, _toolchains

FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf")  # and what Java has there
PYTHON = "/usr/bin/python3"
REMEDY = (
    "unpack one there: mkdir -p {root} && docker export $(docker create IMAGE) | tar -x -C {root} "
    "(make images in the repository makes images where no registry answers)"
)


def checked(root: str) -> str:
    """The folder of an unpacked image, links followed. Raises `ConfigError` with the remedy."""
    place = Path(root).expanduser().resolve()
    if not _toolchains.followed(str(place), "/usr/bin").is_dir():
        remedy = REMEDY.format(root=root)
        raise ConfigError(f"sandbox bubblewrap: root = {root} is no unpacked image; {remedy}")
    if not _starter.is_readable(place):
        raise ConfigError(
            f"sandbox bubblewrap: the user that runs programs may not read {root}: chmod 755 {root}"
        )
    return str(place)


def python(root: str, path: str) -> str:
    """The path of the interpreter in an unpacked image. Raises `ConfigError` if it has none."""
    wanted = path or PYTHON
    found = _toolchains.followed(root, wanted)
    if not (wanted.startswith("/usr/") and found.is_file()):
        raise ConfigError(
            f"the image unpacked in {root} has no {wanted}, which starts all programs: install "
            "python3 in the image, or name another in its /usr as `python`"
        )
    return wanted


def shown(root: str = "", at: str = "") -> list[str]:
    """The words by which bubblewrap shows `/usr` and what belongs to it, read-only.

    `root` is the folder of an unpacked image, `at` where that lies for the user that bubblewrap is
    started by; this machine's own unless given.
    """
    bound = ["--ro-bind", _source("/usr", root, at), "/usr"]
    for name in FOLDERS:
        place = Path(root or "/", name)
        if place.is_symlink():
            bound += ["--symlink", str(place.readlink()), f"/{name}"]
        elif place.is_dir():
            bound += ["--ro-bind", f"{at}/{name}", f"/{name}"]
    java = (f"/etc/{found.name}" for found in Path(root or "/", "etc").glob("java*"))
    for path in (*ETC, *sorted(java)):
        bound += ["--ro-bind-try", _source(path, root, at), path]
    return bound


def _source(path: str, root: str, at: str) -> str:
    """Where a path lies outside: links of an image must not lead to this machine's files."""
    return at + str(_toolchains.followed(root, path)).removeprefix(root) if root else path
