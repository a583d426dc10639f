"""A tiny model that learns from nothing but some rows, and its loss on others: a sanity figure.

How it works. One byte-level BPE is trained on the rows of all arms together. For each seed and arm
a Llama-like model of a few hundred thousand weights starts from the same random numbers and takes
the same number of steps over the same number of tokens: the arm's rows are laid end to end in a
drawn order, over again until there are enough. Only tokens of answers are learnt, and only those
of held-out answers are judged. Such a model writes no program: the loss shows that the text of an
arm can be learnt from and carries over, not what a real model would gain from it.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import fmean, stdev
from typing import Any

from backfeed.engine.errors import InputError
from backfeed.engine.models._torch import torch, transformers

Pair = tuple[str, str]
"""A problem and its answer."""
IGNORED = -100
END = "<|end|>"
SAID = "<|answer|>"


@dataclass(frozen=True, slots=True)
class Size:
    """How large, and how long: `length` tokens in a sequence, `batch` sequences in a step."""

    vocabulary: int = 512
    width: int = 64
    layers: int = 2
    heads: int = 4
    length: int = 128
    batch: int = 8
    steps: int = 80
    rate: float = 4e-3
    seeds: int = 3
    most: int = 100
    """So many held-out rows of each branch are judged."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation over the seeds."""

    values: tuple[float, ...]

    def plain(self) -> dict[str, Any]:
        """As it stands in arms.json."""
        spread = stdev(self.values) if len(self.values) > 1 else 0.0
        return {"mean": fmean(self.values), "deviation": spread, "seeds": list(self.values)}


@dataclass(frozen=True, slots=True)
class Loss:
    """Nats per token of held-out answers: all of them, and those of each branch.

    `untrained` is what the model said before its first step; `tokens` is what it was shown,
    `learnt` how many of them stood in answers, per seed on average.
    """

    whole: Spread
    branches: Mapping[str, Spread]
    untrained: Spread
    tokens: int
    learnt: float

    def plain(self) -> dict[str, Any]:
        """As it stands in arms.json."""
        branches = {name: spread.plain() for name, spread in self.branches.items()}
        return {
            **self.whole.plain(), "branches": branches, "untrained": self.untrained.plain(),
            "tokens": self.tokens, "learnt_tokens": self.learnt,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Text:
    """Token ids of a row, and what of it is learnt."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]


def losses(
    arms: Mapping[str, Sequence[Pair]], held_out: Mapping[str, Sequence[Pair]],
    size: Size | None = None,
) -> dict[str, Loss]:  # fmt: skip
    """The held-out loss of each arm. Raises `InputError` for an arm or a set without rows."""
    size = size or Size()
    empty = [name for name, rows in arms.items() if not rows]
    if empty or not any(held_out.values()):
        raise InputError(f"no rows in {', '.join(empty) or 'what is held out'}: nothing to learn")
    tokenizer = _tokenizer([pair for rows in arms.values() for pair in rows], size)
    judged = {
        name: [_text(tokenizer, pair, size.length) for pair in rows[: size.most]]
        for name, rows in held_out.items()
        if rows
    }
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums in another order are other sums
    try:
        untrained = Spread(tuple(_mean(_judged(_model(size, s), judged)) for s in _seeds(size)))
        return {
            name: _taught(
                [_text(tokenizer, pair) for pair in rows], judged, size, untrained=untrained
            )
            for name, rows in arms.items()
        }
    finally:
        torch.set_num_threads(threads)


def _tokenizer(pairs: Sequence[Pair], size: Size) -> Any:
    found = import_module("tokenizers").ByteLevelBPETokenizer()  # comes with transformers
    found.train_from_iterator(
        (text for pair in pairs for text in pair), vocab_size=size.vocabulary,
        special_tokens=[END, SAID], show_progress=False,
    )  # fmt: skip
    return found


def _text(tokenizer: Any, pair: Pair, most: int | None = None) -> _Text:
    """A row as the model sees it; `most` cuts the problem first, from its beginning."""
    said = [*tokenizer.encode(pair[1]).ids, tokenizer.token_to_id(END)]
    asked = [*tokenizer.encode(pair[0]).ids, tokenizer.token_to_id(SAID)]
    if most is not None:
        said = said[: most - 1]
        asked = asked[-(most - len(said)) :]
    return _Text((*asked, *said), (*[IGNORED] * len(asked), *said))


def _taught(
    rows: Sequence[_Text], judged: Mapping[str, Sequence[_Text]], size: Size, *, untrained: Spread
) -> Loss:  # fmt: skip
    """Teach a model for each seed, and judge it."""
    after: list[float] = []
    branches: dict[str, list[float]] = {name: [] for name in judged}
    learnt = 0
    for seed in _seeds(size):
        model = _model(size, seed)
        learnt += _teach(model, _batches(rows, size, seed), size)
        found = _judged(model, judged)
        after.append(_mean(found))
        for name, (total, count) in found.items():
            branches[name].append(total / count)
    spreads = {name: Spread(tuple(values)) for name, values in branches.items()}
    shown = size.steps * size.batch * size.length
    return Loss(Spread(tuple(after)), spreads, untrained, shown, learnt / size.seeds)


def _seeds(size: Size) -> range:
    return range(size.seeds)


def _model(size: Size, seed: int) -> Any:
    torch.manual_seed(seed)
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=size.vocabulary, hidden_size=size.width, intermediate_size=3 * size.width,
        num_hidden_layers=size.layers, num_attention_heads=size.heads,
        num_key_value_heads=size.heads, max_position_embeddings=size.length,
        tie_word_embeddings=True, bos_token_id=0, eos_token_id=0,
    ))  # fmt: skip


def _batches(rows: Sequence[_Text], size: Size, seed: int) -> Iterator[tuple[Any, Any]]:
    """As many tokens for every arm: its rows end to end, in drawn orders, over and over."""
    stream = _stream(rows, random.Random(seed))  # noqa: S311 - must be repeatable, keeps no secret
    shape = (size.batch, size.length)
    for _ in range(size.steps):
        pairs = [next(stream) for _ in range(size.batch * size.length)]
        ids, labels = (torch.tensor(one).view(shape) for one in zip(*pairs, strict=True))
        yield ids, labels


def _stream(rows: Sequence[_Text], rng: random.Random) -> Iterator[tuple[int, int]]:
    while True:
        for row in rng.sample(rows, len(rows)):
            yield from zip(row.ids, row.labels, strict=True)


def _teach(model: Any, batches: Iterator[tuple[Any, Any]], size: Size) -> int:
    """Take the steps; how many tokens were learnt."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=size.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, size.rate, total_steps=size.steps, pct_start=0.1
    )
    model.train()
    learnt = 0
    for ids, labels in batches:
        tokens = int((labels[:, 1:] != IGNORED).sum())
        learnt += tokens
        if not tokens:  # nothing but a long problem
            continue
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return learnt


def _judged(
    model: Any, judged: Mapping[str, Sequence[_Text]]
) -> dict[str, tuple[float, int]]:  # fmt: skip
    """Nats and tokens of the held-out answers, by branch."""
    model.eval()
    found: dict[str, tuple[float, int]] = {}
    for name, rows in judged.items():
        total, count = 0.0, 0
        for row in rows:
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([row.ids])).logits[0, :-1]
            labels = torch.tensor(row.labels[1:])
            each = torch.nn.functional.cross_entropy(
                logits, labels, ignore_index=IGNORED, reduction="sum"
            )
            total += float(each)
            count += int((labels != IGNORED).sum())
        found[name] = (total, count)
    return found


def _mean(found: Mapping[str, tuple[float, int]]) -> float:
    """The mean of the branches, each counting as much as another."""
    return fmean(total / count for total, count in found.values())
