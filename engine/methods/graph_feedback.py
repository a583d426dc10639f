"""Verification flows back: skills whose problems survive are drawn more often, others less.

The paper says that generation is a closed loop and leaves open how verdicts weigh in. Here a node's
yield is `passed / tried`, drawn towards the yield of all (as if `least_tries` more sets had come
out like the average), and its weight is that yield over the average, to the power `strength`,
between a quarter and four. Below `least_tries` it is 1, so that bad luck kills no skill.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from backfeed.engine.methods.graph_ledger import UsedSet, mark_of

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

Floats = npt.NDArray[np.float64]

LEAST, MOST = 0.25, 4.0


def count_verdicts(graph: "Graph", drawn: Iterable[UsedSet], survived: set[bytes]) -> int:
    """Count sets into their nodes as used and tried, and as passed if they are among `survived`.

    `survived` holds the marks of sets (`mark_of`) whose rows are alive. How many of them are.
    """
    alive = 0
    for one in drawn:
        passed = mark_of(one.names) in survived
        alive += passed
        for name in one.names:
            if name in graph:
                data = graph.nodes[name]
                data["uses"] += 1
                data["tried"] += 1
                data["passed"] += passed
    return alive


def weights(tried: Floats, passed: Floats, *, strength: float, least_tries: int) -> Floats:
    """How much more (above 1) or less each node is to be drawn; 1 where too little is known."""
    average = (passed.sum() + 1.0) / (tried.sum() + 2.0)
    yields = (passed + least_tries * average) / np.maximum(tried + least_tries, 1)
    found = np.clip((yields / average) ** strength, LEAST, MOST)
    return np.where(tried < max(least_tries, 1), 1.0, found)
