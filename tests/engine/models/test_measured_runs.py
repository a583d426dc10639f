"""The command line with an outside stage that asks for embeddings and scores."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from stub_model import Reply
from stub_numbers import logprobs, numbers

from backfeed.engine.output import read_rows

STAGE = '''
"""Measure each row."""
from dataclasses import dataclass

from backfeed.plugin import Asks, Embed, NamedScore, Sample, Score, together


@dataclass(frozen=True)
class Measure:
    version: int = 1
    role: str = "default"
    asks = ("embedder", "scorer")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        texts = (sample.instruction, sample.response)
        vector, loss, ifd = yield from together(
            [Embed(texts[0]), Score("loss", *texts, self.role), Score("ifd", *texts, self.role)]
        )
        named = {"length": len(vector), "first": vector[0], "loss": loss, "ifd": ifd}
        scores = tuple(NamedScore(name, float(value)) for name, value in named.items())
        return [sample.but(scores=scores)]


PLUGIN = Measure
'''
RECIPE = """
name = "measured"
[inputs.dataset]
kind = "rows"
[[step]]
use = "measure"
"""
ROWS = 30


@pytest.fixture
def place(tmp_path):
    """A folder with an installed stage, a recipe and rows."""
    (tmp_path / "measure_plugin.py").write_text(STAGE)
    info = tmp_path / "measure-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: measure\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[backfeed.stages]\nmeasure = measure_plugin\n")
    (tmp_path / "measured.toml").write_text(RECIPE)
    rows = ({"instruction": f"Write {n}.", "response": f"one {n} three"} for n in range(ROWS))
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def measured(place: Path, out, *args, code=0):
    """The command; what it said on standard error."""
    paths = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "backfeed", "run", "measured.toml", "rows.jsonl", "-o", out, *args],
        cwd=place, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stderr


def model(stub, *roles):
    named = [word for role in roles for word in ("--model", f"{role}=openai:toy")]
    return [*(named or ["--model", "openai:toy"]), "--base-url", stub.url]


def scores(directory):
    rows = read_rows(directory / "corpus")
    return [{score.name: score.value for score in row.scores} for row in rows]


def files(directory):
    return {path.name: path.read_bytes() for path in (directory / "corpus").iterdir()}


def test_numbers_stand_in_the_rows(stub, place):
    measured(place, "out", *model(stub))
    found = scores(place / "out")
    after = [-sum(logprobs(f"Write {n}.\n\none {n} three")[-3:]) / 3 for n in range(ROWS)]
    assert [one["loss"] for one in found] == [float(f"{loss:.5g}") for loss in after]
    assert {one["length"] for one in found} == {3}
    embedded = [text for body in stub.asked for text in body.get("input", ())]
    assert sorted(embedded) == sorted(f"Write {n}." for n in range(ROWS))
    assert max(len(body.get("input", ())) for body in stub.asked) > ROWS / 2


def test_a_second_run_asks_nothing_and_replay_makes_the_same_rows(stub, place):
    measured(place, "out", *model(stub))
    before = files(place / "out")
    stub.script = lambda *_: pytest.fail("it was asked again")
    count = len(stub.asked)
    (place / "out" / ".work").rename(place / "gone")
    measured(place, "out", *model(stub))
    measured(place, "again", "--model", "replay:out")
    assert files(place / "out") == files(place / "again") == before
    assert len(stub.asked) == count


def test_a_role_of_its_own_scores_and_is_replayed(stub, place):
    role = ("--set", "measure.role=student_a")
    measured(place, "out", *model(stub, "student_a"), *role)
    measured(place, "again", "--model", "replay:out", *role)
    assert files(place / "again") == files(place / "out")
    desks = json.loads((place / "out" / "summary.json").read_text())["desks"]
    assert desks["scorer:student_a"] == {"asked": 2 * ROWS}


def test_the_embedded_default_asks_nobody_for_embeddings(stub, place):
    measured(place, "out", *model(stub, "scorer"))
    assert {one["length"] for one in scores(place / "out")} == {512}
    assert not any("input" in body for body in stub.asked)
    summary = json.loads((place / "out" / "summary.json").read_text())
    assert summary["versions"]["services"]["embedder"] == "hashing 1, dimension 512"
    assert summary["spent"]["roles"].keys() == {"scorer"}


def test_the_rows_do_not_depend_on_faults_or_batches(stub, place):
    measured(place, "calm", *model(stub))
    faults = Reply(status=503, headers={"Retry-After": "0.01"})
    stub.script = lambda body, number: faults if number % 3 == 0 else numbers(body)
    some = ["--set", "models.default.batch=4", "--set", "models.default.parallel=2"]
    measured(place, "storm", *model(stub), *some)
    assert files(place / "storm") == files(place / "calm")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (
            ["--model", "extractive"],
            "asks for scores: name openai or replay or transformers or vllm with --model scorer=",
        ),
        (
            ["--model", "scorer=echo"],
            "asks for scores: name openai or replay or transformers or vllm with --model scorer=",
        ),
    ],
)
def test_a_run_without_a_scorer_is_refused_before_work(place, args, told):
    assert told in measured(place, "out", *args, code=2)


def test_a_server_without_log_probabilities_is_told_by_its_role(stub, place):
    stub.script = lambda body, _: numbers(body) if "input" in body else Reply(status=404)
    told = measured(place, "out", *model(stub), code=2)
    assert "the role scorer asks for /completions with echo and logprobs" in told
    assert "Traceback" not in told


def test_what_a_replayed_book_lacks_is_named(stub, place):
    measured(place, "out", *model(stub), "--limit", "5")
    told = measured(place, "more", "--model", "replay:out", "--limit", "9", code=3)
    assert "4 rows are unfinished" in told
    assert "has no answer of toy to the Embed that is asked, and replay asks nobody" in told
