"""What model servers of benchmarks share: whole requests in, a reply as OpenAI's, and the port."""

import asyncio
import json
import sys
from typing import Any


class Requests(asyncio.Protocol):
    """Reads requests by their length alone, and gives each body to `whole`."""

    def connection_made(self, transport: Any) -> None:
        """A connection, for any number of requests."""
        self.transport, self.data, self.begin, self.end = transport, b"", 0, 0

    def data_received(self, data: bytes) -> None:
        """When a request is whole, it is asked."""
        self.data = self.data + data if self.data else data
        if not self.end:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            length = self.data[:end].lower().partition(b"content-length:")[2]
            self.begin = end + 4
            self.end = self.begin + int(length.partition(b"\r\n")[0])
        if len(self.data) >= self.end:
            body, self.data = self.data[self.begin : self.end], self.data[self.end :]
            self.end = 0
            self.whole(body)

    def whole(self, body: bytes) -> None:
        """A request has come."""
        raise NotImplementedError

    def send(self, reply: bytes) -> None:
        """Send, if somebody is still there."""
        if not self.transport.is_closing():
            self.transport.write(reply)


def completion(text: str, tokens: tuple[int, int], finish: str = "stop") -> str:
    """The body of a chat completion; `tokens` are those of the prompt and of the reply."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    asked, said = tokens
    used = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
    whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
    return json.dumps({**whole, "choices": [choice], "usage": used})


def response(body: str, status: str = "200 OK", *more: str) -> bytes:
    """A whole HTTP response; `more` are lines of its head."""
    raw = body.encode()
    lines = ["Content-Type: application/json", f"Content-Length: {len(raw)}", *more]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + raw


async def serve(answering: type[Requests], backlog: int = 1000) -> None:
    """Say the port, and answer until standard input is closed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(answering, "127.0.0.1", 0, backlog=backlog)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
