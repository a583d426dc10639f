"""A keyword graph for reading: numbers, neighbours, a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from backfeed.engine.commands._show import plain
from backfeed.engine.config import nearest, read_toml
from backfeed.engine.errors import CallerError, UnknownName
from backfeed.engine.methods.keyword_graph import KINDS
from backfeed.engine.report import picture, skills
from backfeed.engine.report._words import plural
from backfeed.engine.report.skills import Skill

MOST_TOLD = 20


class Look:
    """Looks into the graph of one run."""

    def __init__(self, directory: Path, *, top: int, samples: int, as_json: bool) -> None:
        self.directory, self.top, self.samples, self.as_json = directory, top, samples, as_json
        self.graph = skills.load(directory)

    @cached_property
    def accepted(self) -> Any:
        """How many accepted rows have each skill."""
        return skills.covered(self.directory)

    def whole(self) -> None:
        """Statistics, keyword sets, and what no accepted row has."""
        found = skills.skills(self.graph, self.accepted, top=self.top)
        sets = list(skills.sets(self.directory, self.samples))
        if self.as_json:
            told = {**asdict(found), "sets": [{"id": id_, **kinds} for id_, kinds in sets]}
            click.echo(json.dumps(told, indent=2))
            return
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.nodes.items())
        parts = plural(len(found.components), "part")
        sizes = ", ".join(f"{size:,}" for size in found.components[:5])
        click.echo(
            f"{self.directory}: {sum(found.nodes.values()):,} skills ({kinds}), {found.edges:,}"
            f" pairs that stand together, {parts} (largest: {sizes or 'none'})"
        )
        for kind, top in found.top.items():
            _list(f"most frequent {kind}", top)
        _list(f"in no accepted row ({len(found.uncovered):,})", found.uncovered[:MOST_TOLD])
        for id_, phrases in sets:
            told_of = "; ".join(f"{k}: {', '.join(phrases[k])}" for k in KINDS if phrases[k])
            click.echo(f"{id_}  {plain(told_of)}")

    def node(self, name: str) -> None:
        """What stands beside a skill."""
        for full in self._named(name):
            skill = skills.skill_of(self.graph, full, self.accepted)
            beside = skills.neighbours(self.graph, full, self.accepted)
            if self.as_json:
                near = [
                    {**asdict(one), "together": weight, "samples": [*filter(None, seen.split(","))]}
                    for one, weight, seen in beside
                ]
                click.echo(json.dumps({**asdict(skill), "neighbours": near}, indent=2))
                continue
            click.echo(
                f"{plain(skill.name)} ({skill.kind}): in {plural(skill.count, 'row')} of the graph,"
                f" {skill.accepted:,} accepted; {plural(len(beside), 'neighbour')}"
            )
            for one, weight, seen in beside[: 4 * self.top]:
                click.echo(f"  {weight:>6,}  {one.kind:<12} {plain(one.name)}  ({plain(seen)})")

    def _named(self, name: str) -> Sequence[str]:
        found = [
            full for full in (name, *(f"{kind}:{name}" for kind in KINDS)) if full in self.graph
        ]
        if not found:
            known = {one.partition(":")[2] for one in self.graph} | set(self.graph)
            hint = nearest(name, known) if len(known) < 50_000 else ""
            hint = hint if hint.startswith("did") else "see the list without --node"
            raise UnknownName(f"no skill {name!r} in {self.directory / skills.FILE}; {hint}")
        return found

    def picture(self, path: Path, most: int) -> None:
        """Write the picture, and say so."""
        if path.is_dir():
            raise CallerError(f"--html {path}: that is a directory, name a file")
        recipe = self.directory / "recipe.toml"
        name = str(read_toml(recipe).get("name", "")) if recipe.is_file() else ""
        shown = picture.write(path, self.graph, self.accepted, name=name or "skills", most=most)
        click.echo(
            f"{path}: {shown:,} of {self.graph.number_of_nodes():,} skills", err=self.as_json
        )


def _list(title: str, found: Sequence[Skill]) -> None:
    told = ", ".join(f"{plain(skill.name)} {skill.count:,}" for skill in found)
    click.echo(f"{title}: {told or '-'}")
