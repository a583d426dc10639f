"""A gateway before a model server that drops `response_format`, as some do, without a word."""

import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forgetful(behind: str) -> Iterator[str]:
    """Serve at an address of its own what the server says without that field."""
    handler = type("Handler", (_Handler,), {"behind": behind.removesuffix("/v1")})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    behind = ""

    def do_POST(self) -> None:
        """Pass a request on."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body.pop("response_format", None)
        asked = urllib.request.Request(
            self.behind + self.path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=60) as reply:
            said = reply.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
