"""The pages on models and sources tell what there is: kinds, settings, defaults, reasons."""

import dataclasses
import re
from pathlib import Path

import pytest

from backfeed.engine import registry
from backfeed.engine.commands import _options
from backfeed.engine.models import _losses
from backfeed.engine.models._paid import Settings
from backfeed.engine.stages import filter_files

DOCS = Path(__file__).parents[3] / "docs"
MODELS, SOURCES = ((DOCS / name).read_text() for name in ("models.md", "sources.md"))


def tables(page):
    """The cells of the rows that begin with a name in code, by that name."""
    lines = [line[1:-1].split("|") for line in page.splitlines() if line.startswith("| `")]
    return {cells[0].split("`")[1]: [cell.strip() for cell in cells] for cells in lines}


def test_every_setting_of_openai_stands_there_with_its_default():
    page = MODELS.partition("## `openai:NAME`")[2].partition("\n## ")[0]
    made, told = Settings(), tables(page)
    defaults = {one.name: getattr(made, one.name) for one in dataclasses.fields(Settings)}
    for name, value in defaults.items():
        shown = repr(value).replace("'", '"')
        assert told[name][1].strip("`") == shown, name


def test_every_kind_of_model_stands_there_with_what_it_offers():
    told = {name.partition(":")[0]: cells for name, cells in tables(MODELS).items()}
    for name in registry.names("models"):
        backend = registry.made("models", name)
        offers = [bool(told[name][column].strip(" |")) for column in (2, 3)]
        assert offers == [hasattr(backend, "embedder"), hasattr(backend, "scorer")], name


def test_every_kind_of_score_stands_there():
    assert set(_losses.KINDS) <= set(tables(MODELS))


def test_every_source_stands_there():
    told = SOURCES.partition("## Pins")[0]
    assert all(f"| `{name}:" in told for name in registry.names("sources") if name != "path")


def test_every_reason_to_filter_stands_there():
    assert {"licence", *filter_files._RULES} <= set(tables(SOURCES))
    filters = {one.name: one.default for one in dataclasses.fields(filter_files.FilterFiles)}
    assert (filters["max_line"], filters["min_words"], filters["max_literals"]) == (1000, 6, 0.85)


@pytest.mark.parametrize("page", [MODELS, SOURCES], ids=["models", "sources"])
def test_options_that_are_shown_exist(page):
    known = {name for option in _options._OPTIONS for name in option.opts}
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    assert shown - known == set()
