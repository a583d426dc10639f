"""Turn source code into verified instruction data."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from backfeed.engine.commands._options import RecipeCommand

BY_ITSELF, BY_MODEL = "synth", "infinite-instruct"
"""The recipes of this command: what code says of itself, and what a model writes of it."""

_WRITERS = ("strong", "default")


class _Synth(RecipeCommand):
    def recipe_of(self, args: Sequence[str]) -> str:
        """With a model that writes, the recipe that asks one; else that which needs none."""
        return BY_MODEL if _is_written(args) else BY_ITSELF


def _is_written(args: Sequence[str]) -> bool:
    """Does a model write the problems?"""
    from backfeed.engine.records import EXTRACTIVE
    from backfeed.engine.services import parse_models

    texts = [after for flag, after in pairwise(args) if flag == "--model"]
    texts += [arg.removeprefix("--model=") for arg in args if arg.startswith("--model=")]
    specs = parse_models(texts)
    spec = next((specs[role] for role in _WRITERS if role in specs), EXTRACTIVE)
    kind, _, name = spec.partition(":")
    return (_who_wrote(name) if kind == "replay" and name else kind) != EXTRACTIVE


def _who_wrote(book: str) -> str:
    """Who answered in a book, as it says itself."""
    from backfeed.engine import registry

    backend = registry.made("models", "replay")
    known = backend.roles(book)
    role = next((role for role in _WRITERS if role in known), known[0])
    service = backend.service(book, {"role": role})
    asyncio.run(service.close())
    return str(service.name)


COMMAND = _Synth(
    "synth",
    BY_ITSELF,
    help="""Turn source code into verified instruction data.

    INPUT is an address of code: a file or folder, or pypi:NAME[==VERSION], npm:NAME[@VERSION],
    git:PATH-or-URL[@rev], rows:FILE#COLUMN.

    Without --model, problems are taken from what code says of itself (recipe `synth`). With one,
    it writes problems of many types, answers and tests, and more problems from the keywords of
    those that held (recipe `infinite-instruct`).
    """,
)
