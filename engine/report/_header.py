"""The YAML header of a data set card, as the Hugging Face Hub reads it."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from backfeed.engine.records import LEVELS
from backfeed.engine.report import _columns
from backfeed.engine.report._words import ranked
from backfeed.engine.report.facts import Facts
from backfeed.engine.store import ROW_SCHEMA

HUB_LICENCES = {
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "bsl-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0",
    "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0",
    "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2", "gpl-2.0", "gpl-3.0",
    "isc", "lgpl-2.1", "lgpl-3.0", "lppl-1.3c", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl", "odc-by",
    "ofl-1.1", "osl-3.0", "pddl", "postgresql", "unlicense", "wtfpl", "zlib",
}  # fmt: skip
"""Licences that the Hub has a name for: SPDX identifiers in lower case."""
SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"),
)  # fmt: skip
LARGEST = "n>100M"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./*-]*")
_RESERVED = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def header(facts: Facts) -> str:
    """The block between the two lines of dashes."""
    languages = [name for name, _ in ranked(facts.counts["languages"]) if name]
    ran = any(facts.counts["levels"][level] for level in LEVELS[LEVELS.index("ran") :])
    splits = _columns.named(facts.directory / "corpus")
    true = {"synthetic": any(facts.counts["stages"]), "verified": ran}
    told: dict[str, Any] = {
        **licence(list(facts.counts["licences"])),
        "language": ["code", "en"],
        "pretty_name": f"Backfeed {facts.recipe.get('name', 'corpus')}",
        "size_categories": [size(facts.rows["corpus"])],
        "task_categories": ["text-generation"],
        "annotations_creators": ["machine-generated"],
        "tags": ["backfeed", "code", "instruction-tuning", *filter(true.get, true), *languages],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": name, "path": f"corpus/{name}-*.parquet"} for name in splits
                ],
            }
        ],
        "dataset_info": _info(splits),
    }
    return "---\n" + "".join(f"{line}\n" for line in _yaml(told)) + "---\n"


def parts(licences: list[str]) -> list[str]:
    """The licences that all hold for some row: `A AND B` is both, a choice stays one."""
    found: set[str] = set()
    for text in licences:
        whole = " OR " in text or "(" in text
        found |= {text} if whole else set(text.split(" AND "))
    return sorted(found)


def licence(licences: list[str]) -> dict[str, Any]:
    """One licence that the Hub knows, or `other` with the names of all.

    >>> licence(["MIT"])
    {'license': 'mit'}
    >>> licence(["MIT", "BSD-3-Clause AND MIT"])["license_name"]
    'bsd-3-clause-and-mit'
    >>> licence([""]), licence([])
    ({'license': 'unknown'}, {'license': 'unknown'})
    """
    names = parts(licences)
    if not any(names):
        return {"license": "unknown"}
    if len(names) == 1 and hub_name(names[0]) in HUB_LICENCES:
        return {"license": hub_name(names[0])}
    slugs = [re.sub(r"[^a-z0-9.+]+", "-", (name or "unknown").lower()).strip("-") for name in names]
    return {
        "license": "other",
        "license_name": "-and-".join(slugs),
        "license_link": "ATTRIBUTION.md",
    }


def hub_name(spdx: str) -> str:
    """What the Hub would call a licence: it does not tell `only` from `or later`."""
    return re.sub(r"-(only|or-later)$", "", spdx.lower()).replace("gpl-2.0+", "gpl-2.0")


def size(rows: int) -> str:
    """The Hub's word for so many rows."""
    return next((word for most, word in SIZES if rows < most), LARGEST)


def _info(splits: Mapping[str, list[Path]]) -> dict[str, Any]:
    sizes = {name: _columns.sizes(paths) for name, paths in splits.items()}
    return {
        "features": [_feature(field.name, field.type) for field in ROW_SCHEMA],
        "splits": [
            {"name": name, "num_bytes": size.unpacked, "num_examples": size.rows}
            for name, size in sizes.items()
        ],
        "download_size": sum(size.stored for size in sizes.values()),
        "dataset_size": sum(size.unpacked for size in sizes.values()),
    }


def _feature(name: str, kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"name": name, "list": _typed(kind.value_type)}
    if pa.types.is_struct(kind):
        return {"name": name, "struct": _typed(kind)}
    return {"name": name, "dtype": _typed(kind)}


def _typed(kind: pa.DataType) -> Any:
    if pa.types.is_struct(kind):
        return [_feature(field.name, field.type) for field in kind]
    return {"double": "float64"}.get(str(kind), str(kind))


def _yaml(value: Any, depth: int = 0) -> Iterator[str]:
    """Block style: mappings, lists, and scalars that need no more than quotes."""
    space = "  " * depth
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, Mapping | list):
                yield f"{space}{key}:"
                yield from _yaml(item, depth + isinstance(item, Mapping))
            else:
                yield f"{space}{key}: {_scalar(item)}"
        return
    for item in value:
        if isinstance(item, Mapping):
            first, *rest = _yaml(item, depth + 1)
            yield f"{space}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{space}- {_scalar(item)}"


def _scalar(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED and "*" not in value[:1]:
        return str(value)
    return json.dumps(value, ensure_ascii=False)
