"""Show the presets of trainings, or write one out for another trainer."""

from pathlib import Path

import click

TRAINERS = ("axolotl", "llamafactory", "trl")


@click.command(
    "preset",
    epilog="""Exit: 0 done, 2 for a preset or a number that will not do. What the trainer does not
    do as the preset has it is told on standard error, and stands in the file as a comment.""",
)
@click.argument("name", metavar="[NAME|FILE.toml]", required=False)
@click.option("--for", "trainer", type=click.Choice(TRAINERS), help="write it for this trainer")
@click.option("--model", default="MODEL", metavar="PATH", help="the model to train")
@click.option("--data", default="train.jsonl", metavar="FILE", help="the rows, as exported")
@click.option(
    "--devices", type=click.IntRange(1), default=1, show_default=True, metavar="N",
    help="how many GPUs share a step",
)  # fmt: skip
@click.option(
    "--micro", type=click.IntRange(1), default=1, show_default=True, metavar="N",
    help="sequences that go through each GPU at once",
)  # fmt: skip
@click.option(
    "-o", "--output", "target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="where to write, else standard output",
)  # fmt: skip
def command(
    name: str | None, *, trainer: str | None, model: str, data: str, devices: int, micro: int,
    target: Path | None,
) -> None:  # fmt: skip
    """Show the presets of trainings; of one, all numbers; or write it out for another trainer.

    TRL reads rows of `backfeed export --format prompt_completion`, LLaMA-Factory those of alpaca or
    sharegpt, axolotl those of messages.
    """
    from backfeed.engine.commands import _preset_files as files
    from backfeed.engine.files import write_whole

    if name is None:
        click.echo(files.listed(), nl=False)
        return
    wish = files.Wish(model, data, devices, micro)
    text, warnings = files.written(name, trainer, wish) if trainer else (files.shown(name), [])
    for line in warnings:
        click.echo(line, err=True)
    if target is None:
        click.echo(text, nl=False)
    else:
        write_whole(target, text)


COMMAND = command
