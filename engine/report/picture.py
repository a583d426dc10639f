"""A picture of a keyword graph that can be explored in a browser: one page, nothing of the network.

The layout is worked out in the page, from fixed first places, so that it is the same every time.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backfeed.engine.files import write_whole
from backfeed.engine.report import page
from backfeed.engine.report.skills import Skill, skill_of

if TYPE_CHECKING:
    from backfeed.engine.report.skills import Graph

MOST_EDGES_EACH = 6


def write(path: Path, graph: "Graph", accepted: Counter[str], *, name: str, most: int) -> int:
    """Write the picture of the most frequent nodes; how many there are in it."""
    chosen = _chosen(graph, accepted, most)
    data = {"nodes": [_plain(skill) for skill in chosen.values()], "edges": _edges(graph, chosen)}
    values = {"name": name, "data": data, "all": graph.number_of_nodes(), "shown": len(chosen)}
    write_whole(path, page.render("picture.html.j2", "picture.js", values))
    return len(chosen)


def _chosen(graph: "Graph", accepted: Counter[str], most: int) -> dict[str, Skill]:
    """The most frequent nodes by name, of each kind its share."""
    every = [(name, skill_of(graph, name, accepted)) for name in graph]
    every.sort(key=lambda pair: (-pair[1].count, pair[0]))
    return dict(every[:most])


def _plain(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name, "kind": skill.kind, "count": skill.count, "near": skill.near,
        "accepted": skill.accepted, "languages": [*filter(None, skill.languages.split(","))],
    }  # fmt: skip


def _edges(graph: "Graph", chosen: Mapping[str, Skill]) -> list[list[int]]:
    """Pairs of places with their weight: of each node its closest ties, so that it stays clear.

    Close is what stands together often for how often both are there at all.
    """
    place = {name: number for number, name in enumerate(chosen)}
    kept: dict[tuple[int, int], int] = {}
    for name, here in place.items():
        ties = []
        for other, data in graph[name].items():
            if other in place and other != name:
                weight, both = int(data.get("weight", 1)), chosen[name].count * chosen[other].count
                ties.append((-weight * weight / max(both, 1), place[other], weight))
        for _, there, weight in sorted(ties)[:MOST_EDGES_EACH]:
            kept[min(here, there), max(here, there)] = weight
    return [[one, two, weight] for (one, two), weight in sorted(kept.items())]
