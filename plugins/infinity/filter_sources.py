"""Sub-tasks of sources whose answers say little are dropped, each with a reason."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import tomli_w

from backfeed.plugin import Asks, ConfigError, InputError, Read, Result, Table
from backfeed.plugins.infinity._density import Counted, Dropped, Key, Limits, judged, plain
from backfeed.plugins.infinity._domains import DOMAINS
from backfeed.plugins.infinity._extra import named
from backfeed.plugins.infinity._marks import rejected
from backfeed.plugins.infinity._texts import COLUMNS, domains, spoken

LIST = "droplist"
WRITTEN = "sources"
_SHARES = ("short", "distinct")


@dataclass(frozen=True, slots=True)
class FilterSources:
    """Drop whole sub-tasks of low density (Infinity-Instruct, source filtering of knowledge).

    Rows of one source (`origin.source`) and one sub-task (the first of the columns `tasks` that
    says something) are judged together, those of `domains` alone: at most `labels` distinct answers
    are classification; a share of `short` or more of answers of three tokens or fewer, fewer tokens
    than `mean_tokens` on average, or a share of distinct answers under `distinct`, are thin. A
    sub-task of fewer than `least_rows` rows is kept. The paper names Flan's SST-2 and IMDb and
    leaves the rule open.

    All sub-tasks are written to the artefact `sources` (TOML: `[[drop]]` with a reason and
    `[[keep]]`, each with its figures). A file `droplist` of that form wins over the rule; an
    entry without a task is meant for all of them.

    in:  60 rows of source "flan", task "sst2", with the answers "positive" and "negative"
    out: rejected by filter_sources, reason classification, detail "flan/sst2: 2 distinct ..."
    """

    domains: tuple[str, ...] = ("knowledge",)
    tasks: tuple[str, ...] = ("task", "task_name", "subtask", "sub_task", "task_source", "category")
    least_rows: int = 50
    labels: int = 20
    short: float = 0.8
    mean_tokens: float = 3.0
    distinct: float = 0.02
    version = 1
    reads = (LIST,)
    optional = (LIST,)
    writes = (WRITTEN,)

    def __post_init__(self) -> None:
        """Refuse domains that are none and shares that are none."""
        if unknown := set(self.domains) - set(DOMAINS):
            told = ", ".join(sorted(unknown))
            raise ConfigError(f"filter_sources.domains: {told}; there are: {', '.join(DOMAINS)}")
        for name in _SHARES:
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ConfigError(f"filter_sources.{name} = {value}: give a share from 0 to 1")
        for name in ("least_rows", "labels"):
            if (value := getattr(self, name)) < 1:
                raise ConfigError(f"filter_sources.{name} = {value}: give 1 or more")

    def whole(self, table: Table) -> Asks[Result]:
        """Two passes; for each sub-task at most 1,000 hashes of answers."""
        path: Path | None = yield from Read(LIST)
        known = _Known.read(path)
        found = self._counted(table)
        limits = Limits(self.least_rows, self.labels, self.short, self.mean_tokens, self.distinct)
        dropped = {
            key: why for key, counted in found.items() if (why := known.says(key, counted, limits))
        }
        lost = sum(found[key].rows for key in dropped)
        metrics = {"tasks": float(len(found)), "tasks_dropped": float(len(dropped))}
        metrics["rows_dropped"] = float(lost)
        return Result(self._marked(table, dropped), {WRITTEN: _told(found, dropped)}, metrics)

    def _counted(self, table: Table) -> dict[Key, Counted]:
        found: dict[Key, Counted] = {}
        for batch in table.batches([*COLUMNS, "origin", "extra"]):
            _, answers = spoken(batch)
            for key, answer in zip(self._keys(batch), answers, strict=True):
                if key is not None:
                    found.setdefault(key, Counted()).add(answer)
        return found

    def _keys(self, batch: pa.RecordBatch) -> Iterator[Key | None]:
        """Which sub-task each row belongs to; None for a row of another domain."""
        sources = pc.struct_field(batch["origin"], "source").to_pylist()
        wanted = {DOMAINS.index(name) for name in self.domains}
        rows = zip(sources, batch["extra"].to_pylist(), domains(batch), strict=True)
        for source, extra, domain in rows:
            yield (source, _task(extra, self.tasks)) if domain in wanted else None

    def _marked(self, table: Table, dropped: Mapping[Key, Dropped]) -> Iterator[pa.RecordBatch]:
        for batch in table.batches():
            why = [_why(key, dropped) for key in self._keys(batch)]
            yield rejected(batch, "filter_sources", why)


def _task(extra: str, columns: Sequence[str]) -> str:
    try:
        found = json.loads(extra) if extra else {}
    except ValueError:
        return ""
    return named(found, columns) if isinstance(found, dict) else ""


def _why(key: Key | None, dropped: Mapping[Key, Dropped]) -> tuple[str, str] | None:
    why = dropped.get(key) if key else None
    return (why.reason, f"{'/'.join(filter(None, key or ()))}: {why.detail}") if why else None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the user's own list says, by sub-task: why it is dropped, or None if it is kept."""

    entries: Mapping[Key, Dropped | None]

    @classmethod
    def read(cls, path: Path | None) -> "_Known":
        """The entries of a list. Raises `InputError` for a file of another form."""
        if path is None:
            return cls({})
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise InputError(f"{path}: the list of sources is no TOML: {error}") from error
        entries: dict[Key, Dropped | None] = {}
        for kind in ("keep", "drop"):
            for entry in told.get(kind, ()):
                entries[_key(entry, path)] = _reason(entry) if kind == "drop" else None
        if unknown := told.keys() - {"keep", "drop"}:
            raise InputError(f"{path}: {', '.join(sorted(unknown))}: write [[drop]] and [[keep]]")
        return cls(entries)

    def says(self, key: Key, counted: Counted, limits: Limits) -> Dropped | None:
        """Why a sub-task is dropped; None if it is kept."""
        for name in (key, (key[0], "")):
            if name in self.entries:
                return self.entries[name]
        return judged(counted, limits)


def _key(entry: Any, path: Path) -> Key:
    if not isinstance(entry, dict) or not isinstance(entry.get("source"), str):
        raise InputError(f"{path}: {entry!r}: each entry names its source, as text")
    return entry["source"], str(entry.get("task", ""))


def _reason(entry: Mapping[str, Any]) -> Dropped:
    return Dropped("listed", str(entry.get("reason") or "the list of sources says so"))


def _told(found: Mapping[Key, Counted], dropped: Mapping[Key, Dropped]) -> bytes:
    """The list, the largest first."""
    order = sorted(found, key=lambda key: (-found[key].rows, key))
    drop = [
        plain(key, {"reason": dropped[key].reason, "detail": dropped[key].detail})
        | found[key].plain()
        for key in order
        if key in dropped
    ]
    keep = [plain(key, found[key].plain()) for key in order if key not in dropped]
    return tomli_w.dumps({"drop": drop, "keep": keep}).encode()


PLUGIN = FilterSources
