"""`transformers:PATH` without torch: which folders and settings are possible, and what is asked.

A model made of a table stands for the real one; that is tried in tests/with_train.
"""

import asyncio
import json
import math
import threading

import pytest

from backfeed.engine.errors import ConfigError, MissingExtra, Refused, Stopping
from backfeed.engine.models import _classes, _forward_thread, transformers
from backfeed.engine.requests import Score


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What looks like a language model."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(transformers, "find_spec", lambda _name: object())
    monkeypatch.setattr(transformers, "version", lambda _name: "1.0+cpu")
    monkeypatch.setattr(_forward_thread, "_workers", {})
    made = tmp_path / "models" / "toy"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "tokenizer.json").write_text("{}")
    return configured(made, "LlamaForCausalLM")


def configured(folder, architecture, **more):
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture], **more}))
    return folder


def classifier(folder, *names, **more):
    labels = {str(number): name for number, name in enumerate(names)}
    return configured(folder, "BertForSequenceClassification", id2label=labels, **more)


def made(folder, **settings):
    return transformers.PLUGIN.scorer(str(folder), settings)


class Table:
    """Losses by text: `(before, answer)`; `drift` is added where several are asked at once."""

    def __init__(self, losses=None, logits=None, drift=0.0):
        self.known, self.told, self.drift, self.asked = losses or {}, logits or {}, drift, []

    def spans(self, spans, _room):
        long = Refused("too-long", "51 tokens")
        return [long if len(one.answer) > 50 else (one.before, one.answer) for one in spans]

    def losses(self, rows, room):
        room.check()
        self.asked.append(rows)
        return [self.known[row] + (self.drift if len(rows) > 2 else 0.0) for row in rows]

    def pair(self, prompt, answer, _room):
        return f"{prompt}|{answer}" if prompt else answer

    def chat(self, prompt, answer, _room):
        return f"<{prompt}><{answer}>"

    def logits(self, rows, _room):
        self.asked.append(rows)
        return [self.told[row] for row in rows]

    def close(self):
        """Nothing is held."""


def answers(service, model, *requests):
    service._worker._model = model

    async def main():
        try:
            return await service.answer(list(requests))
        finally:
            await service.close()

    return asyncio.run(main())


def test_without_the_packages_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setattr(transformers, "find_spec", lambda name: name != "torch" or None)
    with pytest.raises(MissingExtra, match=r"needs 'torch': run pip install 'backfeed\[train\]'"):
        made(folder)


def test_it_answers_no_prompts(folder):
    with pytest.raises(ConfigError, match="--model scorer=transformers:PATH"):
        transformers.PLUGIN.service(str(folder), {})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"no_such": 1}, "no_such"),
        ({"device": "gpu"}, "device = 'gpu': it is auto, cpu, cuda or cuda:N"),
        ({"dtype": "float8"}, r"dtype = 'float8'; did you mean"),
        ({"threads": -1}, "threads = -1"),
        ({"max_length": -1}, "max_length = -1"),
        ({"batch": 0}, "batch = 0"),
        ({"batch_tokens": -1}, "batch_tokens = -1"),
        ({"timeout_s": 0}, "timeout_s = 0"),
        ({"template": "{answer} to {prompt}"}, r"must hold \{prompt\} and end in \{answer\}"),
    ],
)
def test_a_setting_that_is_not_possible_is_refused(folder, settings, told):
    with pytest.raises(ConfigError, match=told):
        made(folder, **settings)
    assert not _forward_thread._workers


def test_a_folder_without_a_model_is_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match="transformers:PATH"):
        made("")
    with pytest.raises(ConfigError, match=r"transformers:.*none: there is no such folder"):
        made(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"is a T5ForConditionalGeneration: what gives scores"):
        made(configured(folder, "T5ForConditionalGeneration"))


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({"dtype": "float64"}, False),
        ({"template": "{prompt} {answer}"}, False),
        ({"template": transformers.PLAIN}, True),
        ({"max_length": 9}, False),
        ({"device": "cpu"}, True),
        ({"threads": 1}, True),
        ({"batch": 9, "batch_tokens": 9, "timeout_s": 9}, True),
        ({"base_url": "http://localhost"}, True),
    ],
)
def test_what_determines_an_answer_stands_in_the_identity(folder, settings, same):
    assert (made(folder, **settings).identity == made(folder).identity) is same


def test_the_weights_are_named_by_their_digest(folder):
    before = made(folder)
    (folder / "model.safetensors").write_bytes(b"other weights")
    after = made(folder)
    assert before.identity != after.identity
    assert before.name.partition("@")[0] == after.name.partition("@")[0] == "toy"
    assert before.name != after.name
    assert "+cpu" not in before.identity
    assert str(folder.parent) not in before.identity


BEFORE = "p\n\n"


def test_the_kinds_of_a_language_model(folder):
    table = Table({(BEFORE, "a"): 1.5, ("", "a"): 2.0})
    asked = [Score(kind, "p", "a") for kind in ("loss", "loss_alone", "ifd", "ifd_ppl")]
    assert answers(made(folder), table, *asked) == [1.5, 2.0, 0.75, float(f"{math.exp(-0.5):.5g}")]
    assert table.asked == [[(BEFORE, "a"), ("", "a")]], "each text is computed once"


def test_one_that_is_too_long_concerns_itself_alone(folder):
    told = Table({(BEFORE, "a"): 1.5, ("", "a"): 2.0})
    long, fine = Score("ifd", "p", "x" * 51), Score("ifd", "p", "a")
    found = answers(made(folder), told, long, fine)
    assert (found[0].reason, found[1]) == ("too-long", 0.75)


def test_without_a_token_there_is_no_score(folder):
    class Empty(Table):
        def losses(self, rows, room):
            return [None] * len(rows)

    [found] = answers(made(folder), Empty(), Score("loss", "p", ""))
    assert found.reason == "no-score"


@pytest.mark.parametrize("loss", [1.23445, 1.2345, 7.1, 0.000333335])
@pytest.mark.parametrize("drift", [-3e-10, 0.0, 3e-10])
def test_what_the_batch_might_decide_is_computed_alone(folder, loss, drift):
    """1.23445 lies between two numbers of five digits: which it is, no neighbour decides."""
    known = {(BEFORE, "a"): loss, (BEFORE, "b"): 3.0, (BEFORE, "c"): 4.0}
    asked = [Score("loss", "p", answer) for answer in "abc"]
    [alone] = answers(made(folder), Table(known), asked[0])
    assert answers(made(folder), Table(known, drift=drift), *asked) == [alone, 3.0, 4.0]


def test_a_batch_is_not_computed_again_without_need(folder):
    table = Table({(BEFORE, answer): 1.2346 for answer in "abc"})
    answers(made(folder), table, *(Score("loss", "p", answer) for answer in "abc"))
    assert len(table.asked) == 1


@pytest.mark.parametrize("kind", ["reward", "class:toxic", "perplexity"])
def test_a_kind_that_it_does_not_give_names_those_that_it_does(folder, kind):
    with pytest.raises(ConfigError, match=r"it knows loss, loss_alone, ifd, ifd_ppl; name another"):
        answers(made(folder), None, Score(kind, "p", "a"))


def test_a_reward_is_the_logit_of_the_one_label(folder):
    table = Table(logits={"<p><a>": [-0.123456], "a": [2.0]})
    asked = [Score("reward", "p", "a"), Score("reward", "", "a")]
    assert answers(made(classifier(folder, "LABEL_0")), table, *asked) == [-0.12346, 2.0]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", "<p><{prompt}>"),
        ("pair", "p|{prompt}"),
        ("{answer}", "{prompt}"),
        ("Q {prompt} A {answer}", "Q p A {prompt}"),
    ],
)
def test_how_prompt_and_answer_are_joined(folder, template, text):
    table = Table(logits={text: [1.0]})
    service = made(classifier(folder, "LABEL_0"), template=template)
    assert answers(service, table, Score("reward", "p", "{prompt}")) == [1.0]


def test_the_probability_of_a_label(folder):
    table = Table(logits={"a": [0.0, math.log(3.0), -800.0]})
    asked = [Score(f"class:{name}", "", "a") for name in ("calm", "toxic", "spam")]
    found = answers(made(classifier(folder, "calm", "toxic", "spam")), table, *asked)
    assert found[:2] == [0.25, 0.75]
    assert 0 <= found[2] < 1e-300
    assert len(table.asked[0]) == 1


def test_each_of_several_labels_is_judged_on_its_own(folder):
    several = classifier(folder, "insult", "threat", problem_type=_classes.SEVERAL)
    table = Table(logits={"a": [math.log(3.0), 0.0]})
    asked = [Score(f"class:{name}", "", "a") for name in ("insult", "threat")]
    assert answers(made(several), table, *asked) == [0.75, 0.5]


@pytest.mark.parametrize(
    ("names", "kind", "known"),
    [
        (["LABEL_0"], "class:LABEL_0", "it knows reward;"),
        (["calm", "toxic"], "reward", "it knows class:calm, class:toxic;"),
        (["calm", "toxic"], "class:Toxic", "it knows class:calm, class:toxic;"),
        ([], "loss", "it knows class:LABEL_0, class:LABEL_1;"),
    ],
)
def test_a_classifier_names_what_it_knows(folder, names, kind, known):
    with pytest.raises(ConfigError, match=known):
        answers(made(classifier(folder, *names)), None, Score(kind, "p", "a"))


def test_a_template_that_shows_nothing_is_refused(folder):
    with pytest.raises(ConfigError, match=r"must hold \{answer\} or \{prompt\}, or be 'pair'"):
        made(classifier(folder, "LABEL_0"), template="Is it good?")


def test_services_over_one_model_share_it(folder):
    one, other = made(folder), made(folder, template="{prompt}{answer}")
    assert one._worker is other._worker
    assert made(folder, dtype="float64")._worker is not one._worker
    asyncio.run(one.close())
    asyncio.run(one.close())
    assert answers(other, Table({("p", "a"): 2.0}), Score("loss", "p", "a")) == [2.0]


def test_the_loop_is_not_held_up_and_closing_ends_what_is_under_way(folder):
    begun = threading.Event()

    class Slow(Table):
        def losses(self, rows, room):
            begun.set()
            while True:
                room.check()

    async def main():
        service = made(folder)
        service._worker._model = Slow()
        task = asyncio.ensure_future(service.answer([Score("loss", "p", "a")]))
        assert await asyncio.to_thread(begun.wait, 60)
        await service.close()
        return await asyncio.gather(task, return_exceptions=True)

    [found] = asyncio.run(main())
    assert isinstance(found, Stopping)
