"""Turn source code into verified instruction data."""

from backfeed.engine.commands._options import RecipeCommand

COMMAND = RecipeCommand(
    "synth",
    "synth",
    help="""Turn source code into verified instruction data.

    INPUT is an address of code: a file or folder, or pypi:NAME[==VERSION], npm:NAME[@VERSION],
    git:PATH-or-URL[@rev], rows:FILE#COLUMN.
    """,
)
