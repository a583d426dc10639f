"""Look into an answer book, or have answers forgotten, so that they are asked again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backfeed.engine.errors import CallerError, InputError

if TYPE_CHECKING:
    from backfeed.engine.answers import Book


@click.group("book")
def command() -> None:
    """Look into an answer book, or have answers forgotten, so that they are asked again.

    BOOK is a run's directory, or a book that runs share.
    """


@command.command("stats")
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def stats(book: Path, *, as_json: bool) -> None:
    """How many answers there are of each service, and what they take on disk."""
    with _opened(book) as opened:
        counts, folder = opened.counts(), opened.folder
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if as_json:
        click.echo(json.dumps({"book": str(folder), "answers": counts, "bytes": size}, indent=2))
        return
    for service, count in counts.items():
        click.echo(f"{service:<24} {count:>12,}")
    click.echo(f"{folder}: {sum(counts.values()):,} answers, {size / 1e6:,.1f} MB")


@command.command("forget")
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--service", metavar="NAME", help="answers of this service, e.g. sandbox")
@click.option("--verdict", metavar="WORD", help="runs that came to this, e.g. TLE")
@click.option("--key", "keys", multiple=True, metavar="HEX", help="this answer")
@click.option("--dry-run", is_flag=True, help="count them and forget nothing")
def forget(
    book: Path, *, service: str | None, verdict: str | None, keys: tuple[str, ...], dry_run: bool
) -> None:
    """Remove answers; the next run asks for them again. Conditions hold together."""
    if service is None and verdict is None and not keys:
        raise CallerError("say which answers: --service NAME, --verdict WORD or --key HEX")
    with _opened(book) as opened:
        wanted = set(_found(opened, service, verdict)) if service or verdict else None
        named = {_key(text) for text in keys}
        chosen = named if wanted is None else (wanted & named if named else wanted)
        count = len(chosen) if dry_run else opened.forget(chosen)
    done = "would be forgotten" if dry_run else "are forgotten: the next run asks again"
    click.echo(f"{count:,} answers {done}")


def _found(book: "Book", service: str | None, verdict: str | None) -> Iterator[bytes]:
    services = list(book.counts())
    wanted = [name for name in services if service in (None, name, name.partition(":")[0])]
    if not wanted:
        from backfeed.engine.config import nearest

        raise CallerError(
            f"{book.folder} has no answers of {service!r}; {nearest(str(service), services)}"
        )
    for name in wanted:
        for key, answer in book.each(name):
            if verdict is None or _verdict(answer) == verdict:
                yield key


def _verdict(answer: Any) -> str:
    plain = answer.get("a") if isinstance(answer, dict) else None
    return str(plain.get("verdict", "")) if isinstance(plain, dict) else ""


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 20:
        raise CallerError(f"--key {text!r}: a key is 40 hexadecimal digits")
    return key


@contextmanager
def _opened(path: Path) -> Iterator["Book"]:
    """The book at a path, or in a run's directory; none is made."""
    import asyncio

    from backfeed.engine.answers import Book

    folder = next((p for p in (path / "answers", path) if (p / "live.sqlite").is_file()), None)
    if folder is None:
        raise InputError(f"there is no answer book in {path}: name a run's directory, or its book")
    book = Book(folder)
    try:
        yield book
    finally:
        asyncio.run(book.close())


COMMAND = command
