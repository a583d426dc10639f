"""Write docs/reference.md: every command and every plug-in, with its first sentence."""

import ast
import importlib.util
import tomllib
from collections.abc import Iterator
from pathlib import Path

from backfeed.engine import registry

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference.md"
KINDS = {
    "stages": "Stages: the steps of a recipe. Their fields are the recipe's keys.",
    "models": "Models: `--model KIND:NAME`.",
    "sandboxes": "Sandboxes: `--sandbox NAME`.",
    "analyzers": "Analyzers: one for each language.",
    "deep": "Deep passes: `--deep NAME,...`, with `-` for `_`.",
    "sources": "Sources: the schemes of addresses.",
    "readers": "Readers: formats of instruction data.",
    "exporters": "Exporters: `backfeed export DIR --format NAME`.",
}


def first_sentence(path: Path) -> str:
    """The first line of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def settings(path: Path) -> str:
    """The settings of a stage with their defaults, as they stand in its source."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and any(_is_dataclass(d) for d in node.decorator_list):
            fields = [part for part in node.body if isinstance(part, ast.AnnAssign) and part.value]
            if any(
                isinstance(part, ast.FunctionDef) and part.name in ("each", "whole")
                for part in node.body
            ):
                return ", ".join(f"`{ast.unparse(f.target)} = {_default(f)}`" for f in fields)
    return ""


def _default(field: ast.AnnAssign) -> str:
    """The default of a field as it is written; of one that is made anew each time, what is made."""
    made = next((part.value for part in getattr(field.value, "keywords", ())
                 if part.arg == "default_factory"), None)  # fmt: skip
    if isinstance(made, ast.Lambda):
        return ast.unparse(made.body)
    if made is not None:
        return {"dict": "{}", "list": "[]", "tuple": "()"}.get(ast.unparse(made), "...")
    return ast.unparse(field.value) if field.value else ""


def _is_dataclass(node: ast.expr) -> bool:
    return "dataclass" in ast.unparse(node)


def plugins(kind: str) -> Iterator[tuple[str, Path]]:
    """The plug-ins of this distribution, with their files."""
    package = importlib.util.find_spec(registry.KINDS[kind])
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(next(iter(package.submodule_search_locations)))
    for name in registry.names(kind):
        if (path := folder / f"{name}.py").exists():
            yield name, path


def commands() -> Iterator[tuple[str, str]]:
    """The commands and what they are for."""
    for path in sorted((ROOT / "engine" / "commands").glob("[a-z]*.py")):
        yield path.stem, first_sentence(path)


def page() -> str:
    """The whole page."""
    lines = ["# Reference", "", "Made by `make docs` from the source.", "", "## Commands", ""]
    lines += ["| command | what it does |", "|---|---|"]
    lines += [f"| `backfeed {name}` | {told} |" for name, told in commands()]
    for kind, heading in KINDS.items():
        title, _, rest = heading.partition(": ")
        lines += ["", f"## {title}", "", rest[:1].upper() + rest[1:], ""]
        extra = kind == "stages"
        lines += [
            "| name | what it does |" + (" settings |" if extra else ""),
            "|---|---|" + ("---|" if extra else ""),
        ]
        for name, path in plugins(kind):
            row = f"| `{name}` | {first_sentence(path)} |"
            lines.append(row + (f" {settings(path)} |" if extra else ""))
    lines += ["", "## Recipes", "", "| name | inputs |", "|---|---|"]
    for path in sorted((ROOT / "engine" / "recipes").glob("*.toml")):
        inputs = tomllib.loads(path.read_text(encoding="utf-8")).get("inputs", {})
        told = "; ".join(f"`{name}`: {value.get('help', '')}" for name, value in inputs.items())
        lines.append(f"| `{path.stem}` | {told} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
