"""`encoder:PATH` with two encoders made here: a table of words, and a small BERT."""

import asyncio
import math
import sys

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, BertTokenizerFast

from backfeed.engine.errors import Refused, ServiceRefusal
from backfeed.engine.models import encoder
from backfeed.engine.requests import Embed

WORDS = {"[UNK]": [0, 0, 1], "add": [1, 0, 0], "plus": [0.9, 0.1, 0], "sort": [0, 1, 0]}
LETTERS = "abcdefghijklmnopqrstuvwxyz .,"
TEXTS = [f"sort the {n} words of a list {'again and ' * (n % 5)}" for n in range(40)]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """An encoder whose vectors are known: the mean of the words' own."""
    tokenizer = Tokenizer(models.WordLevel(dict(zip(WORDS, range(4), strict=True)), "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.array(list(WORDS.values()), np.float32)
    made = StaticEmbedding(tokenizer, embedding_weights=weights)
    return saved(tmp_path_factory, [made])


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A BERT of one layer that knows letters and was taught nothing; it takes 64 tokens."""
    folder = tmp_path_factory.mktemp("bert")
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*marks, *LETTERS, *(f"##{x}" for x in LETTERS)]))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=63, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    body = Transformer(str(folder), max_seq_length=64)
    return saved(tmp_path_factory, [body, Pooling(16, "mean")])


def saved(factory, parts):
    folder = factory.mktemp("made") / "toy"
    SentenceTransformer(modules=parts, device="cpu").save(str(folder))
    return folder


def embedded(folder, *texts, one_by_one=False, **settings):
    service = encoder.PLUGIN.embedder(str(folder), settings)

    async def ask():
        try:
            asked = [[Embed(text)] for text in texts] if one_by_one else [list(map(Embed, texts))]
            return [answer for batch in asked for answer in await service.answer(batch)]
        finally:
            await service.close()

    return asyncio.run(ask())


def test_a_vector_is_the_encoders_own_of_norm_one(table):
    add, both, other = embedded(table, "add add", "plus", "what")
    norm = math.hypot(0.9, 0.1)
    assert add == [1.0, 0.0, 0.0]
    assert both == [round(0.9 / norm, 6), round(0.1 / norm, 6), 0.0]
    assert other == [0.0, 0.0, 1.0]


def test_it_is_what_the_library_gives(bert):
    theirs = SentenceTransformer(str(bert), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert np.allclose(embedded(bert, *TEXTS, cut=True), theirs, atol=2e-6)


def test_a_text_has_the_same_vector_in_any_batch(bert):
    texts = [text for text in TEXTS if len(text) < 60]
    together = embedded(bert, *texts)
    assert embedded(bert, *texts, one_by_one=True) == together
    assert embedded(bert, *texts[::-1])[::-1] == together
    assert len(together[0]) == 16


def test_a_text_of_which_the_end_would_be_cut_is_refused(bert):
    short, long = embedded(bert, "sort a list", "again " * 60)
    assert len(short) == 16
    assert isinstance(long, Refused)
    assert long.reason == "too-long"
    assert "takes 64: models.embedder.cut" in long.detail
    one, two = embedded(bert, "again " * 60, "again " * 90, cut=True)
    assert one == two


def test_a_prompt_stands_before_each_text(bert):
    [plain] = embedded(bert, "query: sort")
    [asked] = embedded(bert, "sort", prompt="query: ")
    assert np.allclose(asked, plain, atol=2e-6)
    assert asked != embedded(bert, "sort")[0]


@pytest.mark.parametrize("text", ["", "\ud800 half a character", "é ☃ 𝄞", "\0"])
def test_odd_texts_have_a_vector_or_a_reason(table, bert, text):
    for folder in (table, bert):
        [found] = embedded(folder, text)
        assert isinstance(found, Refused) or math.isclose(np.linalg.norm(found), 1, abs_tol=1e-5)


def test_weights_that_are_none_end_the_run_with_the_folder(bert, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("modules.json", "config.json"):
        (broken / name).write_bytes((bert / name).read_bytes())
    (broken / "model.safetensors").write_bytes(b"none")
    with pytest.raises(ServiceRefusal, match=r"sentence-transformers cannot load .*broken"):
        embedded(broken, "add")


def test_nothing_is_loaded_before_the_first_request(table, monkeypatch):
    monkeypatch.delitem(sys.modules, "backfeed.engine.models._sentences", raising=False)
    encoder.PLUGIN.embedder(str(table), {})
    assert "backfeed.engine.models._sentences" not in sys.modules
