"""Keyword sets by weighted walks over the keyword graph (Infinite-Instruct B2).

How it works. The paper stops at the construction of its graph; the walk is that of MathScale and
its family. It begins at a task, goes one or two steps among tasks, one to a knowledge point, up to
four more among those, and adds one or two instructions by the sum of their weights to what was
visited. No node comes twice. Where a step finds nobody, the walk goes on with what it has; without
a knowledge point it has failed.

A step goes to a neighbour with a chance proportional to `together ** (1 / temperature)`, how often
both stand together (log weights, as MathScale has them, come to the same; the temperature is that
of EpiCoder), times `1 / (1 + uses) ** coverage`, times what verification says of it
(graph_feedback). The first task is drawn with `1 / (1 + uses)` and the latter.

The graph is compiled to arrays: neighbours of a node side by side, those of one kind in one piece.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backfeed.engine.methods import graph_feedback
from backfeed.engine.methods._graph_attributes import ANY, KINDS, parts
from backfeed.engine.methods.graph_ledger import mark_of

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TASK, INSTRUCTION, KNOWLEDGE = range(3)
TASK_STEPS, KNOWLEDGE_STEPS, INSTRUCTIONS = (1, 2), (0, 4), (1, 2)
TRIES = 50


@dataclass(frozen=True, slots=True)
class Rules:
    """How sets are drawn. The paper leaves all of it open.

    `temperature` flattens (above 1) the chances of neighbours; `coverage` is how strongly used
    nodes are avoided; `feedback` how strongly verdicts count, from `least_tries` on. That a
    vocabulary lists two phrases together counts `listed` times as much as that a problem has both:
    a list is long, and would drown what few problems say. Nodes of the
    kinds in `held` must fit the language: it is among theirs, or they have none, or a vocabulary of
    no language lists them.
    """

    temperature: float = 1.0
    coverage: float = 1.0
    feedback: float = 1.0
    least_tries: int = 5
    held: tuple[str, ...] = ("knowledge",)
    listed: float = 0.2


class Walks:
    """A graph, compiled. `uses` counts the sets of each node, and grows by `use`."""

    def __init__(self, graph: "Graph", rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.names = sorted(graph, key=lambda name: (KINDS.index(name.partition(":")[0]), name))
        self.number = {name: number for number, name in enumerate(self.names)}
        kinds = [KINDS.index(name.partition(":")[0]) for name in self.names]
        self.bounds = np.searchsorted(kinds, range(len(KINDS) + 1)).tolist()
        self._connect(graph)
        data = [graph.nodes[name] for name in self.names]
        self.uses = np.array([one["uses"] for one in data], np.float64)
        self._worth = graph_feedback.weights(
            np.array([one["tried"] for one in data], np.float64),
            np.array([one["passed"] for one in data], np.float64),
            strength=self.rules.feedback,
            least_tries=self.rules.least_tries,
        )
        self._languages = [parts(one["languages"]) for one in data]
        self._fits: dict[str, Mask] = {}
        self._free: dict[str, Floats] = {}

    def _connect(self, graph: "Graph") -> None:
        number, size, less = self.number, len(self.names), 1.0 - self.rules.listed
        flat = (
            value
            for one, two, data in graph.edges(data=True)
            for value in (number[one], number[two], _weight(data, less))
        )
        told = np.fromiter(flat, np.float64, 3 * graph.number_of_edges()).reshape(-1, 3)
        ends = told[:, :2].astype(np.int64)
        rows = np.concatenate([ends[:, 0], ends[:, 1]])
        columns = np.concatenate([ends[:, 1], ends[:, 0]])
        together = np.concatenate([told[:, 2], told[:, 2]])
        order = np.argsort(rows * size + columns, kind="stable")
        self.near: Numbers = columns[order]
        self.together: Floats = together[order] ** (1.0 / self.rules.temperature)
        places = (rows * size + columns)[order]
        firsts = np.arange(size, dtype=np.int64) * size
        self._begins = [np.searchsorted(places, firsts + bound) for bound in self.bounds]

    def fits(self, language: str) -> Mask:
        """Which nodes may stand in a set of a language."""
        if language not in self._fits:
            listed = (not own or language in own or ANY in own for own in self._languages)
            found = np.fromiter(listed, np.bool_, len(self.names))
            for kind, name in enumerate(KINDS):
                if name not in self.rules.held:
                    found[self._of(kind)] = True
            self._fits[language] = found
        return self._fits[language]

    def use(self, names: Iterable[str]) -> None:
        """Count a set that was drawn, now or in an earlier round; unknown names are no harm."""
        numbers = [self.number[name] for name in names if name in self.number]
        self.uses[numbers] += 1
        for language, free in self._free.items():
            free[numbers] = self._pull(language, numbers, self.rules.coverage)

    def draw(self, language: str, rng: random.Random) -> tuple[str, ...] | None:
        """A set for a language: tasks, knowledge points, instructions, each as they were visited.

        None if the walk came to no knowledge point.
        """
        free = self._weights(language)
        walk = _Walk(free, rng)
        tasks = self._of(TASK)
        if not walk.choose(np.arange(tasks.start, tasks.stop), self._pull(language, tasks, 1.0)):
            return None
        for _ in range(rng.randint(*TASK_STEPS)):
            self._step(walk, walk.visited[-1:], TASK)
        told = len(walk.visited)
        for task in reversed(walk.visited):
            if self._step(walk, [task], KNOWLEDGE):
                break
        if len(walk.visited) > told:
            for _ in range(rng.randint(*KNOWLEDGE_STEPS)):
                self._step(walk, walk.visited[-1:], KNOWLEDGE)
            seen = list(walk.visited)
            for _ in range(rng.randint(*INSTRUCTIONS)):
                self._step(walk, seen, INSTRUCTION)
        walk.leave()
        names = tuple(self.names[number] for number in walk.visited)
        return names if len(names) > told else None

    def reachable(self, language: str) -> Mask:
        """Which nodes some walk for a language can visit."""
        fits, nothing = self.fits(language), np.zeros(len(self.names), np.bool_)
        knowledge = nothing.copy()
        knowledge[self._of(KNOWLEDGE)] = fits[self._of(KNOWLEDGE)]
        ready = self._spread(knowledge, TASK, fits)
        tasks = ready.copy()
        for _ in range(TASK_STEPS[1]):
            tasks |= self._spread(tasks, TASK, fits)
        knowledge = self._spread(ready, KNOWLEDGE, fits)
        for _ in range(KNOWLEDGE_STEPS[1]):
            knowledge |= self._spread(knowledge, KNOWLEDGE, fits)
        return tasks | knowledge | self._spread(tasks | knowledge, INSTRUCTION, fits)

    def _of(self, kind: int) -> slice:
        return slice(self.bounds[kind], self.bounds[kind + 1])

    def _spread(self, seen: Mask, kind: int, fits: Mask) -> Mask:
        """The neighbours of nodes that are of a kind, and fit."""
        beside, found = np.zeros_like(seen), np.zeros_like(seen)
        beside[self.near[np.repeat(seen, np.diff(self._begins[0], append=len(self.near)))]] = True
        found[self._of(kind)] = (beside & fits)[self._of(kind)]
        return found

    def _step(self, walk: "_Walk", seen: list[int], kind: int) -> bool:
        """Go on to a neighbour of the nodes seen; is there one?"""
        begins, ends = self._begins[kind], self._begins[kind + 1]
        pieces = [slice(begins[number], ends[number]) for number in seen]
        if len(pieces) == 1:
            return walk.choose(self.near[pieces[0]], self.together[pieces[0]], weigh=True)
        beside = np.concatenate([self.near[piece] for piece in pieces])
        weights = np.concatenate([self.together[piece] for piece in pieces])
        first, last = self.bounds[kind], self.bounds[kind + 1]
        summed: Floats = np.bincount(beside - first, weights, last - first).astype(np.float64)
        return walk.choose(np.arange(first, last), summed, weigh=True)

    def _weights(self, language: str) -> Floats:
        """What draws a walk to each node: nothing to those that do not fit."""
        if language not in self._free:
            self._free[language] = self._pull(language, slice(None), self.rules.coverage)
        return self._free[language]

    def _pull(self, language: str, numbers: list[int] | slice, coverage: float) -> Floats:
        worth: Floats = self._worth[numbers] * self.fits(language)[numbers]
        return worth / (1.0 + self.uses[numbers]) ** coverage


def _weight(data: Mapping[str, Any], less: float) -> float:
    """How often two phrases stand together, with less for the files that list them."""
    files = data["files"]
    return float(data["weight"] - less * len(parts(files)) if files else data["weight"])


class _Walk:
    """Nodes visited so far; nothing draws the walk to them while it lasts."""

    def __init__(self, free: Floats, rng: random.Random) -> None:
        self.free, self.rng = free, rng
        self.visited: list[int] = []
        self._weights: list[float] = []

    def choose(self, numbers: Numbers, weights: Floats, *, weigh: bool = False) -> bool:
        """Visit one of these nodes, with chances as their weights; is there one?"""
        sums = np.cumsum(weights * self.free[numbers] if weigh else weights)
        if not len(sums) or sums[-1] <= 0.0:
            return False
        place = int(np.searchsorted(sums, self.rng.random() * sums[-1], side="right"))
        if place == len(sums):
            place = int(np.searchsorted(sums, sums[-1]))
        number = int(numbers[place])
        self.visited.append(number)
        self._weights.append(float(self.free[number]))
        self.free[number] = 0.0
        return True

    def leave(self) -> None:
        """Make the nodes as they were."""
        self.free[self.visited] = self._weights


def draw_sets(
    walks: Walks, shares: Mapping[str, float], most: int, *, taken: set[bytes], rng: random.Random
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Up to `most` new sets, each with its language, drawn with these shares.

    `taken` are the marks of all sets that were drawn before; it grows. A language that gives no new
    set in `TRIES` walks is left out from there on: the graph is too small for more.
    """
    left = {language: share for language, share in shares.items() if share > 0.0}
    for _ in range(most):
        found = None
        while left and found is None:
            language = rng.choices(list(left), list(left.values()))[0]
            found = _new(walks, language, taken, rng=rng)
            if found is None:
                del left[language]
        if found is None:
            return
        taken.add(mark_of(found))
        walks.use(found)
        yield language, found


def _new(
    walks: Walks, language: str, taken: set[bytes], *, rng: random.Random
) -> tuple[str, ...] | None:
    for _ in range(TRIES):
        names = walks.draw(language, rng)
        if names is not None and mark_of(names) not in taken:
            return names
    return None
