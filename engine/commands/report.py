"""Make the report of a run again: report.html, the data set card, the attribution."""

from pathlib import Path

import click


@click.command("report")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def command(directory: Path) -> None:
    """Write DIR/report.html, README.md and ATTRIBUTION.md from what the run in DIR has left.

    Every run writes them at its end.
    """
    from backfeed.engine.commands import _rows
    from backfeed.engine.report.write import write_all

    for path in write_all(_rows.require(directory)):
        click.echo(f"{path}")


COMMAND = command
