"""The command line with `transformers:PATH`: scores in rows, from the book, replayed, forecast."""

import json
import os
import subprocess
import sys

import pytest
import tiny

from backfeed.engine.output import read_rows

STAGE = '''
"""Measure how hard each row is."""
from dataclasses import dataclass

from backfeed.plugin import Asks, NamedScore, Sample, Score, together


@dataclass(frozen=True)
class Measure:
    kinds: tuple[str, ...] = ("loss", "loss_alone", "ifd")
    role: str = "default"
    version = 1
    asks = ("scorer",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        texts = (sample.instruction, sample.response)
        told = yield from together([Score(kind, *texts, self.role) for kind in self.kinds])
        scores = tuple(map(NamedScore, self.kinds, told))
        return [sample.but(scores=scores)]


PLUGIN = Measure
'''
RECIPE = """
name = "measured"
[inputs.dataset]
kind = "rows"
[models.scorer]
use = "transformers:tiny"
[[step]]
use = "measure"
"""
ROWS = 60


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with an installed stage, a recipe, a model, and rows of which one is too long."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "measure_plugin.py").write_text(STAGE)
    info = folder / "measure-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: measure\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[backfeed.stages]\nmeasure = measure_plugin\n")
    (folder / "measured.toml").write_text(RECIPE)
    answers = [f"one {n} " * (1 + n % 7) for n in range(ROWS - 1)] + ["long " * 5000]
    rows = [{"instruction": f"Write {n}.", "response": text} for n, text in enumerate(answers)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lesson = tiny.Lesson([{"role": "user", "content": "Write 1."}], "one 1")
    tiny.make(folder / "tiny", [lesson], steps=20)
    return folder


def ran(place, out, *args, code=0):
    """The command; what it said on standard error."""
    paths = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "backfeed", "run", "measured.toml", "rows.jsonl", "-o", out, *args],
        cwd=place, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def files(directory):
    return {path.name: path.read_bytes() for path in (directory / "corpus").iterdir()}


@pytest.fixture(scope="module")
def out(place):
    """The directory of a whole run."""
    ran(place, "out")
    return place / "out"


def summary(directory):
    return json.loads((directory / "summary.json").read_text())


def test_numbers_stand_in_the_rows(out):
    rows = list(read_rows(out / "corpus"))
    assert len(rows) == ROWS - 1
    for row in rows:
        told = {score.name: score.value for score in row.scores}
        assert told["ifd"] == pytest.approx(told["loss"] / told["loss_alone"], rel=1e-4)


def test_what_is_too_long_is_rejected_with_the_reason(out):
    [row] = read_rows(out / "rejected")
    assert (row.rejected.stage, row.rejected.reason) == ("measure", "too-long")
    assert "the model takes 2048" in row.rejected.detail


def test_the_book_knows_who_answered(out):
    told = summary(out)["versions"]["services"]["scorer:default"]
    assert told.startswith("torch ")
    assert "transformers " in told
    assert str(out.parent) not in told


def test_replay_asks_nobody_and_makes_the_same_rows(place, out):
    (place / "tiny").rename(place / "away")
    try:
        ran(place, "replayed", "--model", "scorer=replay:out")
    finally:
        (place / "away").rename(place / "tiny")
    assert files(place / "replayed") == files(out)


def test_other_batches_make_the_same_rows(place, out):
    more = ("--set", "models.scorer.batch=5", "--set", "models.scorer.batch_tokens=50")
    ran(place, "small", *more)
    assert files(place / "small") == files(out)


def test_it_is_forecast(place):
    told = ran(place, "forecast", "--dry-run")
    assert "measure" in told
    assert "0 calls" not in told


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--set", 'measure.kinds=["reward"]'), "gives no score 'reward': it knows loss, loss_a"),
        (("--model", "scorer=transformers:nowhere"), "there is no such folder"),
        (("--set", "models.scorer.dtpye=float64"), "no setting 'dtpye'; did you mean 'dtype'"),
        (("--set", "models.scorer.device=cuda:7"), "devices here; set device = 'cpu'"),
    ],
)
def test_the_callers_mistakes_end_the_run(place, more, message):
    assert message in ran(place, "wrong", "--update", *more, code=2)
