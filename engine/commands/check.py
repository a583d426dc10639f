"""Validate instruction data: extract, parse, analyze, run and test every answer."""

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
# Depths at which no program is run: not those of benchmarks either.
_STILL = ("parse", "analyze")


class _Check(RecipeCommand):
    leaves_checked = True

    def cut(self, recipe: Any, values: dict[str, Any]) -> Any:
        """Leave out the steps beyond the depth asked for, and those that have nothing to do."""
        until, deep = values["until"], values.get("deep")
        gone = set(LEFT_OUT[until])
        if deep and "analyze" in gone:
            raise click.UsageError(f"--deep needs --until analyze or more, not {until}")
        if values.get("sample") and values.get("limit"):
            raise click.UsageError("--sample draws from all rows: leave --limit out")
        if not values.get("input_against"):
            gone |= {"decontaminate", "embed_tasks"}
        if not any(map(_by_meaning, recipe.steps)):
            gone.add("embed_tasks")
        if values.get("keep_duplicates"):
            gone.add("deduplicate")
        steps = [_as_deep(step, until) for step in recipe.steps if _use(step) not in gone]
        return dataclasses.replace(recipe, steps=tuple(steps))


def _use(step: Any) -> str:
    return getattr(step, "use", "")


def _by_meaning(step: Any) -> bool:
    return "embedding" in getattr(getattr(step, "stage", None), "methods", ())


def _as_deep(step: Any, until: str) -> Any:
    """A step that asks no more than the depth allows."""
    if _use(step) == "execute" and until == "run":
        return _with(step, until="run")
    if _use(step) == "embed_tasks":
        return _with(step, on=True)
    if _use(step) == "decontaminate" and until in _STILL:
        return _with(step, methods=tuple(one for one in step.stage.methods if one != "tests"))
    return step


def _with(step: Any, **changes: Any) -> Any:
    stage = dataclasses.replace(step.stage, **changes)
    return dataclasses.replace(step, settings={**step.settings, **changes}, stage=stage)


COMMAND = _Check(
    "check",
    "check",
    [
        click.Option(
            ["--until"], type=click.Choice(list(LEFT_OUT)), default="test", show_default=True,
            help="how deep to look",
        ),
        click.Option(
            ["--sample"], type=click.IntRange(min=1), metavar="N",
            help="check so many rows, drawn by chance, and say how far their shares may be off",
        ),
        click.Option(
            ["--keep-duplicates"], is_flag=True,
            help="several answers to one problem may be nearly equal: keep them all",
        ),
    ],
    help="""Validate instruction data: parse, analyze, run and test every answer.

    INPUT is a file or folder of rows: JSONL, a JSON array, Parquet, CSV. Rows are kept unless a
    check fails; each says by its level what is known of it. DIR holds the rows again as they came,
    with their verdicts (checked.*), those that were accepted (accepted.*), and report.html.
    """,
)  # fmt: skip
