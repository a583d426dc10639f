"""Classifiers as scorers: rewards and labels, the same as one by one, whatever the batch."""

import asyncio
import random

import pytest
import tiny
import torch
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
)

from backfeed.engine.errors import Refused
from backfeed.engine.models import transformers
from backfeed.engine.requests import Score

WORDS = "write a function that adds two numbers and says what it has found or fails with no word"
WORDS = [*WORDS.split(), "naïve", "☃", "x=1", "\n"]
LONGEST = 128


def texts(count, seed=0):
    rng = random.Random(seed)
    return [tuple(" ".join(rng.choices(WORDS, k=rng.randrange(1, 40))) for _ in "pa")
            for _ in range(count)]  # fmt: skip


PAIRS = [("", "no prompt"), ("p", "a"), *texts(48)]
REWARDS = [Score("reward", *pair) for pair in PAIRS]


def tokenizer(*, chat=False, ends=False):
    """One that joins texts as BERT's does, with `ends`; without, it adds nothing."""
    made = tiny._tokenizer([" ".join(WORDS)])
    if ends:
        begin, end = ((name, made.convert_tokens_to_ids(name)) for name in (tiny.BEGIN, tiny.END))
        made.backend_tokenizer.post_processor = TemplateProcessing(
            single=f"{tiny.BEGIN} $A {tiny.END}",
            pair=f"{tiny.BEGIN} $A {tiny.END} $B:1 {tiny.END}:1",
            special_tokens=[begin, end],
        )
    if chat:
        made.chat_template = tiny.TEMPLATE
    return made


def saved(folder, model, tokens):
    torch.manual_seed(0)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=[1, 3])
def encoder(request, tmp_path_factory):
    """A classifier that sees all of a text at once, with one label or three."""
    tokens = tokenizer(ends=True)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=len(tokens), hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=LONGEST, num_labels=request.param,
        pad_token_id=tokens.pad_token_id,
    ))  # fmt: skip
    return saved(tmp_path_factory.mktemp("models") / f"encoder-{request.param}", model, tokens)


@pytest.fixture(scope="module", params=[None, 0], ids=["no-filler", "filler"])
def decoder(request, tmp_path_factory):
    """A reward model made of a language model, which knows of a token to fill up with, or not."""
    tokens = tokenizer(chat=True)
    model = LlamaForSequenceClassification(LlamaConfig(
        vocab_size=len(tokens), hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=LONGEST, num_labels=1,
        pad_token_id=request.param, bos_token_id=None, eos_token_id=2,
    ))  # fmt: skip
    return saved(tmp_path_factory.mktemp("models") / f"decoder-{request.param}", model, tokens)


def answers(folder, requests, **settings):
    """What it says, in one batch."""
    given = {"device": "cpu", "threads": 1, **settings}
    service = transformers.PLUGIN.scorer(str(folder), given)

    async def main():
        try:
            return await service.answer(requests)
        finally:
            await service.close()

    return asyncio.run(main())


def logits(folder, encode):
    """One by one, without any filling."""
    tokens = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        return [model(**encode(tokens, *pair)).logits[0] for pair in PAIRS]


def joined(tokens, prompt, answer):
    return tokens(*([prompt] if prompt else []), answer, return_tensors="pt")


def talked(tokens, prompt, answer):
    said = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    text = tokens.apply_chat_template(said, tokenize=False) if prompt else answer
    return {"input_ids": torch.tensor([tokens.encode(text)])}


def test_a_pair_is_judged_as_one_by_one(encoder):
    wanted = logits(encoder, joined)
    if len(wanted[0]) == 1:
        found = answers(encoder, REWARDS, template="pair")
        assert found == pytest.approx([float(one) for one in wanted], rel=1e-4, abs=1e-5)
        return
    asked = [Score(f"class:LABEL_{n}", *pair) for n in range(3) for pair in PAIRS]
    found = answers(encoder, asked, template="pair")
    shares = torch.stack(wanted).double().softmax(-1).T.flatten().tolist()
    assert found == pytest.approx(shares, rel=1e-4)
    sums = [sum(found[n :: len(PAIRS)]) for n in range(len(PAIRS))]
    assert sums == pytest.approx([1.0] * len(PAIRS), abs=1e-4)


def test_the_two_parts_of_a_pair_are_told_apart(encoder):
    kind = "reward" if encoder.name.endswith("1") else "class:LABEL_1"
    asked = [Score(kind, "a word", "x=1")]
    [apart] = answers(encoder, asked, template="pair")
    assert answers(encoder, asked, template="{prompt}{answer}") != [apart]


def test_a_reward_is_judged_as_one_by_one(decoder):
    wanted = [float(one) for one in logits(decoder, talked)]
    assert answers(decoder, REWARDS) == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    assert max(wanted) - min(wanted) > 0.1, "they do differ"


def test_an_answer_does_not_depend_on_its_batch(decoder):
    together = answers(decoder, REWARDS)
    assert [answers(decoder, [one])[0] for one in REWARDS[:9]] == together[:9]
    assert answers(decoder, REWARDS[::-1], batch_tokens=300) == together[::-1]


def test_what_is_too_long_is_refused_and_not_cut(decoder):
    asked = [Score("reward", "p", "word " * 500), REWARDS[1]]
    long, fine = answers(decoder, asked)
    assert isinstance(long, Refused)
    assert long.reason == "too-long"
    assert fine == answers(decoder, REWARDS[1:2])[0]
