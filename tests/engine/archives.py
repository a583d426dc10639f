"""What the tests of sources share: archives as they want them, and an index on this machine."""

import hashlib
import io
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from backfeed.engine.sources import _http

CODE = "def area(width, height):\n    return width * height\n"


def tar_of(files: dict[str, str | bytes], *extra: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    """An archive of these files; `extra` members have no content."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode=mode) as file:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
        for info in extra:
            file.addfile(info)
    return raw.getvalue()


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A member that is no file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(files: dict[str, str | bytes]) -> bytes:
    """A zip archive, or a wheel, of these files."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return raw.getvalue()


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """A digest in hexadecimal."""
    return hashlib.new(algorithm, data).hexdigest()


def laid(root: Path, files: dict[str, str | bytes]) -> Path:
    """These files, below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


class Index:
    """Pages by path. `fail` holds the statuses with which a path answers first."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.fail: dict[str, list[int]] = {}
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.url = ""

    def put(self, path: str, body: bytes | str, kind: str = "text/html") -> str:
        """Answer a path with this; its address."""
        self.pages[path] = (kind, body.encode() if isinstance(body, str) else body)
        return self.url + path

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        self.asked[handler.path] += 1
        self.headers[handler.path] = dict(handler.headers)
        status = self.fail[handler.path].pop(0) if self.fail.get(handler.path) else 200
        kind, body = self.pages.get(handler.path, ("text/plain", b""))
        if status == 200 and handler.path not in self.pages:
            status = 404
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def served_index() -> Iterator[Index]:
    """A server of pages; it answers 404 for what it was not given."""
    made = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.answer(self)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forget_the_user(monkeypatch, home: Path) -> None:
    """No configuration of whoever runs the tests, and no pause between attempts."""
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE", "npm_config_registry", "NPM_CONFIG_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    for function in (_http.fetch, _http.download):
        monkeypatch.setattr(function.retry, "sleep", lambda _seconds: None)
