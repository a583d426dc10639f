"""Run the programs behind a verdict again, and say whether it holds."""

from pathlib import Path

import click


@click.command("recheck")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("row", metavar="[ID]", required=False)
@click.option("--random", "count", type=click.IntRange(min=1), metavar="N", help="some by chance")
@click.option("--seed", type=int, default=0, help="another choice")
@click.option("--sandbox", metavar="NAME", help="what runs them (default: what ran them)")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def command(
    directory: Path, row: str | None, *, count: int | None, seed: int, sandbox: str | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Execute the verdicts of one row of the run in DIR, or of some, again.

    Everything that is needed stands in DIR/evidence. Exit 1 if a verdict does not hold.
    """
    from backfeed.engine.commands import _recheck, _rows

    _rows.require(directory)
    samples = _rows.chosen(directory, row=row, count=count, seed=seed)
    return _recheck.recheck(directory, samples, sandbox=sandbox, as_json=as_json)


COMMAND = command
