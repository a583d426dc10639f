"""The shared sets of general instructions, where they lie beside the repository."""

import tomllib
from pathlib import Path

import pytest

from backfeed.engine.readers._find import Readers, files_of
from backfeed.engine.readers._open import RowFile
from backfeed.engine.readers._rows import Reading

ROOT = Path(__file__).resolve().parents[3]
GENERAL = ROOT.parent / "shared" / "data" / "instruct" / "general"
LABELS = Path(__file__).with_name("data") / "domains.toml"

needs_shared = pytest.mark.skipif(not GENERAL.is_dir(), reason="the shared data are not there")


def samples(name):
    """The samples of one of its files, those included that are rejected."""
    [(path, called, told)] = files_of(str(GENERAL / name))
    return list(RowFile.of(path, Readers("").of(path), Reading(called, told, among=True)).samples())


def labelled(part):
    """Rows whose domain was read, and that domain."""
    table = tomllib.loads(LABELS.read_text())[part]
    for name, domains in table.items():
        wanted = {row: domain for domain, rows in domains.items() for row in rows}
        for sample in samples(name):
            if sample.source_id in wanted:
                yield sample, wanted[sample.source_id]
