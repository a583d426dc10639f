"""Try a sandbox: run the programs of the hostile suite in it, and see what holds."""

import json

import click


@click.group("sandbox")
def group() -> None:
    """Try a sandbox: run the programs of the hostile suite in it, and see what holds."""


@group.command("test")
@click.argument("backend", metavar="[BACKEND]", required=False, default="")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
@click.option("--language", "languages", multiple=True, metavar="L", help="only this language")
@click.option("--item", "items", multiple=True, metavar="NAME", help="only this item")
@click.option("--workers", type=click.IntRange(1), help="items at once  [default: all cores]")
@click.option("--image", default="", metavar="NAME", help="the image of containers (docker only)")
def test(
    backend: str,
    *,
    as_json: bool,
    languages: tuple[str, ...],
    items: tuple[str, ...],
    workers: int | None,
    image: str,
) -> int:
    """Run programs that attack, and look at this machine from outside after each.

    BACKEND is the default sandbox unless named; `process`, which isolates nothing, is the negative
    control: there the suite must find holes. Exit 1 if an item fails (on `process`: if fewer than
    25 do).
    """
    from backfeed.engine.commands import _sandbox

    chosen = _sandbox.Chosen(backend, languages, items, workers, image)
    found, complaint = _sandbox.tried(chosen)
    if as_json:
        click.echo(json.dumps([one.plain() for one in found], indent=2))
    else:
        _sandbox.tell(chosen.name, found)
    if complaint:
        click.echo(f"backfeed: {complaint}", err=True)
    return 1 if complaint else 0


COMMAND = group
