"""The model recipe from end to end, over 30 snippets and replies that were written by hand."""

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from recorded_funnel import FUNNEL
from recorded_model import Recorded
from recorded_replies import Snippet, recorded, snippets, write

from backfeed.engine import cli, prompts, registry
from backfeed.engine import recipe as recipes
from backfeed.engine.models import _prompts
from backfeed.engine.output import read_rows

pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

SETTINGS = (
    "reword.chance=0.1", "harden-2.chance=0", "reword-2.chance=0", "read_vocabulary.starter=false",
    "compare_pairs.share=0", "sample_keywords.most=6", "agree.cpu_s=1", "execute.cpu_s=1",
    "prove.least=3", "prove.most=4",
)  # fmt: skip
"""Few mutants and short limits for time; vocabulary and voices for what replies are there for."""
FOLDERS = ("corpus", "rejected")


@dataclass
class Run:
    """The snippets' sources, the recorded model, and runs over them."""

    place: Path
    model: Recorded

    def __call__(self, name: str, *more: str, model: str = "recorded") -> Path:
        """Run into a directory of that name."""
        out = self.place / name
        settings = [word for setting in SETTINGS for word in ("--set", setting)]
        command = ["run", "infinite-instruct", str(self.place / "src"), "-o", str(out), *settings]
        assert cli.run([*command, "--licence", "proprietary", "--model", model, *more]) == 0
        return out

    @property
    def asked(self) -> dict[str, int]:
        """What the model was asked in the last run, by prompt."""
        return dict(self.model.made[-1].asked)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The first run is made: its directory is `out`."""
    place, model, made = tmp_path_factory.mktemp("recorded"), Recorded(), registry.made
    ours = {("models", "recorded"): model}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            registry, "made", lambda kind, name: ours.get((kind, name)) or made(kind, name)
        )
        write(place / "src", recipes.load(recipes.find("infinite-instruct"), SETTINGS))
        run = Run(place, model)
        run("out")
        yield run


def told(directory):
    return json.loads((directory / "summary.json").read_text())


def rows(directory):
    return [row for name in FOLDERS for row in read_rows(directory / name)]


def outcome(row):
    return f"{row.rejected.stage}/{row.rejected.reason}" if row.rejected else "accepted"


def files(directory):
    found = [path for name in FOLDERS for path in sorted((directory / name).iterdir())]
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


def newly_asked(directory):
    """How often each service was asked what the book did not hold, by its kind."""
    counts = Counter()
    for name, desk in told(directory)["desks"].items():
        counts[name.partition(":")[0]] += desk.get("asked", 0)
    return {name: count for name, count in counts.items() if count and name != "compute"}


def test_there_are_thirty_snippets_in_five_languages():
    languages = Counter(snippet.told["language"] for snippet in snippets())
    assert languages == dict.fromkeys(("go", "java", "javascript", "php", "python"), 6)


@pytest.mark.parametrize("snippet", snippets(), ids=lambda snippet: snippet.file)
def test_each_row_ends_as_it_has_to(run, snippet: Snippet):
    mine = [row for row in rows(run.place / "out") if row.origin.path == snippet.told["path"]]
    apart = [row for row in mine if row.lineage.stage in ("harden", "reword") and row.rejected]
    apart = [row for row in apart if row.rejected.stage == row.lineage.stage]
    ended = [row for row in mine if row not in apart]
    assert [(outcome(row), row.level) for row in ended] == [(snippet.outcome, snippet.level)]
    assert [outcome(row) for row in apart] == list(snippet.refused)


def test_the_yield_of_each_stage(run):
    found = {
        name: (plain["in"] + plain["made"], plain["out"], plain["rejected"])
        for name, plain in told(run.place / "out")["stages"].items()
    }
    assert found == FUNNEL


def test_every_reply_was_given(run):
    given = run.model.made[0].given
    assert [
        (one.file, reply.prompt)
        for one in recorded()
        for reply in one.replies
        if (one.file, reply.prompt, one.replies_to(reply.prompt).index(reply)) not in given
    ] == []


def test_keywords_that_the_text_does_not_support_are_dropped(run):
    [row] = [row for row in read_rows(run.place / "out/corpus") if row.entry_point == "initials"]
    assert "dependency injection" not in row.keywords.knowledge
    assert "dependency injection" in row.extra


def test_a_replay_asks_nobody_and_is_the_same(run):
    """Of the book that it starts with, all that models said was forgotten."""
    shutil.copytree(run.place / "out/answers", run.place / "again/answers")
    assert cli.run(["book", "forget", str(run.place / "again"), "--service", "model"]) == 0
    services = len(run.model.made)
    again = run("again", model=f"replay:{run.place / 'out'}")
    assert len(run.model.made) == services
    assert files(again) == files(run.place / "out")
    assert newly_asked(again).keys() == {"model"}


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """A copy of the prompts, in place of ours; what was read of them is forgotten."""

    def forget():
        prompts.mark.cache_clear()
        _prompts._template.cache_clear()

    [ours] = [folder for folder in prompts.folders() if (folder / "reverse").is_dir()]
    shutil.copytree(ours, tmp_path / "prompts")
    others = tuple(folder for folder in prompts.folders() if folder != ours)
    monkeypatch.setattr(prompts, "folders", lambda: (tmp_path / "prompts", *others))
    forget()
    yield tmp_path / "prompts"
    forget()


def change(texts, name):
    path = texts / f"{name}.md"
    path.write_text(path.read_text().replace("\n# user\n", "\nTake your time.\n# user\n"))


def test_another_prompt_asks_again_what_it_asked_and_no_more(run, texts):
    """The model says the same: what follows from that is known."""
    before = dict(run.model.made[0].asked)
    change(texts, "tests/script")
    out = run("out", "--update")
    assert run.asked == {"tests/script": before["tests/script"]}
    assert newly_asked(out) == {"model": before["tests/script"]}


def test_another_reply_asks_again_what_follows_from_it_and_no_more(run, texts):
    """One problem is hardened in other words: its answers, tests and keywords are asked again."""
    run.model.edits = {("py_merge_spans", "harden/evolve"): ("A room planner", "A hall planner")}
    change(texts, "harden/evolve")
    out = run("out", "--update")
    assert run.asked == {
        "harden/evolve": 3, "answer/code": 2, "tests/script": 1, "keywords/extract": 1,
    }  # fmt: skip
    assert newly_asked(out) == {"model": 7}
