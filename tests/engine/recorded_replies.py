"""Replies written by hand for 30 snippets: `recorded/NAME.toml` holds one snippet each.

    [snippet]   language, path, code, name (of what is asked for), type (of its problem), and where
                needed: target (of a translation), mark (a word that stands in each of its prompts
                where no name does), same (the file whose replies hold for this one, too)
    [[reply]]   prompt, and `text`, `json` (a table, sent as JSON) or `texts`: what is said at
                first, and then each time that it is asked again; finish ("length": it was cut)
    [expected]  outcome ("accepted", or stage/reason), level, refused (what was tried in vain)

Several replies to one prompt are its draws. A file `new_*` holds no snippet but a problem for
`backfeed/invent`; `plan` says which keywords it can need, and what for.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.identity import content_id
from backfeed.engine.recipe import Recipe
from backfeed.engine.records import Message, Sample

FOLDER = Path(__file__).with_name("recorded")
VARIED = {"harden": "harden/evolve", "reword": "reword/voice"}
"""Stages that take a share of the rows, and what they ask."""
MOST = 10_000
"""How many numbers are tried until the draws are those that replies are there for."""


@dataclass(frozen=True)
class Reply:
    """What a model says to one draw of a prompt, and when it is asked again."""

    prompt: str
    texts: tuple[str, ...]
    finish: str = "stop"


@dataclass(frozen=True)
class Snippet:
    """A piece of code, what a model would say about it, and what has to become of it."""

    file: str
    told: Mapping[str, Any]
    replies: tuple[Reply, ...]
    outcome: str = ""
    level: str = ""
    refused: tuple[str, ...] = ()

    @property
    def plan(self) -> Mapping[str, str]:
        return dict(self.told.get("plan", {}))

    def replies_to(self, prompt: str) -> list[Reply]:
        return [reply for reply in self.replies if reply.prompt == prompt]

    def is_meant(self, fields: Mapping[str, Any]) -> bool:
        """Does a prompt with these fields ask about this one?"""
        if name := str(fields.get("entry_point") or "").rpartition(".")[2]:
            return name in {self.told["name"], self.told.get("translated")}
        return "mark" in self.told and str(self.told["mark"]) in str(fields.get("problem"))

    def likeness(self, code: str) -> int:
        """How many lines of a piece of code are this one's."""
        return len(set(code.splitlines()) & set(str(self.told["code"]).splitlines()))


def recorded() -> list[Snippet]:
    """All snippets and inventions."""
    return [_snippet(path) for path in sorted(FOLDER.glob("*.toml"))]


def snippets() -> list[Snippet]:
    """The 30 snippets."""
    return [one for one in recorded() if not one.plan]


def _snippet(path: Path) -> Snippet:
    plain = tomllib.loads(path.read_text(encoding="utf-8"))
    replies = tuple(_reply(each) for each in plain.get("reply", ()))
    return Snippet(path.stem, plain["snippet"], replies, **plain.get("expected", {}))


def _reply(told: Mapping[str, Any]) -> Reply:
    texts = [json.dumps(told["json"], ensure_ascii=False)] if "json" in told else []
    texts = texts or list(told.get("texts", ())) or [told["text"]]
    return Reply(told["prompt"], tuple(texts), told.get("finish", "stop"))


def write(folder: Path, recipe: Recipe) -> dict[str, Snippet]:
    """Write the snippets' files as sources for a recipe; returns them by path.

    By the ids of rows it is drawn of which type a problem is, and whether it is hardened and
    reworded: each file ends with a comment, numbered so that what is drawn has a reply.
    """
    stages = {step.use: step.stage for step in reversed(list(recipe.all_steps()))}
    found = {}
    for snippet in snippets():
        path = folder / snippet.told["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(next(_fitting(snippet, stages)), encoding="utf-8")
        found[str(snippet.told["path"])] = snippet
    return found


def _fitting(snippet: Snippet, stages: Mapping[str, Any]) -> Iterator[str]:
    mark = "#" if snippet.told["language"] == "python" else "//"
    kind = snippet.told.get("type", "generate")
    wanted = (f"reverse/{kind}", snippet.told.get("target"))
    varied = {use: bool(snippet.replies_to(name)) for use, name in VARIED.items() if use in stages}
    for number in range(MOST):
        text = f"{snippet.told['code'].lstrip()}\n{mark} Revision {number}.\n"
        file = Sample(language=snippet.told["language"], code=text)
        unit = file.but(id=content_id(file)).child("cut_units", 0, entry_point=snippet.told["name"])
        asked = next(stages["reverse"].each(unit))
        posed = unit.but(code="", messages=(Message("user", "Write it."),), question_type=kind)
        if (asked.name, asked.fields.get("target")) == wanted and all(
            _asks(stages[use], posed) == it for use, it in varied.items()
        ):
            yield text


def _asks(stage: Any, sample: Sample) -> bool:
    """Does a stage ask anything about a sample?"""
    return next(iter(stage.each(sample)), None) is not None
