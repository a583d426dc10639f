"""Scores by a forward pass of transformers: the published formula, without vLLM."""

import math
from functools import cache
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from backfeed.engine.requests import Score


@cache
def _loaded(folder: Path):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer, AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def logprobs(folder: Path, text: str) -> list[float]:
    """The log-probability of each token but the first, given those before it."""
    tokenizer, model = _loaded(folder)
    ids = torch.tensor([tokenizer.encode(text)])
    with torch.no_grad():
        logits = model(ids).logits[0, :-1]
    return (-torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")).tolist()


def _loss(folder: Path, before: str, answer: str) -> float:
    """The mean loss over the tokens of the answer; the first token of all has none."""
    count = len(_loaded(folder)[0].encode(before)) if before else 1
    found = logprobs(folder, before + answer)[count - 1 :]
    return -sum(found) / len(found)


def score(folder: Path, request: Score) -> float:
    """The number that a scorer shall give."""
    before = f"{request.prompt}\n\n" if request.prompt else ""
    after = _loss(folder, before, request.answer)
    if request.kind == "loss":
        return after
    alone = _loss(folder, "", request.answer)
    if request.kind == "loss_alone":
        return alone
    return after / alone if request.kind == "ifd" else math.exp(after - alone)
