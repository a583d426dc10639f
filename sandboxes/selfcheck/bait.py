"""What no program may reach: a canary, a folder, listeners and a variable of this machine."""

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "BACKFEED_CANARY"
TREE = {"a": "first", "c": "second", "deep/down": "third"}
FOLDER_MODE, FILE_MODE = 0o755, 0o644


@contextmanager
def secret() -> Iterator[str]:
    """A word that stands in the environment, and in canaries, while the suite runs."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = f"canary-{secrets.token_hex(8)}"
    try:
        yield os.environ[VARIABLE]
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


@dataclass(frozen=True, slots=True)
class Trap:
    """The bait of one item. `tag` is a word of chance that its processes carry."""

    secret: str
    tag: str
    canary: Path
    tree: Path
    listeners: dict[str, socket.socket] = field(default_factory=dict)

    def fill(self, code: str) -> str:
        """A program with the places of the bait in it."""
        tcp, udp = (self.listeners[name].getsockname()[1] for name in ("TCP", "UDP"))
        told = {
            "CANARY": self.canary, "TREE": self.tree, "PORT": tcp, "UDP": udp, "TAG": self.tag,
            "ABSTRACT": self.tag + "-listener", "SOCKET": self.canary.with_name("socket"),
        }  # fmt: skip
        for name, value in told.items():
            code = code.replace(f"@{name}@", str(value))
        return code

    def forbidden(self) -> tuple[str, ...]:
        """What no output may hold: the secret, and where on this machine we are."""
        return (self.secret, str(Path(__file__).parents[2]))

    def spoilt(self) -> list[str]:
        """What a program has reached."""
        found = [f"something came to the {name} listener" for name in self._heard()]
        if _text(self.canary) != self.secret or self.canary.stat().st_mode & 0o777 != FILE_MODE:
            found.append("the canary was changed")
        if _tree(self.tree) != TREE:
            found.append("the canary's folder was changed")
        return found

    def _heard(self) -> Iterator[str]:
        for name, listener in self.listeners.items():
            try:
                if name == "UDP":
                    listener.recv(16)
                else:
                    listener.accept()[0].close()
            except OSError:
                continue
            yield name


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _tree(place: Path) -> dict[str, str]:
    found = (path for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(place)): path.read_text() for path in found}


@contextmanager
def trap(word: str) -> Iterator[Trap]:
    """Lay out bait that any user of this machine could take."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="backfeed-bait-")))
        made = Trap(word, f"tag-{secrets.token_hex(6)}", folder / "canary", folder / "tree")
        made.canary.write_text(word)
        for name, text in TREE.items():
            (made.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (made.tree / name).write_text(text)
        for path in (folder, *folder.rglob("*")):
            path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        for name, address in (
            ("TCP", ("127.0.0.1", 0)),
            ("UDP", ("127.0.0.1", 0)),
            ("abstract", f"\0{made.tag}-listener"),
            ("path", str(folder / "socket")),
        ):
            made.listeners[name] = held.enter_context(_listener(name, address))
        (folder / "socket").chmod(0o666)
        yield made


def _listener(name: str, address: tuple[str, int] | str) -> socket.socket:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM if name == "UDP" else socket.SOCK_STREAM)
    made.bind(address)
    if name != "UDP":
        made.listen()
    made.setblocking(False)
    return made
