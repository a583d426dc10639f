"""List what there is of a kind: recipes, stages, models, sandboxes, languages, ..."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from backfeed.engine import registry

KINDS = (*sorted(registry.KINDS), "languages")


@click.command("list", epilog=f"KIND is one of {', '.join(KINDS)}.")
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def command(kind: str, *, as_json: bool) -> None:
    """List all of a kind, with one line on each; plug-ins of languages alone are imported for it.

    A language is parsed, analyzed, run, tested or proven: its grade includes those before it.
    """
    found = _languages() if kind == "languages" else _plugins(kind)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max((len(item["name"]) for item in found), default=0)
    for item in found:
        more = [item["about"]] if item["about"] else []
        if item.get("from", registry.OURS) != registry.OURS:
            more.append(f"(from {item['from']})")
        click.echo(f"{item['name']:<{width}}  {' '.join(more)}".rstrip())


def _plugins(kind: str) -> list[dict[str, Any]]:
    return [
        {"name": entry.name, "about": _about(kind, entry), "from": entry.distribution}
        for entry in registry.find(kind).values()
    ]


def _about(kind: str, entry: registry.Entry) -> str:
    """The first line of a plug-in of ours; an outsider's is not opened."""
    if entry.distribution != registry.OURS:
        return ""
    if kind == "recipes":
        return _first_line(registry.recipe_path(entry.name)).lstrip("# ")
    package, _, module = entry.module.rpartition(".")
    return _first_line(Path(str(files(package))) / f"{module}.py").strip('"')


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().strip()


def _languages() -> list[dict[str, Any]]:
    """Languages, how far each goes, the tests that it runs, and what is missing on this machine."""
    from backfeed.engine.commands import _languages

    return [{**one, "about": _languages.about(one)} for one in _languages.graded()]


COMMAND = command
