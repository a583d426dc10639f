"""Data sets of the Hugging Face Hub: `hf:NAME[@REVISION][[:CONFIG]:SPLIT]`, by `datasets`."""

from pathlib import Path
from typing import Any

from backfeed.engine.errors import ConfigError, InputError, Outage

SCHEME = "hf:"
_FIRST = "train"


def fetched(address: str) -> list[Path]:
    """The Arrow files of one split, in order; fetched into the cache of `datasets` unless there.

    The split is `train`, or the only one, if none is named. Raises `ConfigError` if `datasets` is
    not installed, `InputError` for a name that is not there, `Outage` if nobody answers.
    """
    name, revision, config, split = _parts(address)
    library = _library(address)
    try:
        found = library.load_dataset(name, config or None, revision=revision or None)
    except ConnectionError as error:
        raise Outage(f"{address}: {_line(error)}; try again, or name a file") from error
    except (OSError, ValueError, library.exceptions.DatasetsError) as error:
        raise InputError(f"{address}: {_line(error)}; write {_WRITTEN}") from error
    if not split:
        split = _FIRST if _FIRST in found else ""
        if not split and len(found) > 1:
            raise InputError(f"{address} has the splits {', '.join(found)}: name one; {_WRITTEN}")
        split = split or next(iter(found))
    if split not in found:
        raise InputError(f"{address}: no split {split!r}; there are: {', '.join(found)}")
    return [Path(file["filename"]) for file in found[split].cache_files]


_WRITTEN = "hf:NAME[@REVISION][[:CONFIG]:SPLIT]"


def _parts(address: str) -> tuple[str, str, str, str]:
    """Name, revision, configuration and split.

    >>> _parts("hf:a/b@v1:py:test"), _parts("hf:a/b:test"), _parts("hf:a/b")
    (('a/b', 'v1', 'py', 'test'), ('a/b', '', '', 'test'), ('a/b', '', '', ''))
    """
    name, *rest = address.removeprefix(SCHEME).split(":")
    name, _, revision = name.partition("@")
    if not name or len(rest) > 2 or not all(rest):
        raise InputError(f"{address!r} is no data set: write {_WRITTEN}")
    config = rest[0] if len(rest) == 2 else ""
    return name, revision, config, rest[-1] if rest else ""


def _library(address: str) -> Any:
    try:
        import datasets
    except ModuleNotFoundError as error:
        if error.name != "datasets":
            raise
        raise ConfigError(
            f"{address} needs `datasets`: pip install 'backfeed[hf]', or name a file"
        ) from error
    return datasets


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(". ")
