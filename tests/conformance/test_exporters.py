"""What every exporter keeps."""

import msgspec
import pyarrow as pa
import pytest
from conformance.everything import every, loaded
from conformance.samples import ODD, ROWS, talk

from backfeed.engine.exporters import _files
from backfeed.engine.records import Message, Rejection, Sample

NAMES = list(every("exporters"))
PLAIN = Sample(id="plain", language="python", question_type="generate", messages=talk("q", "a"))
LONG = PLAIN.but(id="long", messages=(Message("system", "s"), *talk("é", "𝄞"), *talk("q2", "a2")))
ALL = (PLAIN, LONG, *ROWS, *ODD)

pytestmark = pytest.mark.parametrize("name", NAMES)


def rows_of(name, samples=ALL):
    """The rows of samples, and the rejections of the others."""
    exporter = loaded("exporters", name)
    shapes = [exporter.shape(sample) for sample in samples]
    rows = [row for row in shapes if not isinstance(row, Rejection)]
    return rows, [row for row in shapes if isinstance(row, Rejection)]


def test_its_files_have_a_suffix_that_can_be_written(name):
    assert loaded("exporters", name).suffix in _files.SUFFIXES


def test_it_can_say_what_every_format_can(name):
    """A question and its answer."""
    rows, refused = rows_of(name, [PLAIN])
    assert (len(rows), refused) == (1, [])


def test_rows_have_the_columns_of_its_schema(name):
    schema = loaded("exporters", name).schema
    assert isinstance(schema, pa.Schema)
    for row in rows_of(name)[0]:
        assert list(row) == schema.names


def test_rows_are_plain_and_always_the_same(name):
    rows, refused = rows_of(name)
    assert msgspec.to_builtins(rows) == rows
    assert rows_of(name) == (rows, refused)


def test_what_it_cannot_hold_it_refuses_with_a_reason(name):
    rows, refused = rows_of(name)
    assert len(rows) + len(refused) == len(ALL)
    assert [why for why in refused if not why.reason or " " in why.reason or not why.detail] == []


@pytest.mark.parametrize("with_tests", [False, True])
@pytest.mark.parametrize("suffix", _files.SUFFIXES)
def test_what_is_written_is_read_back(name, suffix, with_tests, tmp_path):
    exporter, path = loaded("exporters", name), tmp_path / f"rows{suffix}"
    assert _files.differences(exporter, ALL, path, with_tests=with_tests) == []
    count = _files.Count()
    wanted = list(_files.shaped(exporter, ALL, count, with_tests=with_tests))
    assert list(_files.read(path)) == msgspec.json.decode(msgspec.json.encode(wanted))
    assert count.rows + count.refused.total() == len(ALL)


def test_what_it_tells_others_of_its_rows_is_plain(name):
    told = getattr(loaded("exporters", name), "llama_factory", {})
    assert msgspec.to_builtins(told) == told
    columns = set(loaded("exporters", name).schema.names)
    assert set(told.get("columns", {}).values()) <= columns
