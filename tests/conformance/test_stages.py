"""What every stage keeps, whoever wrote it."""

import dataclasses
import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conformance.answers import driven
from conformance.everything import can_be_loaded, every, is_ours, loaded
from conformance.samples import ODD, ROWS

from backfeed.engine.conformance import same_requests
from backfeed.engine.errors import AskFailed
from backfeed.engine.models import _prompts
from backfeed.engine.records import Sample
from backfeed.engine.requests import Prompt, Read, Request
from backfeed.engine.store import ROW_SCHEMA, from_row, to_row

NAMES = list(every("stages"))
THERE = [name for name in NAMES if can_be_loaded("stages", name)]
WHOLE = [name for name in THERE if hasattr(loaded("stages", name), "whole")]
EACH = [name for name in NAMES if name not in WHOLE]
SERVICES = {kind.service for kind in Request.__subclasses__()}
INSTANT = {"artefacts"}  # answered by the engine: not declared by `asks`

stages = pytest.mark.parametrize("name", NAMES)
each_stages = pytest.mark.parametrize("name", EACH)
whole_stages = pytest.mark.parametrize("name", WHOLE)


def stage_of(name):
    return loaded("stages", name)


def out_of(made):
    """The samples that stages gave."""
    rows = []
    for one in made:
        for row in getattr(one, "rows", one if isinstance(one, list) else ()):
            rows += [row] if isinstance(row, Sample) else map(from_row, row.to_pylist())
    return rows


@pytest.fixture
def dialogue(honest):
    """What a stage asked, and what it made, of rows."""

    def drive(name, rows=ROWS):
        honest.asked.clear()
        made = driven(stage_of(name), rows, honest)
        return list(honest.asked), made

    return drive


@stages
def test_it_is_settings_and_nothing_else(name):
    stage = stage_of(name)
    assert dataclasses.is_dataclass(stage)
    assert stage.__dataclass_params__.frozen
    assert pickle.loads(pickle.dumps(stage)) == stage == stage_of(name)
    assert hash(stage) == hash(stage_of(name))


@stages
def test_it_has_a_version(name):
    stage = stage_of(name)
    assert type(stage.version) is int
    assert stage.version > 0


@stages
def test_it_has_one_shape(name):
    stage = stage_of(name)
    assert hasattr(stage, "each") != hasattr(stage, "whole")


@stages
def test_its_docstring_shows_what_goes_in_and_out(name):
    """A rule of the house: outsiders write as they like."""
    said = (type(stage_of(name)).__doc__ or "").split()
    assert not is_ours("stages", name) or {"in:", "out:"} <= set(said)


@stages
def test_what_it_declares_is_there(name):
    stage = stage_of(name)
    assert set(getattr(stage, "asks", ())) <= SERVICES - INSTANT
    _prompts.check(getattr(stage, "prompts", ()))
    for what in ("asks", "prompts", "reads", "writes"):
        declared = getattr(stage, what, ())
        assert isinstance(declared, tuple)
        assert len(set(declared)) == len(declared)
    assert set(getattr(stage, "optional", ())) <= set(getattr(stage, "reads", ()))


@stages
def test_it_asks_for_what_it_declares(name, dialogue):
    stage, (asked, made) = stage_of(name), dialogue(name)
    kinds = {request.service for request in asked} - INSTANT
    assert kinds <= set(getattr(stage, "asks", ()))
    assert {r.name for r in asked if isinstance(r, Prompt)} == set(getattr(stage, "prompts", ()))
    assert {r.name for r in asked if isinstance(r, Read)} == set(getattr(stage, "reads", ()))
    artefacts = {key for one in made for key in getattr(one, "artefacts", ())}
    assert artefacts == set(getattr(stage, "writes", ()))


@stages
def test_some_row_fits_it(name, dialogue):
    """A stage that no row fits is not tested: add such a row to conformance/samples.py."""
    stage, (asked, made) = stage_of(name), dialogue(name)
    assert any(row.rejected is None for row in out_of(made))
    assert bool(asked) == bool(getattr(stage, "asks", ()) or getattr(stage, "reads", ()))


@stages
@pytest.mark.parametrize("rows", [ROWS, ODD], ids=["rows", "odd"])
def test_it_asks_the_same_each_time(name, rows, honest):
    assert same_requests(stage_of(name), rows, honest) == []


@pytest.fixture(scope="module")
def transcripts():
    """The digests of what stages did in two processes, with other hash seeds and clocks."""
    tests = Path(__file__).parents[1]
    path = os.pathsep.join([str(tests), str(tests / "engine"), os.environ.get("PYTHONPATH", "")])
    running = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Kathmandu")):
        more = {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path}
        command = [sys.executable, str(Path(__file__).with_name("transcript.py"))]
        running.append(subprocess.Popen(command, env=os.environ | more, stdout=subprocess.PIPE))
    return [json.loads(process.communicate(timeout=120)[0]) for process in running]


@pytest.mark.slow
@stages
def test_it_asks_the_same_in_another_process(name, transcripts):
    one, other = transcripts
    assert one[name] == other[name]


@each_stages
@pytest.mark.parametrize("row", [*ROWS, *ODD], ids=lambda row: row.id)
def test_a_row_does_not_vanish(name, row, dialogue):
    _, [made] = dialogue(name, [row])
    assert isinstance(made, AskFailed) or len(made) > 0


@whole_stages
@pytest.mark.parametrize("rows", [ROWS, ODD, ()], ids=["rows", "odd", "none"])
def test_rows_do_not_vanish(name, rows, dialogue):
    _, made = dialogue(name, rows)
    out = out_of(made)
    if getattr(stage_of(name), "born", False):
        assert not {row.id for row in out} & {row.id for row in rows} - {""}
    else:
        assert Counter(row.id for row in out) == Counter(row.id for row in rows)


@stages
@pytest.mark.parametrize("rows", [ROWS, ODD], ids=["rows", "odd"])
def test_who_is_rejected_says_why(name, rows, dialogue):
    """The reason is a short word, for counting; the detail may say more."""
    _, made = dialogue(name, rows)
    told = [row.rejected for row in out_of(made) if row.rejected]
    assert all(why.stage for why in told)
    assert [why.reason for why in told if not why.reason or len(why.reason) > 40] == []
    assert [why.reason for why in told if any(sign.isspace() for sign in why.reason)] == []


@stages
def test_what_comes_out_can_be_stored(name, dialogue):
    _, made = dialogue(name)
    for row in out_of(made):
        plain = to_row(row)
        assert from_row(plain) == row
        assert set(ROW_SCHEMA.names) < plain.keys()


@each_stages
def test_its_children_are_named_apart(name, dialogue):
    _, made = dialogue(name)
    for rows in made:
        ids = [row.id for row in rows] if isinstance(rows, list) else []
        assert len(set(ids)) == len(ids)
