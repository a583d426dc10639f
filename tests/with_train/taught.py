"""A run whose loop trains: `taught.py DIRECTORY MODEL`. It is killed and started by a test."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine import services
from backfeed.engine.job import Plan, execute
from backfeed.engine.recipe import Loop, Output, Recipe, Step
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Read, Result, Train

ROUNDS, STEPS = 2, 12


@dataclass(frozen=True)
class Teach:
    """Twelve steps in each round, in batches of its own; the state goes on from round to round."""

    version: int = 1
    asks = ("trainer",)
    reads = ("state",)
    optional = ("state",)
    writes = ("state", "feedback")

    def whole(self, table: Any) -> Asks[Result]:
        before = yield from Read("state")
        ids = [row.id for row in table]
        found = yield from Train(
            rows=tuple(map(str, table.paths)), preset="tiny",
            start=before.read_text() if before else "",
            stop_step=STEPS * (table.round + 1),
            batches=tuple(tuple(ids[n::STEPS]) for n in range(STEPS)),
            judge=tuple(map(str, table.paths)), save=table.round + 1 == ROUNDS,
        )  # fmt: skip
        artefacts = {"state": found.state.encode(), "feedback": Path(found.feedback)}
        if found.folder:
            artefacts["weights"] = found.weights.encode()
        rows = [row.but(id=f"{row.id}-{table.round}") for row in table]
        return Result(rows, artefacts, {"step": found.step}, seeds=list(table))


def samples() -> list[Sample]:
    talk = [
        (Message("user", f"Add {n}."), Message("assistant", f"x + {n} " * 90)) for n in range(48)
    ]
    return [Sample(id=f"r{n}", messages=one) for n, one in enumerate(talk)]


def run(directory: Path, model: str) -> Any:
    """All rounds."""
    trainer = {
        "use": f"transformers:{model}", "device": "cpu", "threads": 1, "checkpoint_steps": 1,
    }  # fmt: skip
    output = Output(artefacts={"feedback": "feedback.parquet", "weights": "weights"})
    recipe = Recipe(
        "taught", (Loop("rounds", (Step("teach", "teach", {}, Teach()),), ROUNDS),),
        models={"trainer": trainer}, output=output,
    )  # fmt: skip
    made = services.build(recipe, services.Wishes(work=directory / ".work"))
    return asyncio.run(execute(Plan(recipe, directory, made, samples, "seeds")))


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
