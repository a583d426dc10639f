"""Weak domains get more; it ends when that no longer helps."""

import json
import tomllib
from dataclasses import dataclass

import pytest
from selecting import pool, run, tasks
from selecting import sum_of as question
from verbs import run as run_recipe
from verbs import step

from backfeed.engine.compute import ComputeService
from backfeed.engine.output import read_rows
from backfeed.engine.recipe import Loop
from backfeed.plugin import ConfigError, InputError, Read, Result
from backfeed.plugins.infinity.select_dsir import SelectDsir
from backfeed.plugins.infinity.supplement_domains import SupplementDomains

ROWS = pool(2, 2)
REFERENCE = {"gsm8k": 57.1, "math": 34.1, "humaneval": 48.1}


def scores(path, *, domains=None, **reached):
    told = {"scores": {**REFERENCE, **reached}, "reference": REFERENCE, "domains": domains or {}}
    path.write_text(json.dumps(told))
    return path


def after(path, **artefacts):
    """The quotas that a round leaves, and its metrics."""
    found, result = run(SupplementDomains(), ROWS, **artefacts)
    assert found == ROWS
    path.write_bytes(result.artefacts["quotas"])
    return json.loads(path.read_text()), result.metrics


def test_only_who_lags_by_more_than_the_gap_gets_more(tmp_path):
    told = scores(tmp_path / "s", gsm8k=55.0, math=32.1, humaneval=60)
    quotas, metrics = after(tmp_path / "q", scores=told)
    assert quotas["factors"] == {"gsm8k": 1.2}
    assert (metrics["weak_domains"], metrics["quotas_raised"]) == (1, 1)
    assert (metrics["supplement_ended"], metrics["quota_factor/gsm8k"]) == (0, 1.2)


def test_benchmarks_may_speak_for_a_domain(tmp_path):
    told = scores(tmp_path / "s", gsm8k=9, math=9, domains={"gsm8k": "math", "math": "math"})
    assert after(tmp_path / "q", scores=told)[0]["factors"] == {"math": 1.2}


def test_it_goes_on_while_something_gains_and_ends_when_nothing_does(tmp_path):
    quotas = tmp_path / "q"
    after(quotas, scores=scores(tmp_path / "s", gsm8k=40, math=20))
    told, metrics = after(quotas, quotas=quotas, scores=scores(tmp_path / "s", gsm8k=40.5, math=20))
    assert told["factors"] == {"gsm8k": 1.44, "math": 1.44}
    assert (told["grown"], metrics["supplement_ended"]) == (2, 0)
    told, metrics = after(quotas, quotas=quotas, scores=scores(tmp_path / "s", gsm8k=40.9, math=20))
    assert told["factors"] == {"gsm8k": 1.44, "math": 1.44}
    assert (metrics["quotas_raised"], metrics["supplement_ended"], told["grown"]) == (0, 1, 2)
    assert [one["gsm8k"] for one in told["history"]] == [40, 40.5, 40.9]


def test_it_ends_when_nobody_lags(tmp_path):
    quotas, metrics = after(tmp_path / "q", scores=scores(tmp_path / "s"))
    assert (quotas["factors"], metrics["supplement_ended"]) == ({}, 1)


def test_quotas_are_raised_five_times_at_most(tmp_path):
    quotas, kept = tmp_path / "q", {}
    for turn in range(7):
        told = scores(tmp_path / "s", gsm8k=10 + turn)
        last, metrics = after(quotas, scores=told, **kept)
        kept = {"quotas": quotas}
        assert metrics["supplement_ended"] == (turn >= 5)
    assert last["factors"] == {"gsm8k": round(1.2**5, 6)}


def test_without_scores_nothing_is_raised(tmp_path):
    quotas, metrics = after(tmp_path / "q")
    assert (quotas["factors"], metrics["supplement_ended"]) == ({}, 0)


def test_scores_may_be_toml(tmp_path):
    text = "[scores]\ngsm8k = 41\n[reference]\ngsm8k = 57.1\n"
    assert tomllib.loads(text)["scores"] == {"gsm8k": 41}
    (tmp_path / "s.toml").write_text(text)
    assert after(tmp_path / "q", scores=tmp_path / "s.toml")[0]["factors"] == {"gsm8k": 1.2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read .*: it has to say"),
        ("scores = 3", "cannot be read"),
        ("[scores]\na = 1\n", "no reference to compare with"),
        ("[scores]\na = 1\n[reference]\nb = 1\n", "have none of b"),
        ("[scores]\na = 0.41e3\n[reference]\na = 50\n", "'a' is 410.0: scores are 0 to 100"),
        ("[score]\na = 1\n", "cannot be read .*score"),
    ],
)
def test_scores_of_another_form_are_refused(tmp_path, text, message):
    (tmp_path / "s").write_text(text)
    with pytest.raises(InputError, match=message):
        after(tmp_path / "q", scores=tmp_path / "s")


@pytest.mark.parametrize(
    "settings", [{"gap": -1}, {"raise_by": 0}, {"gain": -1}, {"most_rounds": 0}]
)
def test_numbers_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError, match=f"supplement_domains.{next(iter(settings))}"):
        SupplementDomains(**settings)


@dataclass(frozen=True)
class Evaluate:
    """Stands for training and evaluation: the score grows with the rows, up to a limit."""

    version: int = 1
    reads = ("scores",)
    writes = ("scores",)

    def whole(self, table):
        yield from Read("scores")
        reached = min(10.0 + len(table), 39.0)
        told = {"scores": {"gsm8k": reached}, "reference": {"gsm8k": 57.1}}
        return Result(table.batches(), {"scores": json.dumps(told).encode()}, {"reached": reached})


def test_the_loop_raises_a_quota_until_it_no_longer_helps(tmp_path):
    """24 and 29 rows help, 35 bring nothing: the fifth round raises no more, and is the last."""
    target = tasks(tmp_path / "target", gsm8k=[question(n) for n in range(1000, 1050)])
    select = SelectDsir(k=20, draw="top")
    loop = Loop(
        "weak", (step(SupplementDomains()), step(select), step(Evaluate())), rounds=9,
        until="supplement_ended > 0", carry="seeds", keep="last",
    )  # fmt: skip
    services = {"compute": ComputeService(1)}
    run_recipe(
        tmp_path / "run", loop, samples=pool(60, 60), artefacts={"target": target},
        services=services,
    )  # fmt: skip
    rounds = sorted((tmp_path / "run/.work/rounds").iterdir())
    facts = [json.loads(path.read_text())["metrics"] for path in rounds]
    assert [fact["selected/gsm8k"] for fact in facts] == [20, 24, 29, 35, 35]
    assert [fact["quotas_raised"] for fact in facts] == [0, 1, 1, 1, 0]
    assert len([*read_rows(tmp_path / "run/corpus")]) == 35
    assert len([*read_rows(tmp_path / "run/rejected")]) == 85
