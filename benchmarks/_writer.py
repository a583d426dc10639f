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
import time
from collections import Counter
from typing import Any, ClassVar

import _functions
from _serving import Requests, completion, response, serve

SILENT_S = 20.0
TOKENS = (700, 200)
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


class Server(Requests):
    """Answers each request after `latency_s`."""

    latency_s, faults = 4.0, 0.0
    asked: ClassVar[Counter[str]] = Counter()
    sent: ClassVar[list[float]] = []
    given: ClassVar[set[bytes]] = set()

    def whole(self, body: bytes) -> None:
        """Answer it later."""
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
            self._send("200 OK", completion(text, TOKENS, finish))

    def _send(self, status: str, text: str) -> None:
        Server.sent.append(time.monotonic())
        wait = ("Retry-After: 1",) if status.startswith("429") else ()
        self.send(response(text, status, *wait))


def _completion(body: bytes) -> str:
    asked = json.loads(body)
    form = asked.get("response_format", {}).get("json_schema", {})
    user = asked["messages"][1]["content"] if len(asked["messages"]) > 1 else ""
    schema = str(form.get("name", ""))
    Server.asked[schema or "answer"] += 1
    if schema not in ("", *_FORMS):
        return completion(json.dumps(_probed(form.get("schema", {}))), TOKENS)
    return completion(written(schema, user), TOKENS)


def _probed(schema: dict[str, Any]) -> dict[str, Any]:
    """The least that fits a schema of ours that is not about functions: a start-up probe."""
    kinds = {"string": "ok", "boolean": True, "integer": 1, "number": 1, "array": []}
    found = {}
    for name, part in schema.get("properties", {}).items():
        found[name] = part["enum"][0] if "enum" in part else kinds.get(part.get("type", ""), "ok")
    return found


async def _serve() -> None:
    """Answer, and say at the end what was asked."""
    await serve(Server)
    print(json.dumps({"asked": Server.asked, "sent": Server.sent}))


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=4.0, help="seconds that a reply takes")
    parser.add_argument("--faults", type=float, default=0.0, help="share of replies that are none")
    options = parser.parse_args()
    Server.latency_s, Server.faults = options.latency, options.faults
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
