"""Deep passes of a run: asked for by name, refused before work if they are not there."""

import asyncio
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from backfeed.engine import languages, passes, services
from backfeed.engine.errors import MissingExtra, UnknownName
from backfeed.engine.recipe import Recipe, Step
from backfeed.engine.stages.analyze import Analyze

NAMES = {"ast-grep", "pylint", "semgrep"}


def recipe(*deep):
    return Recipe("r", (Step("analyze", "analyze", {}, Analyze(deep=deep)),))


def absent(monkeypatch):
    """No tool is installed."""

    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)


def test_they_are_known_by_the_names_of_their_tools():
    assert {one.name for one in passes.every()} >= NAMES
    assert languages.deep("ast-grep") is languages.deep("ast_grep")


def test_an_unknown_name_is_refused_with_those_that_there_are():
    with pytest.raises(UnknownName, match="'pylnt'; there are: ast-grep, pylint, semgrep"):
        services.build(recipe("pylnt"), services.Wishes())


def test_a_tool_that_is_not_installed_is_refused_with_the_remedy(monkeypatch):
    absent(monkeypatch)
    with pytest.raises(MissingExtra) as refused:
        services.build(recipe("semgrep"), services.Wishes())
    assert str(refused.value) == "semgrep is not installed: pip install 'backfeed[semgrep]'"


def test_a_program_that_is_not_where_it_should_be_is_named(monkeypatch):
    one = languages.deep("ast-grep")
    monkeypatch.setattr(metadata, "version", lambda name: "1")
    monkeypatch.setattr(type(one), "programs", lambda self: {"ast-grep": ""})
    assert passes.lack(one) == "ast-grep lacks ast-grep: pip install 'backfeed[deep]'"


def test_what_is_not_installed_has_a_version_all_the_same(monkeypatch):
    absent(monkeypatch)
    assert all(one.version and passes.lack(one) for one in passes.every())


@pytest.mark.bwrap
def test_each_has_a_sandbox_of_its_own_and_leaves_that_of_the_others_as_it_is():
    if why := passes.lack(languages.deep("pylint")):
        pytest.skip(why)
    plain = services.build(recipe(), services.Wishes(jobs=1))
    deep = services.build(recipe("pylint"), services.Wishes(jobs=1))
    asyncio.run(services.close_all([*plain.values(), *deep.values()]))
    assert set(deep) - set(plain) == {"sandbox:pylint", "analyzer:deep:pylint"}
    assert {name: deep[name].identity for name in plain} == {
        name: service.identity for name, service in plain.items()
    }
    assert deep["sandbox:pylint"].identity in deep["analyzer:deep:pylint"].identity
    assert languages.deep("pylint").version in deep["analyzer:deep:pylint"].identity


def test_the_passes_are_part_of_what_a_step_is():
    [plain] = recipe().steps
    [deep] = recipe("pylint").steps
    assert plain.identity() != deep.identity()
    assert plain.identity() == replace(deep, stage=Analyze()).identity()


def test_what_is_not_ours_is_never_imported():
    """Their licences are their own: they are programs beside ours."""
    folder = Path(__file__).parents[2]
    for path in (folder / "analyzers").rglob("*.py"):
        if "guests" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "import pylint" not in text
            assert "import semgrep" not in text
