"""The command that runs a recipe: its options, and one flag for each of the recipe's inputs."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

_OPTIONS: tuple[click.Option, ...] = (
    click.Option(
        ["-o", "--output", "directory"],
        required=True,
        metavar="DIR",
        help="where to write; made if absent",
    ),
    click.Option(
        ["--set", "overrides"],
        multiple=True,
        metavar="STEP.KEY=VALUE",
        help="change a setting of a step",
    ),
    click.Option(
        ["--limit"], type=click.IntRange(min=1), metavar="N", help="read so many rows, no more"
    ),
    click.Option(
        ["--accept", "--accepted", "accepted"],
        type=click.IntRange(min=1),
        metavar="N",
        help="stop at so many accepted rows",
    ),
    click.Option(
        ["--max-usd", "--usd", "usd"],
        type=click.FloatRange(min=0),
        metavar="USD",
        help="never spend more",
    ),
    click.Option(["--hours"], type=click.FloatRange(min=0), metavar="H", help="stop after so long"),
    click.Option(
        ["--seed"], type=int, metavar="N", help="the seed of all chance (default: the recipe's)"
    ),
    click.Option(
        ["--model", "models"],
        multiple=True,
        metavar="[ROLE=]KIND:NAME",
        help="the model that answers",
    ),
    click.Option(
        ["--base-url"],
        multiple=True,
        metavar="URL",
        help="the address of that model; several of the same model share its requests",
    ),
    click.Option(["--sandbox"], metavar="NAME", help="what runs programs (default: bubblewrap)"),
    click.Option(
        ["--jobs"],
        type=click.IntRange(min=1),
        metavar="N",
        help="programs at once (default: the cores)",
    ),
    click.Option(["--book"], metavar="PATH", help="an answer book to share (default: DIR/answers)"),
    click.Option(["--update"], is_flag=True, help="go on in DIR with another recipe"),
    click.Option(
        ["--columns"], default="", metavar="NAME=COLUMN,...", help="which columns hold what"
    ),
    click.Option(
        ["--format"], default="", metavar="NAME", help="the format of the rows, and their shape"
    ),
    click.Option(
        ["--allow-licence"], multiple=True, metavar="ID", help="take seeds under this licence, too"
    ),
    click.Option(
        ["--deep"], default="", metavar="NAME,...", help="slower tools that analyze code, too"
    ),
    click.Option(
        ["--licence"], default="", metavar="ID", help="the licence of seeds that are your own"
    ),
    click.Option(
        ["--dry-run"],
        is_flag=True,
        help="run 20 seeds, and say what all will ask and cost (this costs what 20 cost)",
    ),
    click.Option(["--json", "as_json"], is_flag=True, help="with --dry-run: as JSON"),
)
_STOPS = ("limit", "accepted", "usd", "hours")
_WISHES = ("base_url", "sandbox", "jobs")


class RecipeCommand(click.Command):
    """`NAME [INPUT...]` for one recipe, or `run RECIPE [INPUT...]` for any.

    The flags of the inputs are known once the recipe is: it stands first on the command line.
    """

    leaves_checked = False

    def __init__(
        self, name: str, recipe: str = "", extra: Sequence[click.Parameter] = (), **more: Any
    ) -> None:
        fixed = [] if recipe else [click.Argument(["recipe"], metavar="RECIPE|FILE")]
        inputs = click.Argument(["positional"], nargs=-1, metavar="[INPUT]...")
        super().__init__(
            name, params=[*fixed, inputs, *extra, *_OPTIONS], callback=self._run, **more
        )
        self._recipe, self._fixed = recipe, bool(recipe)
        self._inputs: dict[str, click.Option | None] = {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the flags of the recipe's inputs, then parse as ever."""
        self._recipe = self.recipe_of(args)
        self.params = [param for param in self.params if param not in self._inputs.values()]
        self._inputs = self._inputs_of(self._recipe) if self._recipe else {}
        self.params += [flag for flag in self._inputs.values() if flag is not None]
        return super().parse_args(ctx, args)

    def recipe_of(self, args: Sequence[str]) -> str:
        """The recipe that is meant: the command's own, or the word that stands first."""
        if self._fixed:
            return self._recipe
        return next((arg for arg in args[:1] if not arg.startswith("-")), "")

    def _inputs_of(self, recipe: str) -> dict[str, click.Option | None]:
        """The flag of each input; none for one whose name is that of another flag."""
        from backfeed.engine import recipe as recipes
        from backfeed.engine.config import read_toml

        taken = {name for option in self.params for name in option.opts}
        found: dict[str, click.Option | None] = {}
        for name, value in read_toml(recipes.find(recipe)).get("inputs", {}).items():
            found[name] = None
            if f"--{name}" not in taken:
                told = value.get("help", "") if isinstance(value, dict) else ""
                words = [f"--{name}", f"input_{name}"]
                found[name] = click.Option(words, multiple=True, metavar="INPUT", help=told)
        return found

    def _run(self, **values: Any) -> int:
        from backfeed.engine.commands import _run
        from backfeed.engine.readers._shapes import parse_columns
        from backfeed.engine.services import Wishes, parse_models

        recipe, path = self._load(values)
        order = _run.Order(
            recipe, path, Path(values["directory"]), self._addresses(values),
            parse_columns(values["columns"]),
            Wishes(parse_models(values["models"]), **{key: values[key] for key in _WISHES}),
            Path(values["book"]) if values["book"] else None, update=values["update"],
            format=values["format"], sample=values.get("sample"), checked=self.leaves_checked,
        )  # fmt: skip
        if values["dry_run"]:
            from backfeed.engine.commands._forecast import forecast

            return forecast(order, as_json=values["as_json"])
        return _run.run(order)

    def _load(self, values: dict[str, Any]) -> tuple[Any, Path]:
        from backfeed.engine import recipe as recipes

        path = recipes.find(self._recipe or values["recipe"])
        stops = [f"stop.{key}={values[key]}" for key in _STOPS if values[key] is not None]
        flags = [*stops, *_licences(values), *_deep(values)]
        recipe = recipes.load(path, [*values["overrides"], *flags])
        if values["seed"] is not None:
            recipe = dataclasses.replace(recipe, seed=values["seed"])
        return self.cut(recipe, values), path

    def cut(self, recipe: Any, _values: dict[str, Any]) -> Any:
        """For commands that leave out some steps."""
        return recipe

    def _addresses(self, values: dict[str, Any]) -> dict[str, list[str]]:
        found = {name: list(values.get(f"input_{name}", ())) for name in self._inputs}
        if values["positional"]:
            if not self._inputs:
                raise click.UsageError("this recipe takes no input")
            first = next(iter(self._inputs))
            found[first] = [*values["positional"], *found[first]]
        return found


def _licences(values: dict[str, Any]) -> Iterator[str]:
    """The flags about licences, as settings of the step that filters files."""
    if values["allow_licence"]:
        yield f"filter_files.allow={json.dumps(values['allow_licence'])}"
    if values["licence"]:
        yield f"filter_files.licence={json.dumps(values['licence'])}"


def _deep(values: dict[str, Any]) -> Iterator[str]:
    """The flag for deep passes, as a setting of the steps that analyze."""
    if values["deep"]:
        names = [name.strip() for name in values["deep"].split(",") if name.strip()]
        yield f"analyze.deep={json.dumps(names)}"
