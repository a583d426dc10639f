"""A keyword graph for reading: numbers, neighbours, a picture."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from backfeed.engine.commands._show import plain
from backfeed.engine.config import nearest, read_toml
from backfeed.engine.errors import CallerError, UnknownName
from backfeed.engine.files import write_whole
from backfeed.engine.methods import graph_merge
from backfeed.engine.methods.graph_walks import Walks, draw_sets
from backfeed.engine.methods.keyword_graph import ANY, KINDS, load, to_bytes
from backfeed.engine.report import picture, skills
from backfeed.engine.report._words import plural
from backfeed.engine.report.skills import Skill

MOST_TOLD = 20


class Look:
    """Looks into the graph of one run."""

    def __init__(
        self, directory: Path, *, top: int, samples: int, draw: int, as_json: bool
    ) -> None:  # fmt: skip
        self.directory, self.top, self.samples, self.as_json = directory, top, samples, as_json
        self.draw = draw
        self.graph = skills.load(directory)

    @cached_property
    def accepted(self) -> Any:
        """How many accepted rows have each skill."""
        return skills.covered(self.directory)

    @cached_property
    def known(self) -> Any:
        """The graph with its attributes typed, as stages read it."""
        return _graph_at(self.directory)

    def whole(self) -> None:
        """Statistics, keyword sets, and what no accepted row has."""
        found = skills.skills(self.graph, self.accepted, top=self.top)
        sets = list(skills.sets(self.directory, self.samples))
        if self.as_json:
            told = {
                **asdict(found), "sets": [{"id": id_, **kinds} for id_, kinds in sets],
                "drawn": [{"language": one, "set": [*names]} for one, names in self._drawn()],
            }  # fmt: skip
            click.echo(json.dumps(told, indent=2))
            return
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.nodes.items())
        parts = plural(len(found.components), "part")
        sizes = ", ".join(f"{size:,}" for size in found.components[:5])
        click.echo(
            f"{self.directory}: {sum(found.nodes.values()):,} skills ({kinds}), {found.edges:,}"
            f" pairs that stand together, {parts} (largest: {sizes or 'none'})"
        )
        share = 100 * found.covered / max(sum(found.nodes.values()), 1)
        click.echo(
            f"in accepted rows: {found.covered:,} skills ({share:.0f} %);"
            f" in sets that were drawn: {found.used:,}"
        )
        _counts("skills by language", found.languages)
        _counts("skills by source", found.sources)
        for kind, top in found.top.items():
            _list(f"most frequent {kind}", top)
        _list(f"in no accepted row ({len(found.uncovered):,})", found.uncovered[:MOST_TOLD])
        for id_, phrases in sets:
            told_of = "; ".join(f"{k}: {', '.join(phrases[k])}" for k in KINDS if phrases[k])
            click.echo(f"{id_}  {plain(told_of)}")
        for language, names in self._drawn():
            click.echo(f"drawn for {language}: {plain('; '.join(names))}")

    def _drawn(self) -> list[tuple[str, tuple[str, ...]]]:
        """Sets as the stage `sample_keywords` would draw them, none of them counted."""
        walks = Walks(self.known)
        shares = {
            name: float(count)
            for name, count in skills.shares(self.graph, "languages").items()
            if name != ANY
        }
        rng = random.Random(0)  # noqa: S311 - to look at
        return list(draw_sets(walks, shares, self.draw, taken=set(), rng=rng)) if shares else []

    def difference(self, other: Path) -> None:
        """What another graph has less, more and otherwise."""
        found = graph_merge.difference(self.known, _graph_at(other))
        if self.as_json:
            told = asdict(found)
            for key in ("edges_changed",):
                told[key] = [[*pair, *both] for pair, both in told[key].items()]
            click.echo(json.dumps(told, indent=2))
            return
        here, there = self.directory, other
        click.echo(
            f"skills: {len(found.nodes_here):,} only in {here}, {len(found.nodes_there):,} only in"
            f" {there}, {len(found.nodes_changed):,} with another count"
        )
        click.echo(
            f"pairs: {len(found.edges_here):,} only in {here}, {len(found.edges_there):,} only in"
            f" {there}, {len(found.edges_changed):,} with another weight"
        )
        for title, names in ((here, found.nodes_here), (there, found.nodes_there)):
            more = f", and {len(names) - MOST_TOLD:,} more" if len(names) > MOST_TOLD else ""
            click.echo(f"only in {title}: {plain(', '.join(names[:MOST_TOLD])) or '-'}{more}")
        for name, (one, two) in [*found.nodes_changed.items()][:MOST_TOLD]:
            click.echo(f"  {plain(name)}: {one:,} here, {two:,} there")

    def merged(self, others: Sequence[Path], to: Path) -> None:
        """Write the graphs as one: GraphML, or Parquet if the file's name says so."""
        if to.is_dir():
            raise CallerError(f"-o {to}: that is a directory, name a file")
        whole = self.known
        for other in others:
            whole = graph_merge.merge(whole, _graph_at(other))
        form = "parquet" if to.suffix == ".parquet" else "graphml"
        write_whole(to, to_bytes(whole, form))
        count = len(others) + 1
        click.echo(
            f"{to}: {whole.number_of_nodes():,} skills, {whole.number_of_edges():,} pairs of"
            f" {count} graphs",
            err=self.as_json,
        )

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


def _graph_at(path: Path) -> Any:
    """The graph of a run's directory, or of a file."""
    return load(path / skills.FILE if path.is_dir() else path)


def _counts(title: str, found: Mapping[str, int]) -> None:
    told = ", ".join(f"{plain(name)} {count:,}" for name, count in [*found.items()][:MOST_TOLD])
    click.echo(f"{title}: {told or '-'}")


def _list(title: str, found: Sequence[Skill]) -> None:
    told = ", ".join(f"{plain(skill.name)} {skill.count:,}" for skill in found)
    click.echo(f"{title}: {told or '-'}")
