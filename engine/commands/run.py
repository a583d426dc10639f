"""Run a recipe on inputs."""

from backfeed.engine.commands._options import RecipeCommand

COMMAND = RecipeCommand(
    "run",
    help="""Run a recipe on inputs: the name of one (see `backfeed list recipes`), or a file.

    Every input that the recipe names is a flag; words without a flag go to the first one.
    `backfeed run RECIPE --help` shows them.
    """,
)
