"""What the tiny model is taught: replies of a form, among them code with line breaks and quotes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import tiny
from stub_model import prompt

from backfeed.engine.contracts import Service
from backfeed.engine.models import _probe, _prompts
from backfeed.engine.requests import Score

TITLES = {
    name: f'def {name}(a, b):\n    """Says \\"{sign}\\"."""\n    return a {sign} b'
    for name, sign in {
        "add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "both": "&", "either": "|",
        "power": "**",
    }.items()
}  # fmt: skip
PROMPTS = {name: prompt(f"{name}! " * 8) for name in TITLES}
"""What is asked, by the name of the function that is the answer."""

ALL = [
    tiny.Lesson(
        _prompts.messages(PROMPTS[name]), tiny.compact({"title": title, "score": len(name)})
    )
    for name, title in TITLES.items()
]
TAUGHT = [
    *ALL,
    tiny.Lesson([{"role": "user", "content": _probe.ASKED}], "No: it is seven times thirteen."),
]
"""And what it says in prose where it is not held to a form."""

GREEDY = {"temperature": 0.0, "max_tokens": 200}
ASKED = list(PROMPTS.values())
STRANGE = [prompt(f"Something else, number {number}.") for number in range(24)]
"""Prompts that it was not taught: what it says to them is noise."""

PAIRS = [
    ("Write a function that adds.", "def add(a, b):\n    return a + b\n"),
    ("", "x = 1\n"),
    ("Say something with a ☃ in it.", "print('☃')"),
    ("Short.", "yes, no"),
]
KINDS = ("loss", "loss_alone", "ifd", "ifd_ppl")
SCORES = [Score(kind, *pair) for pair in PAIRS for kind in KINDS]


def answers(service: Service, requests: Sequence[Any], *, at_once: bool = True) -> list[Any]:
    """What a service answers, in one batch or one by one; it is closed then."""

    async def ask() -> list[Any]:
        batches = [requests] if at_once else [[one] for one in requests]
        try:
            return [answer for batch in batches for answer in await service.answer(batch)]
        finally:
            await service.close()

    return asyncio.run(ask())
