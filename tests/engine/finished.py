"""A run's directory made by hand: what the tests of exports and reports look at."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import tomli_w

from backfeed.engine.output import EVIDENCE_SCHEMA, write_json
from backfeed.engine.records import Message, Origin, Sample
from backfeed.engine.store import ROW_SCHEMA, to_row, write_parquet

FILE = "train-00000-of-00001.parquet"


def sample(name: str, path: str = "", *, asked: str = "", said: str = "A", **more: Any) -> Sample:
    """A row that says something."""
    messages = (Message("user", asked or f"Ask {name}"), Message("assistant", said))
    origin = Origin("s", path=path)
    usual = {"language": "python", "messages": messages, "question_type": "fix", "origin": origin}
    return Sample(**{"id": name, "code": f"x = {name!r}", **usual, **more})


def finish(
    directory: Path, accepted: Iterable[Sample] = (), rejected: Iterable[Sample] = (),
    unfinished: Iterable[Sample] = (), *, evidence: Iterable[tuple[str, str, Any]] = (),
    summary: Mapping[str, Any] | None = None, recipe: Mapping[str, Any] | None = None,
) -> Path:  # fmt: skip
    """Write what a run leaves. `evidence` has id, check and data."""
    folders = {"corpus": accepted, "rejected": rejected, "unfinished": unfinished}
    for folder, rows in folders.items():
        plain = [{k: v for k, v in to_row(row).items() if k != "evidence"} for row in rows]
        _write(directory / folder, plain, ROW_SCHEMA)
    seen = [
        {"id": id_, "check": check, "verdict": data["verdict"],
         "data": msgspec.json.encode(data).decode()}
        for id_, check, data in evidence
    ]  # fmt: skip
    _write(directory / "evidence", seen, EVIDENCE_SCHEMA)
    if summary is not None:
        write_json(directory / "summary.json", summary)
    if recipe is not None:
        (directory / "recipe.toml").write_text(tomli_w.dumps(dict(recipe)))
    return directory


def _write(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_parquet(pa.Table.from_pylist(rows, schema=schema), folder / FILE)
