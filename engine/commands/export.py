"""Write the corpus of a run in the format of a trainer, whole or split without leaks."""

from pathlib import Path
from typing import Any

import click

from backfeed.engine.records import LEVELS

RELEASES = ("filtered", "paper", "raw")


@click.command(
    "export",
    epilog="""Files end in .jsonl, .json (an array) or .parquet: name a file with that ending, or a
    directory. Exit: 0 written, 2 if there is nothing to write.""",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--format", "name", required=True, help="see `backfeed list exporters`")
@click.option(
    "-o", "--output", "target", required=True, metavar="FILE|DIR", type=click.Path(path_type=Path),
    help="where to write; made if absent",
)  # fmt: skip
@click.option(
    "--release", type=click.Choice(RELEASES), default="filtered",
    help="raw adds what verification turned away, paper what the static filter let pass of that",
)  # fmt: skip
@click.option("--level", type=click.Choice(LEVELS), help="rows of this level or a better one")
@click.option("--with-tests", is_flag=True, help="add what it takes to run each row again")
@click.option(
    "--split", "shares", default="", metavar="NAME=SHARE,...",
    help="set apart, e.g. valid=0.02,test=0.01; what hangs together stays together",
)  # fmt: skip
@click.option("--cut", is_flag=True, help="leave out composed rows that tie splits together")
@click.option("--language", "languages", multiple=True, help="rows of this language")
@click.option("--type", "types", multiple=True, help="rows of this type of question")
@click.option("--json", "as_json", is_flag=True, help="say as JSON what was written")
def command(directory: Path, *, as_json: bool, **values: Any) -> None:
    """Write the accepted rows of the run in DIR in a format.

    Rows of --release raw and paper say in their columns level, checks and rejected what is known of
    them; rejected is empty for those of the corpus.

    With --split, rows of one file, rows made from one another and nearly equal rows stand on one
    side; a run whose recipe splits has its splits already. Rows that a format cannot hold are
    counted with the reason.
    """
    from backfeed.engine.commands import _export, _rows

    _rows.require(directory)
    done = _export.export(_export.order_of(directory, **values))
    _export.tell(done, as_json=as_json)


COMMAND = command
