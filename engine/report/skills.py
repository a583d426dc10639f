"""What the keyword graph of a run holds, and which of its skills no accepted row has."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from backfeed.engine.boundary import storing
from backfeed.engine.errors import InputError, StoreFault
from backfeed.engine.methods.keyword_graph import KINDS
from backfeed.engine.report import _columns

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

FILE = "graph.graphml"


@dataclass(frozen=True, slots=True)
class Skill:
    """One phrase: its kind, how many rows the graph was built from have it, how many it is near."""

    kind: str
    name: str
    count: int
    near: int
    accepted: int
    languages: str = ""


@dataclass(slots=True)
class Skills:
    """Statistics of a graph. `components` are the sizes of its parts, the largest first.

    `languages` says how many nodes each language has (`*` are those that all have), `sources` how
    many come from problems and from each vocabulary, `covered` and `used` how many stand in an
    accepted row, and in a set that was drawn.
    """

    nodes: dict[str, int] = field(default_factory=dict)
    edges: int = 0
    components: list[int] = field(default_factory=list)
    top: dict[str, list[Skill]] = field(default_factory=dict)
    uncovered: list[Skill] = field(default_factory=list)
    languages: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    covered: int = 0
    used: int = 0


def load(directory: Path) -> "Graph":
    """The graph of a run. Raises `InputError` if there is none, `StoreFault` if it is damaged."""
    import networkx as nx  # it takes as long to import as all else of a report

    path = directory / FILE
    if not path.is_file():
        raise InputError(
            f"{directory} has no {FILE}: its recipe builds none, or the run has not come so far"
        )
    with storing(f"reading {path}"):
        try:
            found: Graph = nx.read_graphml(path)
        except (ParseError, nx.NetworkXError, ValueError, KeyError) as error:
            raise StoreFault(f"{path} is no graph that can be read: {error}") from error
    return found


def covered(directory: Path) -> Counter[str]:
    """How many accepted rows have each keyword, by the names of the graph's nodes."""
    found: Counter[str] = Counter()
    for batch in _columns.batches(directory / "corpus", ["keywords"]):
        for kind in KINDS:
            counts: Counter[str] = Counter()
            _columns.count(counts, _columns.picked(batch, f"keywords.{kind}"))
            for phrase, count in counts.items():
                found[f"{kind}:{phrase}"] += count
    return found


def skills(graph: "Graph", accepted: Counter[str], *, top: int = 20) -> Skills:
    """The numbers of a graph, its most frequent skills, and those in no accepted row."""
    import networkx as nx

    every = [skill_of(graph, name, accepted) for name in graph]
    every.sort(key=lambda skill: (-skill.count, skill.kind, skill.name))
    sizes = sorted((len(part) for part in nx.connected_components(graph)), reverse=True)
    kinds = Counter(skill.kind for skill in every)
    return Skills(
        {kind: kinds[kind] for kind in (*KINDS, *sorted(kinds.keys() - set(KINDS)))},
        graph.number_of_edges(),
        sizes,
        {kind: [one for one in every if one.kind == kind][:top] for kind in KINDS},
        [one for one in every if not one.accepted],
        shares(graph, "languages"),
        shares(graph, "sources"),
        sum(1 for one in every if one.accepted),
        sum(1 for _, data in graph.nodes(data=True) if int(data.get("uses", 0))),
    )


def shares(graph: "Graph", attribute: str) -> dict[str, int]:
    """How many nodes have each of the names that an attribute lists, the most frequent first."""
    found: Counter[str] = Counter()
    for _, data in graph.nodes(data=True):
        found.update(filter(None, str(data.get(attribute, "")).split(",")))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def skill_of(graph: "Graph", name: str, accepted: Counter[str]) -> Skill:
    """One node of a graph."""
    data: dict[str, Any] = graph.nodes[name]
    kind, _, phrase = name.partition(":")
    return Skill(
        str(data.get("kind", kind)), phrase, int(data.get("count", 0)), graph.degree(name),
        accepted[name], str(data.get("languages", "")),
    )  # fmt: skip


def sets(directory: Path, count: int) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The keyword sets of the first accepted rows that have some: id, and phrases by kind."""
    for batch in _columns.batches(directory / "corpus", ["id", "keywords"]):
        for row in batch.to_pylist():
            if any(row["keywords"].values()):
                if count <= 0:
                    return
                count -= 1
                yield row["id"], row["keywords"]


def neighbours(graph: "Graph", name: str, accepted: Counter[str]) -> list[tuple[Skill, int, str]]:
    """What stands beside a node: the skill, how often, and in which samples; strongest first."""
    found = [
        (skill_of(graph, other, accepted), int(data.get("weight", 1)), str(data.get("sources", "")))
        for other, data in graph[name].items()
    ]
    return sorted(found, key=lambda item: (-item[1], -item[0].count, item[0].name))
