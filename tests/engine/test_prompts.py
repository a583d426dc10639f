"""Where prompts lie, their marks, and what rows say of them."""

from dataclasses import dataclass

import pytest

from backfeed.engine import prompts
from backfeed.engine.errors import PluginFault, UnknownName
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.recipe import Step
from backfeed.engine.records import Sample
from backfeed.engine.requests import Prompt, rejoined


@dataclass(frozen=True)
class Asker:
    """A stage with one prompt."""

    version: int = 1
    prompts: tuple[str, ...] = ("p",)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the prompt `p`, in place of ours."""
    monkeypatch.setattr(prompts, "folders", lambda: (tmp_path,))
    (tmp_path / "p.md").write_text("# user\none")
    prompts.mark.cache_clear()
    yield tmp_path
    prompts.mark.cache_clear()


def test_another_text_is_another_step(folder):
    before = Step("ask", "ask", {}, Asker()).identity()
    assert Step("ask", "ask", {}, Asker()).identity() == before
    (folder / "p.md").write_text("# user\ntwo")
    prompts.mark.cache_clear()
    assert Step("ask", "ask", {}, Asker()).identity() != before


def test_a_row_names_all_prompts_and_models_that_made_it(folder):
    (folder / "q.md").write_text("# user\ntwo")
    first = rejoined(prompts.by_model(Sample(), Prompt("p")), lambda _: "big")
    same = rejoined(prompts.by_model(first, Prompt("p")), lambda _: "big")
    both = rejoined(prompts.by_model(same, Prompt("q")), lambda _: "small")
    p, q = prompts.marked(["p", "q"])
    assert p.startswith("p@")
    assert q.startswith("q@")
    assert len(p) == len("p@") + 8
    assert (same.lineage.prompt, same.lineage.model) == (p, "big")
    assert (both.lineage.prompt, both.lineage.model) == (f"{p} {q}", "big small")


def test_a_prompt_is_there_once(folder, tmp_path, monkeypatch):
    with pytest.raises(UnknownName, match="there are: p"):
        prompts.find("r")
    other = tmp_path / "other"
    other.mkdir()
    (other / "p.md").write_text("# user\nagain")
    monkeypatch.setattr(prompts, "folders", lambda: (tmp_path, other))
    with pytest.raises(PluginFault, match="twice"):
        prompts.find("p")


@pytest.mark.parametrize("extra", ["", "[1]", "no json", '"text"'])
def test_notes_beside_what_others_left(extra):
    sample = with_notes(Sample(extra=extra), persona="a tester")
    assert noted(Sample(extra=extra)) == {}
    assert noted(with_notes(sample, given="x")) == {"persona": "a tester", "given": "x"}
