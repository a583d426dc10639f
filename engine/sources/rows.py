"""Code in the rows of a file: `rows:FILE#COLUMN`, JSON Lines or Parquet.

Columns of these names are used where there are any: `language`, `licence` (or `license`, or a list
of them as in The Stack), `path`, `repo`, `commit`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from backfeed.engine import grammar, registry
from backfeed.engine.boundary import storing
from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.identity import sha256
from backfeed.engine.methods.licence_names import in_row, of_name
from backfeed.engine.methods.licences import combined
from backfeed.engine.records import Origin, Sample
from backfeed.engine.sources._files import code_of, no_source, sample_of

Row = Mapping[str, Any]

_CODE = ("text", "content", "code")
_COLUMNS = {
    "language": ("language", "lang", "programming_language"),
    "path": ("path", "file_path", "max_stars_repo_path", "filename", "file_name"),
    "repo": ("repo", "repository", "repo_name", "max_stars_repo_name"),
    "commit": ("commit", "commit_id", "revision_id", "max_stars_repo_head_hexsha"),
}  # fmt: skip


class _Rows:
    def resolve(self, address: str, cache: Path, pin: Pin | None = None) -> Pinned:
        """The file as it is now, and its column of code."""
        place, column = _parsed(address)
        if not place.is_file():
            raise InputError(f"rows:{address}: there is no file {str(place)!r}")
        first = next(iter(_reader(place).read(place)), None)
        if first is None:
            raise InputError(f"{place} is empty: there is no row in it")
        column = _column(first, column, place)
        with storing(f"reading {place}"), place.open("rb") as file:
            mark = hashlib.file_digest(file, "sha256").hexdigest()
        if pin is not None and pin.sha256 != mark:
            raise InputError(
                f"{place} has changed since it was pinned; add --update to take it as it is now"
            )
        return Pinned(f"rows:{place}#{column}", mark[:12], mark, place, (("column", column),))

    def read(self, pinned: Pinned, rules: ReadRules) -> Iterator[Sample]:
        """One sample a row, in the file's order; rows of other languages are passed over."""
        column = dict(pinned.facts)["column"]
        source, count = f"rows:{pinned.place.name}#{column}", 0
        for number, row in enumerate(_reader(pinned.place).read(pinned.place), start=1):
            sample = _sample(row, column, rules)
            if rules.languages and sample.language not in (*rules.languages, ""):
                continue
            count += 1
            origin = sample.origin
            path = origin.path or f"row {number}"
            yield sample.but(origin=replace(origin, source=source, path=path))
        if not count:
            raise no_source(source, rules.languages)


def _sample(row: Row, column: str, rules: ReadRules) -> Sample:
    """The code of a row; rejected if there is none, or nobody knows in which language."""
    path, repo, commit = (_word(row, name) for name in ("path", "repo", "commit"))
    origin = Origin(repo=repo, commit=commit, path=path, licence=_licence(row))
    named = grammar.language_named(_word(row, "language"))
    value = row.get(column)
    if not isinstance(value, str):
        reason = getattr(row, "reason", "no-code")  # what the reader could not read says why
        detail = getattr(row, "detail", f"the column {column!r} holds no text")
        return Sample(language=named, origin=origin).no("read", reason, detail)
    text, fault = code_of(value.encode("utf-8", "surrogatepass"), rules)
    if fault:
        return Sample(language=named, origin=origin).no("read", fault)
    only = rules.languages[0] if len(rules.languages) == 1 else ""
    language = named or grammar.language_of(path, text) or only
    if not language:
        why = "neither a column `language` nor the name in `path` tells it"
        return Sample(code=text, origin=origin).no("read", "no-language", why)
    sample = sample_of(text, language)
    said = [one for one in (origin.licence, sample.origin.licence) if one]
    last = sample.origin.last_line
    whole = replace(origin, first_line=min(1, last), last_line=last, licence=combined(said))
    return sample.but(origin=replace(whole, sha256=sha256(value)))


def _licence(row: Row) -> str:
    """What the row says of its licence; of a list, all hold; empty if it says nothing."""
    return combined(map(of_name, said)) if (said := in_row(row)) else ""


def _word(row: Row, name: str) -> str:
    found = (row.get(column) for column in _COLUMNS[name])
    return next((value.strip() for value in found if isinstance(value, str) and value.strip()), "")


def _parsed(address: str) -> tuple[Path, str]:
    """The file, and the column behind the #. A file that exists may have a # in its name."""
    if Path(address).is_file():
        return Path(address), ""
    file, _, column = address.rpartition("#")
    return (Path(file), column) if file else (Path(address), "")


def _column(row: Row, wanted: str, place: Path) -> str:
    named = wanted or next((name for name in _CODE if isinstance(row.get(name), str)), "")
    if named in row:
        return named
    listed = ", ".join(row) or "none"
    if not wanted:
        raise InputError(f"which column of {place} holds code? write rows:FILE#COLUMN, of {listed}")
    raise InputError(f"{place} has no column {wanted!r}; it has {listed}")


def _reader(place: Path) -> Any:
    """What reads a file of this name. Raises `InputError` if nothing does."""
    for name in registry.names("readers"):
        reader = registry.load("readers", name)
        if place.name.lower().endswith(tuple(reader.suffixes)):
            return reader
    raise InputError(
        f"{place}: nothing reads {place.suffix!r}; write rows:FILE.jsonl#COLUMN, or .parquet"
    )


PLUGIN = _Rows()
