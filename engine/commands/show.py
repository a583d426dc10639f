"""Show rows of a run: problem, answer, tests, checks and the evidence for them."""

from pathlib import Path

import click


@click.command("show")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("row", metavar="[ID]", required=False)
@click.option("--random", "count", type=click.IntRange(min=1), metavar="N", help="some by chance")
@click.option("--seed", type=int, default=0, help="another choice")
@click.option("--rejected", "reason", metavar="REASON", help="rows that left for a reason")
@click.option("--limit", type=click.IntRange(min=1), default=10, help="so many of those")
def command(
    directory: Path,
    row: str | None,
    *,
    count: int | None,
    seed: int,
    reason: str | None,
    limit: int,
) -> None:
    """Show one row of the run in DIR, some by chance, or some that were rejected.

    ID is a row's id, its source id, or the beginning of its id.
    """
    from backfeed.engine.commands import _rows, _show

    _rows.require(directory)
    if reason is not None:
        samples = _rows.rejected(directory, reason, limit)
    else:
        samples = _rows.chosen(directory, row=row, count=count, seed=seed)
    evidence = _rows.evidence(directory, [sample.id for sample in samples])
    for sample in samples:
        _show.show(sample, evidence[sample.id])


COMMAND = command
