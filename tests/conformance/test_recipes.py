"""What every recipe keeps."""

import json
import subprocess
import sys
import tomllib

import pytest
from conformance.everything import every, installed, is_ours
from conformance.samples import CHUNKED, CHUNKS, FLATTEN, LENGTHS

from backfeed.engine import recipe, registry, services
from backfeed.engine.errors import BackfeedError, ConfigError
from backfeed.engine.models import _prompts
from backfeed.engine.recipe import Loop

NAMES = list(every("recipes"))

recipes = pytest.mark.parametrize("name", NAMES)


def load(name, *overrides):
    with installed():
        return recipe.load(registry.recipe_path(name), overrides)


def plain(name):
    with installed():
        return tomllib.loads(registry.recipe_path(name).read_text())


@recipes
def test_it_is_read_again_as_it_was_written(name):
    found = load(name)
    with installed():
        again = recipe.parse(found.plain, name)
    assert [step.identity() for step in again.all_steps()] == [
        step.identity() for step in found.all_steps()
    ]
    assert again.steps == found.steps


@recipes
def test_its_steps_are_named_apart(name):
    names = [step.name for step in load(name).all_steps()]
    assert len(names) > 0
    assert len(set(names)) == len(names)


@recipes
def test_what_it_asks_can_be_answered(name):
    found = load(name)
    assert found.asks() <= set(services._MAKERS)
    _prompts.check(found.prompts())
    for settings in services.model_specs(found.models, services.Wishes()).values():
        assert str(settings["use"]).partition(":")[0] in every("models")


@recipes
def test_every_artefact_that_it_reads_is_written_before(name):
    """Or by the reader itself, in an earlier round."""
    assert unwritten(load(name).steps, set()) == []


def unwritten(steps, written):
    """What steps read that nobody has written; `written` grows."""
    missing = []
    for step in steps:
        if isinstance(step, Loop):
            missing += unwritten(step.steps, written)
            continue
        writes = set(getattr(step.stage, "writes", ()))
        there = written | writes | set(getattr(step.stage, "optional", ()))
        missing += [n for n in getattr(step.stage, "reads", ()) if n not in there]
        written |= writes
    return missing


@recipes
def test_what_it_keeps_is_made(name):
    found = load(name)
    made = {name for step in found.all_steps() for name in getattr(step.stage, "writes", ())}
    assert set(found.output.artefacts) <= made


@recipes
def test_its_inputs_say_what_they_are(name):
    """A rule of the house, as each is a flag of the command line."""
    inputs = load(name).inputs
    assert not is_ours("recipes", name) or inputs
    assert [key for key, value in inputs.items() if not value.help] == []


@recipes
def test_a_key_that_no_stage_has_is_refused(name):
    first = next(load(name).all_steps())
    with pytest.raises(ConfigError, match="no_such_key"):
        load(name, f"{first.name}.no_such_key=1")


@recipes
def test_every_setting_can_be_given_again(name):
    """What a stage has as its default, it takes."""
    found = load(name)
    same = [step.identity() for step in found.all_steps()]
    for key, value in defaults(found):
        again = load(name, f"{key}={str(value).lower()}")
        assert [step.identity() for step in again.all_steps()] == same


def defaults(found):
    """The numbers and switches of stages, where all steps of that stage agree."""
    values = {}
    for step in found.all_steps():
        for key in type(step.stage).__dataclass_fields__:
            values.setdefault(f"{step.use}.{key}", []).append(getattr(step.stage, key))
    for key, [value, *others] in values.items():
        if isinstance(value, bool | int | float) and all(other == value for other in others):
            yield key, value


@recipes
def test_a_section_that_there_is_not_is_refused(name):
    with pytest.raises(BackfeedError, match="no_such_section"), installed():
        recipe.parse({**plain(name), "no_such_section": {}}, name)


@pytest.fixture
def given(tmp_path):
    """Something small for each kind of input."""
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "lists.py").write_text(f"{CHUNKS}\n\n{FLATTEN}\n\n{LENGTHS}")
    question = "Write `chunks(items, size)`."
    row = {"id": "a", "language": "python", "instruction": question, "response": CHUNKS}
    (tmp_path / "rows.jsonl").write_text(json.dumps({**row, "test": CHUNKED}) + "\n")
    (tmp_path / "text.txt").write_text("Some words.\n")
    names = {"seeds": "toys", "rows": "rows.jsonl", "file": "text.txt"}
    return {kind: tmp_path / name for kind, name in names.items()}


def run(name, given, out):
    """The summary and the files of a run, with models that need nothing."""
    found = load(name)
    wanted = {key: one.kind for key, one in found.inputs.items() if one.required}
    words = [["--" + key.replace("_", "-"), given[kind]] for key, kind in wanted.items()]
    seeds = any(one.kind == "seeds" for one in found.inputs.values())
    words += [["-o", out], ["--licence", "proprietary"]] if seeds else [["-o", out]]
    if "model" in found.asks() and "default" not in found.models:
        words.append(["--model", "echo"])
    command = [sys.executable, "-m", "backfeed", "run", name, *(w for pair in words for w in pair)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads((out / "summary.json").read_text())


def files(out):
    folders = ("corpus", "rejected", "unfinished")
    return {str(path.relative_to(out)): path.read_bytes() for name in folders
            for path in sorted((out / name).iterdir())}  # fmt: skip


@pytest.mark.slow
@pytest.mark.bwrap
@recipes
def test_it_runs_and_nothing_vanishes(name, given, tmp_path):
    if not load(name).inputs:
        assert not is_ours("recipes", name)  # for rows that its caller brings
        return
    summary = run(name, given, tmp_path / "out")
    assert summary["complete"]
    assert summary["accepted"] > 0 or "default" not in load(name).models  # echo answers no problem
    for told in summary["stages"].values():
        rejected = sum(told["rejected"].values())
        assert told["in"] + told["made"] == told["out"] + rejected + told["unfinished"]
    assert run(name, given, tmp_path / "again")["accepted"] == summary["accepted"]
    assert files(tmp_path / "again") == files(tmp_path / "out")
