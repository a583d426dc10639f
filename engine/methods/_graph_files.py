"""The keyword graph as a file: GraphML, or Parquet for size; and read from files of anybody.

Both forms are the same bytes for equal graphs. GraphML is written and read piece by piece, as a
tree of a million edges would not fit into memory. In Parquet a row is a node, and `near` lists its
edges to nodes further down: their numbers, weights and provenance.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.errors import InputError
from backfeed.engine.methods._graph_attributes import KINDS, fresh_edge, fresh_node

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

Attributes = dict[str, Any]
Edge = tuple[str, str, Attributes]

NODE, EDGE = fresh_node("task:"), fresh_edge()
GRAPH = {"judged": 0}
"""Attributes of the whole graph: so many sets of the ledger were counted as tried or passed."""
MOST = 2**53
NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="{NAMESPACE.strip("{}")}">
"""
_PARQUET = b"PAR1"


def ordered(graph: "Graph") -> tuple[list[str], Iterator[Edge]]:
    """Names of nodes, sorted; and edges, sorted, the smaller name first."""
    names = sorted(graph)

    def edges() -> Iterator[Edge]:
        for one in names:
            near = graph.adj[one]
            for two in sorted(other for other in near if other >= one):
                yield one, two, near[two]

    return names, edges()


def to_graphml(graph: "Graph") -> bytes:
    """GraphML with nodes and edges in a fixed order."""
    names, edges = ordered(graph)
    out = io.BytesIO()
    out.write(_HEAD.encode())
    marks: dict[str, dict[str, str]] = {}
    for place, schema in (("graph", GRAPH), ("node", NODE), ("edge", EDGE)):
        marks[place] = {name: f"{place}_{name}" for name in schema}
        for name, value in schema.items():
            kind = "string" if isinstance(value, str) else "long"
            mark = f'id="{place}_{name}" for="{place}" attr.name="{name}" attr.type="{kind}"'
            out.write(f"<key {mark}/>\n".encode())
    told = _data(graph.graph, marks["graph"], GRAPH)
    out.write(f'<graph edgedefault="undirected">{told}\n'.encode())
    for name in names:
        told = _data(graph.nodes[name], marks["node"], NODE)
        out.write(f"<node id={quoteattr(name)}>{told}</node>\n".encode())
    for one, two, data in edges:
        told = _data(data, marks["edge"], EDGE)
        ends = f"source={quoteattr(one)} target={quoteattr(two)}"
        out.write(f"<edge {ends}>{told}</edge>\n".encode())
    out.write(b"</graph>\n</graphml>\n")
    return out.getvalue()


def _data(data: Mapping[str, Any], marks: Mapping[str, str], schema: Attributes) -> str:
    return "".join(
        f'<data key="{mark}">{escape(str(data.get(name, schema[name])))}</data>'
        for name, mark in marks.items()
    )


def to_parquet(graph: "Graph") -> bytes:
    """One Parquet file, zstd: a row a node."""
    names, edges = ordered(graph)
    place = {name: number for number, name in enumerate(names)}
    columns: dict[str, list[Any]] = {"node": [], **{name: [] for name in EDGE}}
    offsets, at = [0] * (len(names) + 1), 0
    for one, two, data in edges:
        columns["node"].append(place[two])
        for name in EDGE:
            columns[name].append(data.get(name, EDGE[name]))
        offsets[place[one] + 1] += 1
    for number in range(len(names)):
        at += offsets[number + 1]
        offsets[number + 1] = at
    near = pa.StructArray.from_arrays(
        [pa.array(columns[item.name], item.type) for item in _NEAR], fields=list(_NEAR)
    )
    nodes = [
        pa.array([graph.nodes[name].get(key, value) for name in names], _type_of(value))
        for key, value in NODE.items()
    ]
    listed = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), near)
    table = pa.table([pa.array(names, pa.string()), *nodes, listed], schema=_SCHEMA)
    told = {f"graph_{name}": str(graph.graph.get(name, value)) for name, value in GRAPH.items()}
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(told), out, compression="zstd")
    return out.getvalue()


def _type_of(value: Any) -> pa.DataType:
    return pa.string() if isinstance(value, str) else pa.int64()


_NEAR = tuple(
    pa.field(name, kind)
    for name, kind in (
        ("node", pa.int32()),
        *((name, _type_of(value)) for name, value in EDGE.items()),
    )
)
_SCHEMA = pa.schema(
    [
        pa.field("name", pa.string()),
        *(pa.field(name, _type_of(value)) for name, value in NODE.items()),
        pa.field("near", pa.list_(pa.struct(list(_NEAR)))),
    ]
)

FORMS: Mapping[str, Callable[["Graph"], bytes]] = {"graphml": to_graphml, "parquet": to_parquet}


def read(path: Path) -> "Graph":
    """The graph in a file. Raises `InputError` if it cannot be read, or is no keyword graph."""
    import networkx as nx  # most runs have no graph, and it takes long to import

    graph: Graph = nx.Graph()
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == _PARQUET
        (_read_parquet if is_parquet else _read_graphml)(path, graph)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ParseError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        said = str(error.args[0]) if error.args else type(error).__name__
        raise InputError(
            f"{path} is no keyword graph: {said}; give GraphML or Parquet that Backfeed wrote"
        ) from error
    return graph


def _read_parquet(path: Path, graph: "Graph") -> None:
    table = pq.read_table(path, use_threads=False)
    if missing := sorted(set(_SCHEMA.names) - set(table.column_names)):
        raise ValueError(f"it lacks the columns {', '.join(missing)}")
    table = table.select(_SCHEMA.names).cast(_SCHEMA.with_metadata(table.schema.metadata))
    told = table.schema.metadata or {}
    _add_graph(graph, {name: told.get(f"graph_{name}".encode()) for name in GRAPH})
    names = table.column("name").to_pylist()
    if None in names:
        raise ValueError("a node has no name")
    columns = [table.column(name).to_pylist() for name in NODE]
    for name, *values in zip(names, *columns, strict=True):
        _add_node(graph, name, dict(zip(NODE, values, strict=True)))
    listed = table.column("near").combine_chunks()
    near = listed.flatten()
    ones = [n for n, size in enumerate(listed.value_lengths().to_pylist()) for _ in range(size)]
    columns = [near.field(name).to_pylist() for name in EDGE]
    for one, two, *values in zip(ones, near.field("node").to_pylist(), *columns, strict=True):
        if not 0 <= two < len(names):
            raise ValueError(f"an edge leads to node {two}, and there are {len(names)}")
        _add_edge(graph, (names[one], names[two]), dict(zip(EDGE, values, strict=True)))


def _read_graphml(path: Path, graph: "Graph") -> None:
    keys: dict[str, str] = {}
    holder: Element | None = None
    for event, element in iterparse(path, events=("start", "end")):
        tag = element.tag.removeprefix(NAMESPACE)
        if event == "start":
            if tag == "graph":
                if element.get("edgedefault") != "undirected":
                    raise ValueError("its edges have directions")
                holder = element
        elif tag == "key":
            keys[element.attrib["id"]] = element.get("attr.name", "")
        elif holder is not None and tag in {"node", "edge", "graph"}:
            told = {keys[data.attrib["key"]]: data.text or "" for data in _data_of(element)}
            _add(graph, element, told)
            if tag != "graph":
                holder.remove(element)
    if holder is None:
        raise ValueError("it holds no graph")


def _data_of(element: Element) -> Iterable[Element]:
    return (child for child in element if child.tag.removeprefix(NAMESPACE) == "data")


def _add(graph: "Graph", element: Element, told: Attributes) -> None:
    if element.tag.endswith("graph"):
        _add_graph(graph, told)
    elif element.tag.endswith("node"):
        _add_node(graph, element.attrib["id"], told)
    else:
        _add_edge(graph, (element.attrib["source"], element.attrib["target"]), told)


def _add_graph(graph: "Graph", told: Attributes) -> None:
    for name in GRAPH:
        if told.get(name):
            graph.graph[name] = _number(told[name])


def _add_node(graph: "Graph", name: str, told: Attributes) -> None:
    kind, colon, _ = name.partition(":")
    if not colon or kind not in KINDS or told.get("kind") != kind:
        raise ValueError(f"node {name!r} is not named as one of {', '.join(KINDS)}")
    if name in graph:
        raise ValueError(f"node {name!r} stands there twice")
    graph.add_node(name, **_typed(told, fresh_node(name)))


def _add_edge(graph: "Graph", pair: tuple[str, str], told: Attributes) -> None:
    if pair[0] not in graph or pair[1] not in graph or graph.has_edge(*pair):
        raise ValueError(f"the edge {pair[0]!r} - {pair[1]!r} leads nowhere, or stands there twice")
    data = _typed(told, fresh_edge())
    if pair[0] == pair[1] or data["weight"] < 1:
        raise ValueError(f"the edge {pair[0]!r} - {pair[1]!r} has no weight, or is a loop")
    graph.add_edge(*pair, **data)


def _typed(told: Attributes, fresh: Attributes) -> Attributes:
    """The attributes that we know, of the types that they have; others are not ours."""
    for name, value in fresh.items():
        if told.get(name) is not None:
            fresh[name] = str(told[name]) if isinstance(value, str) else _number(told[name])
    return fresh


def _number(told: Any) -> int:
    number = int(told)
    if not 0 <= number < MOST:
        raise ValueError(f"{number} is no count")
    return number
