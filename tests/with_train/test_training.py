"""What a training does: packing, the loss of answers only, adapters, a judged set, two stages."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import tiny
import torch
from accelerate.state import AcceleratorState
from transformers import AutoModelForCausalLM, AutoTokenizer

from backfeed.engine.errors import Refused
from backfeed.engine.methods import feedback_log
from backfeed.engine.models import _training_learner, _training_loop
from backfeed.engine.models._presets import Lora, Preset
from backfeed.engine.models._training_batch import batch
from backfeed.engine.models._training_job import Job, Settings

SMALL = Preset(epochs=2, batch=4, length=256, packing="none", learning_rate=3e-3, warmup_steps=2)
HERE = Settings(threads=1, device="cpu", micro_tokens=700)


def lesson(number, rng):
    asked = f"Write a function that adds {number} to {rng.choice(['x', 'y', 'total'])}."
    return asked, f"def add(x):\n    return x + {number}\n" + "# more\n" * rng.randrange(6)


LESSONS = [lesson(number, random.Random(number)) for number in range(40)]


def told(asked, said):
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]


@pytest.fixture(autouse=True)
def fresh():
    """Accelerate keeps the precision of a process; a training has one of its own."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model that has hardly learnt anything yet, as transformers saves it."""
    folder = tmp_path_factory.mktemp("base")
    asked = [tiny.Lesson(told(*one)[:1], one[1]) for one in LESSONS]
    tiny.make(folder, asked, steps=3)
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    lines = [{"id": f"r{n}", "messages": told(*one)} for n, one in enumerate(LESSONS)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def job(base, rows, tmp_path):
    """An order in a folder of its own; changes as `replace` takes them."""

    def made(preset=SMALL, *, home="home", **changes):
        place = tmp_path / home
        place.mkdir(exist_ok=True)
        first = Job(
            place, tmp_path / "weights", base, "data", "run", place / "answer.json", preset, HERE,
            rows=(str(rows),),
        )  # fmt: skip
        return replace(first, **changes)

    return made


def alone(folder, asked, said):
    """The mean loss of an answer by the model in a folder, computed in the plainest way."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).float().eval()
    before = tokenizer.apply_chat_template(
        told(asked, said)[:1], tokenize=False, add_generation_prompt=True
    )
    ids = tokenizer(before).input_ids
    answer = tokenizer(said + tiny.END + "\n").input_ids
    with torch.no_grad():
        logits = model(torch.tensor([[*ids, *answer]])).logits[0].double()
    chances = torch.log_softmax(logits, -1)
    place = range(len(ids) - 1, len(ids) + len(answer) - 1)
    return -sum(chances[p, t].item() for p, t in zip(place, answer, strict=True)) / len(answer)


def losses(found):
    return {
        name: loss
        for step in feedback_log.load(found.feedback)
        for name, loss in zip(step.sample_ids, step.sample_losses, strict=True)
    }


def test_the_first_losses_are_those_of_the_answers_alone(job, base):
    """Each row in the first step is as a plain computation has it: problems count for nothing."""
    found = _training_loop.train(job(stop_step=1))
    [step] = feedback_log.load(found.feedback)
    for name, loss in zip(step.sample_ids, step.sample_losses, strict=True):
        assert loss == pytest.approx(alone(base, *LESSONS[int(name[1:])]), abs=1e-5)
    whole = np.average(step.sample_losses, weights=step.sample_tokens)
    assert step.loss == pytest.approx(whole, rel=1e-12)


def test_packed_documents_learn_as_if_each_stood_alone(job):
    """One step over all rows, packed and not: the same losses, and the same norm of gradient."""
    every = replace(SMALL, batch=40, epochs=1)
    apart = _training_loop.train(job(every, home="apart"))
    packed = _training_loop.train(job(replace(every, packing="documents"), home="packed"))
    assert losses(packed) == pytest.approx(losses(apart), abs=1e-5)
    one, other = (feedback_log.load(found.feedback)[0] for found in (apart, packed))
    assert other.grad_norm == pytest.approx(one.grad_norm, rel=1e-4)
    assert other.tokens == one.tokens
    assert sum(other.sample_tokens) == sum(one.sample_tokens)


def test_plain_packing_lets_rows_see_those_before(job):
    every = replace(SMALL, batch=40, epochs=1)
    apart = losses(_training_loop.train(job(every, home="apart")))
    plain = losses(_training_loop.train(job(replace(every, packing="plain"), home="plain")))
    same = [name for name in apart if plain[name] == pytest.approx(apart[name], abs=1e-5)]
    training = _training_loop._Training(job(replace(every, packing="plain"), home="plain"))
    first = {training.corpus.name(line[0]) for line in training.plan.step(0)}
    assert set(same) == first
    assert len(first) < 40


@pytest.mark.parametrize("packing", ["none", "documents", "plain"])
def test_packing_keeps_every_token(job, packing):
    """All tokens of all rows stand in the arrays once, each with its label where it is learnt."""
    training = _training_loop._Training(job(replace(SMALL, packing=packing, epochs=1)))
    corpus, seen = training.corpus, {}
    for number in range(len(training.plan)):
        one = batch(corpus, training.plan.step(number), restart=packing == "documents")
        for owner, row in enumerate(one.rows):
            here = one.owners == owner
            assert row not in seen
            seen[row] = one.ids[here].tolist(), one.labels[here].tolist()
    assert len(seen) == len(corpus) == 40
    for row, (ids, labels) in seen.items():
        wanted, learnt = corpus.tokens(row)
        assert ids == wanted.tolist()
        assert labels == np.where(learnt, wanted, -100).tolist()


def test_it_learns_and_tells_of_it(job, rows):
    found = _training_loop.train(job(judge=(str(rows),), judged="j"))
    table = pq.read_table(found.losses).to_pylist()
    assert [row["id"] for row in table] == [f"r{n}" for n in range(40)]
    assert all(row["after"] < row["before"] - 0.5 for row in table)
    steps = feedback_log.load(found.feedback)
    assert [step.step for step in steps] == [*range(1, 21)] == [*range(1, found.steps + 1)]
    assert sorted(name for step in steps[:10] for name in step.sample_ids) == sorted(
        f"r{n}" for n in range(40)
    )
    assert steps[0].learning_rate == pytest.approx(1.5e-3)
    assert max(step.learning_rate for step in steps) == 3e-3
    assert {step.run for step in steps} == {"run"}
    assert (found.used, found.cut, found.skipped) == (40, 0, {})


def test_what_is_judged_is_as_a_plain_computation_has_it(job, base, rows):
    """Before, by the weights it began from; after, by those that were saved."""
    found = _training_loop.train(job(judge=(str(rows),), judged="j", stop_step=6))
    table = pq.read_table(found.losses).to_pylist()
    for row, lesson in zip(table[::8], LESSONS[::8], strict=True):
        assert row["before"] == pytest.approx(alone(base, *lesson), abs=1e-5)
        assert row["after"] == pytest.approx(alone(found.folder, *lesson), abs=1e-5)


def test_the_norm_is_told_before_it_is_clipped(job):
    found = _training_loop.train(job(replace(SMALL, clip=1e-3), stop_step=2))
    assert min(step.grad_norm for step in feedback_log.load(found.feedback)) > 0.1
    free = _training_loop.train(job(replace(SMALL, clip=0.0), stop_step=2, home="free"))
    first, second = (feedback_log.load(one.feedback)[0].grad_norm for one in (found, free))
    assert first == pytest.approx(second)


def test_micro_batches_change_nothing_but_rounding(job):
    few = _training_loop.train(job(stop_step=8, home="few"))
    settings = replace(HERE, micro_tokens=10**6)
    whole = _training_loop.train(job(stop_step=8, home="whole", settings=settings))
    assert losses(few) == pytest.approx(losses(whole), abs=1e-3)


def test_batches_that_are_given_are_the_steps(job, tmp_path):
    order = [["r3", "r1"], ["r39", "r0", "r7"], ["r2"]]
    (tmp_path / "batches.json").write_text(json.dumps(order))
    found = _training_loop.train(job(batches=str(tmp_path / "batches.json")))
    assert [list(step.sample_ids) for step in feedback_log.load(found.feedback)] == order
    (tmp_path / "other.json").write_text('[["r1", "r77"]]')
    with pytest.raises(Refused, match="unknown-row: a batch names 'r77'"):
        _training_loop.train(job(batches=str(tmp_path / "other.json"), home="other"))


def test_adapters_leave_the_base_alone_and_are_merged(job, base, rows):
    lora = replace(SMALL, lora=Lora(rank=4, dropout=0.1), learning_rate=1e-2)
    found = _training_loop.train(job(lora, judge=(str(rows),), judged="j"))
    learner = _training_learner.Learner(job(lora))
    assert {name.rpartition("lora_")[2][0] for name, _ in learner._learnt()} == {"A", "B"}
    for row in pq.read_table(found.losses).to_pylist()[::8]:
        asked, said = LESSONS[int(row["id"][1:])]
        assert row["after"] < row["before"] - 0.1
        assert row["before"] == pytest.approx(alone(base, asked, said), abs=1e-5)
        assert row["after"] == pytest.approx(alone(found.folder, asked, said), abs=1e-4)


def test_half_precision_learns_too(job, rows):
    found = _training_loop.train(
        job(replace(SMALL, precision="bf16"), judge=(str(rows),), judged="j")
    )
    table = pq.read_table(found.losses).to_pylist()
    assert all(row["after"] < row["before"] - 0.5 for row in table)


def test_a_second_stage_begins_from_the_weights_of_the_first(job, rows):
    first = _training_loop.train(job(stop_step=6))
    again = job(stop_step=4, home="second", base=Path(first.folder), judge=(str(rows),), judged="j")
    second = _training_loop.train(again)
    steps = feedback_log.load(second.feedback)
    assert [step.step for step in steps] == [1, 2, 3, 4]
    row = pq.read_table(second.losses).to_pylist()[5]
    assert row["before"] == pytest.approx(alone(first.folder, *LESSONS[5]), abs=1e-5)


def test_rows_without_an_answer_are_counted(job, tmp_path):
    rows = [
        {"id": "good", "messages": told("q", "a")},
        {"id": "mute", "messages": told("q", "a")[:1]},
        {"id": "empty", "messages": told("q", " ")},
        {"id": "long", "messages": told("q " * 400, "a")},
        {"id": "cut", "messages": told("q", "a " * 400)},
    ]
    path = tmp_path / "mixed.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = _training_loop.train(job(rows=(str(path),)))
    assert (found.used, found.cut) == (2, 1)
    assert found.skipped == {"no-answer": 2, "too-long": 1}
    path.write_text(json.dumps(rows[1]))
    with pytest.raises(Refused, match=r"no-rows: nothing to learn from: .*no-answer"):
        _training_loop.train(job(rows=(str(path),), home="none"))


def test_a_rate_that_is_too_high_is_a_fact(job, base):
    with pytest.raises(Refused, match="diverged"):
        _training_loop.train(job(replace(SMALL, learning_rate=1e25, warmup_steps=0)))
    assert math.isfinite(alone(base, *LESSONS[0]))
