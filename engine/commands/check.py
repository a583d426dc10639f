"""Validate instruction data: parse, analyze, run and test every answer."""

import dataclasses
from typing import Any

import click

from backfeed.engine.commands._options import RecipeCommand

# What each depth leaves out; `run` also leaves the tests alone.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "parse": ("analyze", "fit", "execute", "prove"),
    "analyze": ("execute", "prove"),
    "run": ("prove",),
    "test": ("prove",),
    "prove": (),
}


class _Check(RecipeCommand):
    def cut(self, recipe: Any, values: dict[str, Any]) -> Any:
        """Leave out the steps beyond the depth asked for."""
        gone = LEFT_OUT[values["until"]]
        if values.get("deep") and "analyze" in gone:
            raise click.UsageError(f"--deep needs --until analyze or more, not {values['until']}")
        steps = [step for step in recipe.steps if getattr(step, "use", "") not in gone]
        if values["until"] == "run":
            steps = [
                _without_tests(step) if getattr(step, "use", "") == "execute" else step
                for step in steps
            ]
        return dataclasses.replace(recipe, steps=tuple(steps))


def _without_tests(step: Any) -> Any:
    stage = dataclasses.replace(step.stage, until="run")
    return dataclasses.replace(step, settings={**step.settings, "until": "run"}, stage=stage)


COMMAND = _Check(
    "check",
    "check",
    [
        click.Option(
            ["--until"], type=click.Choice(list(LEFT_OUT)), default="test", show_default=True,
            help="how deep to look",
        )
    ],
    help="""Validate instruction data: parse, analyze, run and test every answer.

    INPUT is a file or folder of rows: JSONL, a JSON array, Parquet, CSV. Rows are kept unless a
    check fails; each says by its level what is known of it.
    """,
)  # fmt: skip
