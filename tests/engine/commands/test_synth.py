"""Which recipe `synth` runs: that of a model, or that which needs none."""

import pytest
from stub_model import Reply, StubModel, run, service

from backfeed.engine.commands.synth import BY_ITSELF, BY_MODEL, COMMAND


@pytest.mark.parametrize(
    ("words", "recipe"),
    [
        ("src -o out", BY_ITSELF),
        ("src -o out --model extractive", BY_ITSELF),
        ("src -o out --model embedder=hashing", BY_ITSELF),
        ("src -o out --model openai:big --base-url http://localhost/v1", BY_MODEL),
        ("src -o out --model=echo", BY_MODEL),
        ("src -o out --model default=extractive --model strong=openai:big", BY_MODEL),
        ("src -o out --model cheap=openai:small", BY_ITSELF),
    ],
)
def test_who_writes_decides(words, recipe):
    assert COMMAND.recipe_of(words.split()) == recipe


def test_a_book_says_who_wrote(tmp_path):
    with StubModel(lambda _body, _number: Reply()) as stub:
        run(tmp_path / "asked", service(stub.url))
    assert COMMAND.recipe_of(["src", "--model", f"replay:{tmp_path / 'asked'}"]) == BY_MODEL


def test_each_recipe_has_its_inputs(backfeed):
    assert "--vocabulary" not in backfeed("synth", "--help").out
    assert "--vocabulary" in backfeed("synth", "--model", "openai:big", "--help").out
