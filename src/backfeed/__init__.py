"""Backfeed: verified instruction data from source code."""

from pathlib import Path

__all__ = ["__version__"]

__version__: str  # made when it is asked for, see below

# The sub-packages are links to the repository's top-level folders. Where a checkout
# has lost its links, they are found beside `src/` instead.
if not (Path(__path__[0]) / "engine").is_dir():
    __path__.append(str(Path(__path__[0]).parents[1]))


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # costs 30 ms, and few callers want it

    return version("backfeed")
