"""`Train` requests: keys, going on, kills, and what the caller is told."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import tiny

from backfeed.engine.errors import ConfigError, PluginFault, Refused
from backfeed.engine.methods import feedback_log
from backfeed.engine.models import _training, transformers
from backfeed.engine.requests import Train, Trained

COUNT = 48
PRESET = """
epochs = 2
batch = 2
packing = "none"
length = 200
learning_rate = 3e-3
warmup_steps = 3
lora = { rank = 4, dropout = 0.1 }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A model, rows and a preset with dropout: what it draws must come again after a kill."""
    folder = tmp_path_factory.mktemp("train")
    lessons = [
        tiny.Lesson([{"role": "user", "content": f"Add {n}."}], f"def add(x): return x + {n}")
        for n in range(COUNT)
    ]
    tiny.make(folder / "base", lessons, steps=2)
    rows = [
        {"id": f"r{n}", "messages": [*one.messages, {"role": "assistant", "content": one.reply}]}
        for n, one in enumerate(lessons)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "small.toml").write_text(PRESET)
    return folder


@pytest.fixture
def train(place, tmp_path):
    """Ask for a training in a directory; the answer."""

    def ask(directory="run", /, base="base", **changes):
        changes = {"preset": str(place / "small.toml"), **changes}
        request = Train(rows=(str(place / "rows.jsonl"),), **changes)
        service = trainer(place / base, tmp_path / directory)
        (answer,) = asyncio.run(service.answer([request]))
        return request.decode(msgspec.json.decode(msgspec.json.encode(answer)))

    return ask


def trainer(base, work):
    settings = {"device": "cpu", "threads": 1, "checkpoint_steps": 4, "work": work}
    return transformers.PLUGIN.trainer(str(base), settings)


def left(found):
    """The bytes of what a training leaves."""
    weights = {path.name: path.read_bytes() for path in Path(found.folder).glob("*.*")}
    return {**weights, "feedback": Path(found.feedback).read_bytes()}


ORDER = """
import asyncio, sys
from pathlib import Path
from backfeed.engine.models import transformers
from backfeed.engine.requests import Train
place, work = map(Path, sys.argv[1:])
settings = {"device": "cpu", "threads": 1, "checkpoint_steps": 4, "work": work}
service = transformers.PLUGIN.trainer(str(place / "base"), settings)
rows, preset = str(place / "rows.jsonl"), str(place / "small.toml")
print(asyncio.run(service.answer([Train(rows=(rows,), preset=preset)])))
"""


def test_killed_and_on_again_it_ends_bit_by_bit_the_same(place, train, tmp_path):
    """Killed behind its second checkpoint, with dropout, in the middle of an epoch."""
    whole = train("whole")
    work = tmp_path / "killed"
    command = [sys.executable, "-c", ORDER, str(place), str(work)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    checkpoints: list[Path] = []
    while not any(int(path.stem[11:]) >= 8 for path in checkpoints):
        assert process.poll() is None, "it has ended before it could be killed"
        time.sleep(0.005)
        checkpoints = list(work.glob("training/*/checkpoint-*.pt"))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    home = checkpoints[0].parent
    assert not list(home.glob("state-*.pt"))
    found = train("killed")
    assert left(found) == left(whole)
    assert (found.step, found.state, found.weights) == (whole.step, whole.state, whole.weights)
    again = "\n".join((home / "log.txt").read_text().splitlines()[-60:])
    assert "step 1 " not in again.rpartition("\nstep 48 ")[0].rpartition("step 9 ")[2]


def test_going_on_is_as_if_it_had_never_stopped(train):
    """To 10 and on to 20, by the state and by the step alone, and to 20 at once."""
    at_once = train("once", stop_step=20)
    first = train(stop_step=10, save=False)
    assert (first.step, first.steps, first.weights, first.folder) == (10, 48, "", "")
    on = train(stop_step=20, start=first.state)
    assert left(on) == left(at_once)
    assert left(train(stop_step=20)) == left(at_once)
    assert [step.step for step in feedback_log.load(on.feedback)] == [*range(1, 21)]


def test_an_earlier_step_after_a_later_one(train):
    """What a later answer needs is not spoilt."""
    later = train(stop_step=12)
    sooner = train(stop_step=6)
    assert left(sooner) == left(train("alone", stop_step=6))
    assert left(train(stop_step=16, start=later.state)) == left(train("other", stop_step=16))


def test_it_goes_on_with_other_rows(place, train, tmp_path):
    """The state of the training stays; the rows begin at their beginning."""
    first = train(stop_step=4)
    batches = (("r1", "r2"), ("r3", "r4"))
    on = train(start=first.state, batches=batches)
    steps = feedback_log.load(on.feedback)
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [step.sample_ids for step in steps[4:]] == [*batches]
    assert len({step.run for step in steps}) == 1
    assert steps[:4] == feedback_log.load(first.feedback)
    assert (on.step, on.steps) == (6, 6)
    again = feedback_log.load(train(start=on.state, batches=batches).feedback)
    assert [step.sample_ids for step in again[4:]] == [*batches, *batches], "used up: from anew"


def test_the_same_again_is_not_trained_again(train, tmp_path):
    found = train(stop_step=4)
    (log,) = tmp_path.glob("run/training/*/log.txt")
    before = log.read_bytes()
    assert train(stop_step=4) == found
    assert log.read_bytes() == before
    (tmp_path / "run").rename(tmp_path / "moved")
    moved = train("moved", stop_step=4)
    assert left(moved)
    assert "/moved/" in moved.folder
    assert log.parts[-2] == moved.state.partition("-")[0]


def test_only_what_is_learnt_makes_the_key(place, tmp_path):
    service = trainer(place / "base", tmp_path)
    rows = place / "rows.jsonl"
    asked = Train(rows=(str(rows),), preset=str(place / "small.toml"))
    other = tmp_path / "other.jsonl"
    lines = [{**json.loads(line), "more": 1} for line in rows.read_text().splitlines()]
    other.write_text("\n".join(json.dumps(line) for line in lines))
    (tmp_path / "equal.toml").write_text(PRESET + "\n# the same\n")
    same = Train(rows=(str(other),), preset=str(tmp_path / "equal.toml"))
    assert service.content(same) == service.content(asked)
    lines[3]["messages"][1]["content"] += "!"
    other.write_text("\n".join(json.dumps(line) for line in lines))
    assert service.content(same) != service.content(asked)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "0" * 32}, "the weights 0000.* are not in "),
        ({"start": "0" * 32 + "-7"}, "no training in .* ended there"),
        ({"start": "../../etc"}, "no training in .* ended there"),
        ({"preset": "tinny"}, r"no preset 'tinny'; did you mean 'tiny'\?"),
    ],
)
def test_a_caller_is_told_what_is_wrong(train, changes, message):
    with pytest.raises(ConfigError, match=message):
        train(**changes)


def test_another_preset_cannot_go_on(train, place):
    first = train(stop_step=2)
    (place / "other.toml").write_text(PRESET.replace("3e-3", "4e-3"))
    with pytest.raises(ConfigError, match=r"was trained with another preset than .*other.toml"):
        train(start=first.state, preset=str(place / "other.toml"))
    second = train(start=first.weights, preset=str(place / "other.toml"), stop_step=2)
    assert second.weights != first.weights


def test_what_the_process_tells_comes_back(train):
    with pytest.raises(Refused, match="unknown-row: a batch names 'nobody'"):
        train(batches=(("r1", "nobody"),))
    with pytest.raises(PluginFault, match="Train needs `rows`"):
        train(stop_step=-1)


def test_a_broken_model_is_told(train, place):
    broken = place / "broken"
    broken.mkdir()
    for path in (place / "base").iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(PluginFault, match=r"the trainer has a bug: .*log.txt tells all"):
        train(base="broken")


def test_a_trainer_ends_with_whoever_asked(place, tmp_path):
    """Not a second later does it write into a directory that another may have by then."""
    order = [sys.executable, "-m", _training.MODULE, str(tmp_path / "job.json")]
    service = trainer(place / "base", tmp_path)
    request = Train(rows=(str(place / "rows.jsonl"),), preset="tiny")
    (tmp_path / "job.json").write_bytes(service._ordered(request).encode())
    ended = subprocess.run(order, stdin=subprocess.DEVNULL, check=False, timeout=120)
    assert ended.returncode == 130
    assert not list(tmp_path.glob("training/*/answer-*"))


def test_an_answer_is_plain_data():
    found = Trained(3, 9, "k-3", skipped={"no-answer": 1})
    assert Train().decode(msgspec.json.decode(msgspec.json.encode(found))) == found
