"""A whole run that trains in a loop: round by round one training, killed and started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny

from backfeed.engine.methods import feedback_log

TAUGHT = Path(__file__).with_name("taught.py")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny"
    tiny.make(folder, [tiny.Lesson([{"role": "user", "content": "Add."}], "x + 1")], steps=2)
    return folder


def start(directory, model):
    return subprocess.Popen([sys.executable, str(TAUGHT), str(directory), str(model)])


def left(directory):
    files = [*directory.glob("corpus/*.parquet"), directory / "feedback.parquet"]
    return {path.name: path.read_bytes() for path in [*files, directory / "weights"]}


def test_killed_in_the_second_round_and_on_again(model, tmp_path):
    """Whoever starts it again gets the bytes of a run that was never killed."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole, model).wait() == 0
    process = start(killed, model)
    while not any(killed.glob(".work/training/*/checkpoint-1[3-9].pt")):
        assert process.poll() is None, "it has ended before it could be killed"
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "weights").exists()
    assert start(killed, model).wait() == 0
    assert left(killed) == left(whole)
    steps = feedback_log.load(whole / "feedback.parquet")
    assert [step.step for step in steps] == [*range(1, 25)]
    ids = [step.sample_ids for step in steps]
    assert ids[:12] == ids[12:], "the batches of a round are trained in its order"
    assert len({name for batch in ids for name in batch}) == 48
    assert steps[-1].loss < steps[0].loss - 0.3
    digest = (whole / "weights").read_text()
    assert (whole / ".work/training/weights" / digest / "model.safetensors").is_file()
