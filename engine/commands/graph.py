"""Look at the keyword graph of a run: its skills, what stands beside them, what is missing."""

from pathlib import Path

import click


@click.command("graph")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--node", metavar="NAME", help="what stands beside this skill")
@click.option(
    "--html", "picture", metavar="FILE", type=click.Path(path_type=Path),
    help="a picture to explore in a browser",
)  # fmt: skip
@click.option("--most", type=click.IntRange(2, 1500), default=300, help="so many skills in it")
@click.option("--top", type=click.IntRange(min=1), default=10, help="so many skills of each kind")
@click.option("--samples", type=click.IntRange(min=0), default=5, help="so many keyword sets")
@click.option("--draw", type=click.IntRange(min=0), default=3, help="so many sets drawn anew")
@click.option(
    "--diff", metavar="OTHER", type=click.Path(path_type=Path),
    help="what another run's graph, or a graph file, has less and more",
)  # fmt: skip
@click.option(
    "--merge", metavar="OTHER", type=click.Path(path_type=Path), multiple=True,
    help="a graph to be made one with this; may come again",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
    help="where the merged graph goes: .graphml, or .parquet for size",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def command(
    directory: Path, *, node: str | None, picture: Path | None, most: int, top: int, samples: int,
    draw: int, diff: Path | None, merge: tuple[Path, ...], output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Say what the keyword graph of the run in DIR holds.

    Skills are task, instruction and knowledge phrases; those in no accepted row are uncovered. NAME
    is a phrase, or KIND:PHRASE.
    """
    from backfeed.engine.commands import _graph, _rows

    if bool(merge) != (output is not None):
        raise click.UsageError("--merge OTHER and -o FILE go together")
    look = _graph.Look(
        _rows.require(directory), top=top, samples=samples, draw=draw, as_json=as_json
    )
    if output is not None:
        look.merged(merge, output)
    if diff is not None:
        look.difference(diff)
    if picture is not None:
        look.picture(picture, most)
    if node is not None:
        look.node(node)
    elif (picture is None or as_json) and diff is None and output is None:
        look.whole()


COMMAND = command
