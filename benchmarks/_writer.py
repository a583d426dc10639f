"""A model server on this machine that writes what `infinite-instruct` asks for, after a while.

    python benchmarks/_writer.py --latency 4 --faults 0.1

It knows the functions of `_functions.py`: an answer is the function's own text, tests are calls of
it that were worked out. It does as little as it can besides, says its port on standard output, and
at the end of standard input one line of JSON: when each reply was sent, and what was asked.
`--faults` is the share of replies that are none: 429 with a time to wait, 500, a cut connection,
text that is no JSON, a reply that was cut at its limit of tokens, silence for `SILENT_S`.
"""

import argparse
import asyncio
import hashlib
import json
import re
import sys
import time
from collections import Counter
from typing import Any, ClassVar

import _functions

SILENT_S = 20.0
INVENTED = 1_000_000
"""Numbers from here on are functions that no seed has."""

FAULTS = ("throttled", "broken", "cut", "no-json", "length", "silent")
_NAME = re.compile(r"\b[a-z]+_[a-z]+_(\d+)\b")
_RATES = {"throttled": "429 Too Many Requests", "broken": "500 Internal Server Error"}


def number_of(user: str) -> int:
    """The function that a prompt speaks of; one of its own for a prompt without."""
    if found := _NAME.search(user):
        return int(found[1])
    mark = hashlib.blake2b(user.encode(), digest_size=4).digest()
    return INVENTED + int.from_bytes(mark) % INVENTED


def problem(number: int) -> str:
    """The problem that a function answers."""
    code, told = _functions.source(number)
    head, last = code.splitlines()[0].rstrip(":"), code.splitlines()[-1]
    shown = _functions.cases(number, 1)[0].removeprefix("assert ").replace(" == ", "  # ")
    return (
        f"Write a Python function `{_functions.name(number)}` that takes a list of numbers and"
        f" works on it in this order: {told}. At the end its value is `{last.strip()}`.\n\n"
        f"```python\n{head}\n```\n\nExample:\n\n```python\n{shown}\n```"
    )


def written(schema: str, user: str) -> str:
    """The text of a good reply to a prompt with this schema; to one without, an answer."""
    number = number_of(user)
    if not schema:
        return f"It follows the steps.\n\n```python\n{_functions.source(number)[0]}```\n"
    return json.dumps(_FORMS[schema](number, user))


def _posed(number: int, _user: str) -> dict[str, Any]:
    return {
        "suitable": True, "reason": "", "behaviour": "It works on numbers.",
        "scenarios": ["a report", "a game"], "points": ["the order"], "problem": problem(number),
    }  # fmt: skip


def _tested(number: int, _user: str) -> dict[str, Any]:
    cases = [{"purpose": "a list", "setup": "", "code": c} for c in _functions.cases(number)]
    return {"cases": cases, "checker": ""}


def _indexed(number: int, _user: str) -> dict[str, Any]:
    told = _functions.source(number)[1].split("; ")
    return {"task": [told[0]], "instruction": ["order"], "knowledge": told[1:6]}


def _hardened(number: int, user: str) -> dict[str, Any]:
    text = problem(number)
    more = f"{text}\n\nThe list may hold {number % 7 + 2} numbers or fewer, and numbers below zero."
    return {"changed": "a bound", "problem": more, "entry_point": _functions.name(number),
            "answerable": True}  # fmt: skip


def _reworded(number: int, _user: str) -> dict[str, Any]:
    old = problem(number)
    told = _functions.source(number)[1]
    backwards = ", and before that ".join(reversed(told.split("; ")))
    head = f"We lack `{_functions.name(number)}`. Somebody hands it numbers. Last, {backwards}."
    value = old.partition("At the end its value is ")[2]
    return {"outline": ["last, then before"], "problem": f"{head} What comes out: {value}"}


def _invented(number: int, user: str) -> dict[str, Any]:
    lines = [line.partition(": ") for line in user.splitlines()]
    given = [word for _, _, told in lines[1:] for word in told.split("; ")
             if word and told != "anything that fits"]  # fmt: skip
    text = problem(number)
    return {
        "coherent": True, "reason": "", "plan": [f"{word} is a step" for word in given],
        "used": given, "dropped": [], "entry_point": _functions.name(number),
        "signature": _functions.source(number)[0].splitlines()[0], "problem": text,
    }  # fmt: skip


_FORMS = {
    "Problem": _posed, "Scripts": _tested, "Phrases": _indexed, "Evolved": _hardened,
    "Reworded": _reworded, "Invention": _invented,
}  # fmt: skip


class Server(asyncio.Protocol):
    """Reads requests by their length, and answers each after `latency_s`."""

    latency_s, faults = 4.0, 0.0
    asked: ClassVar[Counter[str]] = Counter()
    sent: ClassVar[list[float]] = []
    given: ClassVar[set[bytes]] = set()

    def connection_made(self, transport: Any) -> None:
        """A connection, for any number of requests."""
        self.transport, self.data, self.needed = transport, b"", 0

    def data_received(self, data: bytes) -> None:
        """When a request is whole, answer it later."""
        self.data += data
        if not self.needed:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            length = self.data[:end].lower().partition(b"content-length:")[2]
            self.needed = end + 4 + int(length.partition(b"\r\n")[0])
            self.begin = end + 4
        if len(self.data) >= self.needed:
            body, self.data = self.data[self.begin : self.needed], self.data[self.needed :]
            self.needed = 0
            loop = asyncio.get_running_loop()
            loop.call_later(self.latency_s, self.answer, body, Server.asked.total())
            Server.asked["requests"] += 1

    def answer(self, body: bytes, count: int) -> None:
        """Send a reply, or what stands for one."""
        if self.transport.is_closing():
            return
        mark = hashlib.blake2b(str(count).encode(), digest_size=8).digest()
        if int.from_bytes(mark) / 2**64 < self.faults:
            fault = FAULTS[mark[0] % len(FAULTS)]
            Server.asked[fault] += 1
            self._fail(fault, body)
            return
        mark = hashlib.blake2b(body, digest_size=12).digest()
        Server.asked["again"] += mark in Server.given
        Server.given.add(mark)
        self._send("200 OK", _completion(body))

    def _fail(self, fault: str, body: bytes) -> None:
        if fault == "cut":
            self.transport.abort()
        elif fault == "silent":
            asyncio.get_running_loop().call_later(SILENT_S, self.transport.abort)
        elif fault in _RATES:
            self._send(_RATES[fault], json.dumps({"error": {"message": fault}}))
        else:
            text = "Here you are." if fault == "no-json" else '{"suitable": tru'
            finish = "length" if fault == "length" else "stop"
            self._send("200 OK", _whole(text, finish))

    def _send(self, status: str, text: str) -> None:
        raw = text.encode()
        Server.sent.append(time.monotonic())
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}"
        wait = "\r\nRetry-After: 1" if status.startswith("429") else ""
        self.transport.write(f"{head}{wait}\r\n\r\n".encode() + raw)


def _completion(body: bytes) -> str:
    asked = json.loads(body)
    form = asked.get("response_format", {}).get("json_schema", {})
    user = asked["messages"][1]["content"] if len(asked["messages"]) > 1 else ""
    schema = str(form.get("name", ""))
    Server.asked[schema or "answer"] += 1
    if schema not in ("", *_FORMS):
        return _whole(json.dumps(_probed(form.get("schema", {}))), "stop")
    return _whole(written(schema, user), "stop")


def _probed(schema: dict[str, Any]) -> dict[str, Any]:
    """The least that fits a schema of ours that is not about functions: a start-up probe."""
    kinds = {"string": "ok", "boolean": True, "integer": 1, "number": 1, "array": []}
    found = {}
    for name, part in schema.get("properties", {}).items():
        found[name] = part["enum"][0] if "enum" in part else kinds.get(part.get("type", ""), "ok")
    return found


def _whole(text: str, finish: str) -> str:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    used = {"prompt_tokens": 700, "completion_tokens": 200, "total_tokens": 900}
    whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
    return json.dumps({**whole, "choices": [choice], "usage": used})


async def serve() -> None:
    """Say the port, answer until standard input is closed, and say what was asked."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"asked": Server.asked, "sent": Server.sent}))


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=4.0, help="seconds that a reply takes")
    parser.add_argument("--faults", type=float, default=0.0, help="share of replies that are none")
    options = parser.parse_args()
    Server.latency_s, Server.faults = options.latency, options.faults
    asyncio.run(serve())


if __name__ == "__main__":
    main()
