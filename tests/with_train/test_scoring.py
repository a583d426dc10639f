"""`transformers:PATH` with a real model: the same as one by one, whatever the batch."""

import asyncio
import math
import random

import pytest
import tiny
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
)

from backfeed.engine.errors import ConfigError, Refused, ServiceRefusal
from backfeed.engine.models import transformers
from backfeed.engine.requests import Score

SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "both": "&"}
LESSONS = [
    tiny.Lesson(
        [{"role": "user", "content": f"Write a function called {name}."}],
        f'def {name}(a, b):\n    """Says {sign}."""\n    return a {sign} b',
    )
    for name, sign in SIGNS.items()
]
WORDS = [word for one in LESSONS for word in f"{one.messages[0]['content']} {one.reply}".split()]
CHAT = f"{tiny.BEGIN}user\n{{prompt}}{tiny.END}\n{tiny.BEGIN}assistant\n{{answer}}"
KINDS = ("loss", "loss_alone", "ifd", "ifd_ppl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A language model that knows its lessons a little."""
    made = tmp_path_factory.mktemp("models") / "tiny"
    tiny.make(made, LESSONS, steps=200)
    return made


def pairs(count, seed=0):
    """Prompts and answers of many lengths, among them what it was taught, and odd ones."""
    rng = random.Random(seed)
    made = [("", "x = 1"), ("Say ☃.", "☃ ☃"), ("p", "y = z"), (" ", "a\n\nb"), ("1", "2 " * 200)]
    made += [(one.messages[0]["content"], one.reply) for one in LESSONS]
    while len(made) < count:
        made.append(tuple(" ".join(rng.choices(WORDS, k=rng.randrange(2, 60))) for _ in "pa"))
    return made[:count]


ASKED = [Score(kind, *pair) for pair in pairs(60) for kind in KINDS]


def scorer(folder, **settings):
    return transformers.PLUGIN.scorer(str(folder), {"device": "cpu", "threads": 1, **settings})


def answers(service, requests, size=1000):
    """What it says, in batches of that size; it is closed then."""

    async def main():
        try:
            found = []
            for start in range(0, len(requests), size):
                found += await service.answer(requests[start : start + size])
            return found
        finally:
            await service.close()

    return asyncio.run(main())


class Naive:
    """One text at a time, as the published code for IFD does it: labels, and the model's loss."""

    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def loss(self, before, answer):
        ids = self.tokenizer(before + answer, return_tensors="pt").input_ids
        labels = ids.clone()
        if before:
            labels[:, : len(self.tokenizer(before).input_ids)] = -100
        with torch.no_grad():
            return self.model(ids, labels=labels).loss.item()

    def score(self, asked):
        alone = self.loss("", asked.answer)
        if asked.kind == "loss_alone":
            return alone
        after = self.loss(f"{asked.prompt}\n\n", asked.answer) if asked.prompt else alone
        told = {"loss": after, "ifd": after / alone, "ifd_ppl": math.exp(after) / math.exp(alone)}
        return told[asked.kind]


def test_the_same_as_one_by_one(folder):
    naive = Naive(folder)
    wanted = [naive.score(one) for one in ASKED]
    found = answers(scorer(folder), ASKED)
    assert found == pytest.approx(wanted, rel=1e-4)
    assert len({round(one, 2) for one in found}) > 60, "they do differ"


@pytest.mark.parametrize(
    ("size", "settings"),
    [(1, {}), (7, {}), (1000, {"batch_tokens": 1}), (1000, {"batch_tokens": 100_000})],
)
def test_an_answer_does_not_depend_on_its_batch(folder, size, settings):
    """To the last of the five digits, also in another order."""
    shuffled = random.Random(1).sample(range(len(ASKED)), len(ASKED))
    told = answers(scorer(folder, **settings), [ASKED[place] for place in shuffled], size)
    wanted = answers(scorer(folder), ASKED)
    assert told == [wanted[place] for place in shuffled]


def test_many_texts_share_a_pass(folder, monkeypatch):
    """One by one, that would be a pass for each answer, and one for each pair."""
    passes, once = [], LlamaForCausalLM.forward
    monkeypatch.setattr(
        LlamaForCausalLM, "forward", lambda *given, **more: passes.append(1) or once(*given, **more)
    )
    answers(scorer(folder, batch_tokens=4096), ASKED)
    assert 0 < len(passes) < 120 / 3


def test_only_tokens_of_the_answer_count(folder):
    """Each token's own, by hand: those of the prompt would make it another number."""
    naive, (prompt, answer) = Naive(folder), pairs(20)[-1]
    before = len(naive.tokenizer.encode(f"{prompt}\n\n"))
    ids = naive.tokenizer.encode(f"{prompt}\n\n{answer}")
    with torch.no_grad():
        told = naive.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    each = [-told[place - 1, ids[place]].item() for place in range(1, len(ids))]
    [found] = answers(scorer(folder), [Score("loss", prompt, answer)])
    mean, whole = (sum(some) / len(some) for some in (each[before - 1 :], each))
    assert found == pytest.approx(mean, rel=2e-5)
    assert found != pytest.approx(whole, rel=1e-2)


def test_a_prompt_that_was_learnt_with_its_answer_helps(folder):
    own = [Score("ifd", one.messages[0]["content"], one.reply) for one in LESSONS]
    others = [Score("ifd", own[n - 1].prompt, one.answer) for n, one in enumerate(own)]
    found = answers(scorer(folder, template=CHAT), own + others)
    helped, misled = found[: len(own)], found[len(own) :]
    assert all(right < wrong for right, wrong in zip(helped, misled, strict=True))
    assert max(helped) < 1


@pytest.fixture(scope="module")
def blank(folder, tmp_path_factory):
    """One whose weights are all zero: it finds every token as probable as any other."""
    made = tmp_path_factory.mktemp("models") / "blank"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=64,
    ))  # fmt: skip
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    tokenizer.save_pretrained(made)
    model.save_pretrained(made)
    return made


def test_one_that_knows_nothing(folder, blank):
    count = len(AutoTokenizer.from_pretrained(blank))
    found = answers(scorer(blank), [Score(kind, "Write.", "x = 1") for kind in KINDS])
    uniform = float(f"{math.log(count):.5g}")
    assert found == [uniform, uniform, 1.0, 1.0]


@pytest.mark.parametrize(("settings", "longest"), [({}, 64), ({"max_length": 9}, 9)])
def test_what_is_too_long_is_refused_and_not_cut(blank, settings, longest):
    asked = [Score("ifd", "Write.", "x " * 100), Score("loss", "", "x = 1")]
    long, fine = answers(scorer(blank, **settings), asked)
    assert isinstance(long, Refused)
    assert long.reason == "too-long"
    assert long.detail.endswith(f"tokens, and the model takes {longest}")
    assert fine > 1


def test_without_a_token_there_is_no_score(folder):
    found = answers(scorer(folder), [Score("ifd", "p", ""), Score("loss", "", ""), *ASKED[:1]])
    assert [getattr(one, "reason", "") for one in found] == ["no-score", "no-score", ""]


def test_weights_that_are_damaged_end_the_run(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ServiceRefusal, match="transformers cannot load"):
        answers(scorer(tmp_path), ASKED[:1])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is such a device")
def test_a_device_that_is_not_there_is_the_callers_mistake(folder):
    with pytest.raises(ConfigError, match=r"device = 'cuda': torch finds 0 such devices"):
        answers(scorer(folder, device="cuda"), ASKED[:1])


def test_a_type_of_half_the_size_is_near(folder):
    exact = answers(scorer(folder, dtype="float64"), ASKED[:40])
    assert answers(scorer(folder), ASKED[:40]) == pytest.approx(exact, rel=1e-4)
    assert answers(scorer(folder, dtype="bfloat16"), ASKED[:40]) == pytest.approx(exact, rel=0.1)
