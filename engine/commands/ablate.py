"""Compare reverse, backfeed and both, raw and filtered, from one run with equal budgets."""

from pathlib import Path

import click


@click.command(
    "ablate",
    epilog="""Writes arms.json, arms.md, a file of rows for each arm, and one of held-out rows.
    Exit: 0 written, 2 if a branch has no rows.""",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "target", metavar="OUT", type=click.Path(path_type=Path),
    help="where to write; DIR/arms if not said",
)  # fmt: skip
@click.option(
    "--budget", type=click.Choice(("rows", "tokens")), default="rows", show_default=True,
    help="what is equal: the rows of the arms, or the tokens that their branch used for them",
)  # fmt: skip
@click.option(
    "--held-out", "share", type=click.FloatRange(0, 0.5), default=0.1, show_default=True,
    help="the share of rows that is set apart, with all that hangs together with them",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="which rows are drawn")
@click.option("--format", "name", default="jsonl", show_default=True, help="of the arms' rows")
@click.option("--train", is_flag=True, help="teach a tiny model each arm: its held-out loss")
@click.option("--json", "as_json", is_flag=True, help="say as JSON what stands in arms.json")
def command(
    directory: Path, *, target: Path | None, budget: str, share: float, seed: int, name: str,
    train: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write the six arms of an ablation from the finished run in DIR, and their table.

    Arms are rows made from code (reverse), from sets of keywords (backfeed), and half of each,
    from the raw and from the filtered release. --train needs backfeed[train].
    """
    from backfeed.engine.commands import _ablate, _rows

    wish = _ablate.Wish(target or directory / "arms", name, train=train)
    found = _ablate.choose(_rows.require(directory), wish, budget=budget, share=share, seed=seed)
    _ablate.tell(_ablate.write(found, wish), wish, as_json=as_json)


COMMAND = command
