"""Rows on disk: each field comes back, in order, and a bad file is told."""

import dataclasses
import os
from typing import Literal, get_args, get_type_hints

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verbs import many

from backfeed.engine.errors import PluginFault, StoreFault
from backfeed.engine.records import Evidence, File, Message, NamedScore, Rejection, Sample, Test
from backfeed.engine.store import (
    ROW_SCHEMA,
    WORK_SCHEMA,
    DiskTable,
    Shards,
    arrow_type,
    from_row,
    to_row,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
st.register_type_strategy(str, texts)
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(float, st.floats(allow_nan=False))
evidence = st.builds(Evidence, texts, st.dictionaries(texts, st.integers(-99, 99) | texts))
samples = st.builds(
    Sample, **{
        name: st.tuples() | st.tuples(evidence, evidence) if name == "evidence" else
        st.none() | st.builds(Rejection) if name == "rejected" else st.from_type(hint)
        for name, hint in get_type_hints(Sample).items()
    },
)  # fmt: skip


def written(folder, rows, per_shard=1000):
    shards = Shards(folder, per_shard)
    for row in rows:
        shards.add(row)
    shards.flush()
    return DiskTable.of(folder)


@settings(max_examples=60, deadline=None)
@given(sample=samples)
def test_every_field_comes_back(tmp_path_factory, sample):
    [found] = written(tmp_path_factory.mktemp("rows"), [sample])
    assert found == sample
    assert found.evidence == sample.evidence


def test_every_field_of_the_record_has_a_column():
    names = {field.name for field in dataclasses.fields(Sample)}
    assert set(WORK_SCHEMA.names) == names
    assert set(ROW_SCHEMA.names) == names - {"evidence"}


@pytest.mark.parametrize(
    ("hint", "type_"),
    [
        (str, pa.string()),
        (Literal["a"], pa.string()),
        (tuple[str, ...], pa.list_(pa.string())),
        (Message, pa.struct([("role", pa.string()), ("content", pa.string())])),
        (NamedScore | None, pa.struct([("name", pa.string()), ("value", pa.float64())])),
        (tuple[File, ...], pa.list_(pa.struct([("path", pa.string()), ("text", pa.string())]))),
    ],
)
def test_the_type_of_a_field(hint, type_):
    assert arrow_type(hint) == type_


def test_words_of_a_verdict_are_words_of_the_row():
    oracle = get_args(get_type_hints(Test)["oracle"])
    assert set(oracle) == {"author", "doc", "model", "recorded"}


def test_shards_have_a_fixed_size_and_keep_the_order(tmp_path):
    table = written(tmp_path, many(25), per_shard=10)
    assert [path.name for path in table.paths] == [f"part-0000{n}.parquet" for n in range(3)]
    assert list(table) == many(25)
    assert len(table) == 25
    assert list(table) == many(25)


@pytest.mark.parametrize("sizes", [[3, 30, 1], [10, 10], [1] * 25, [0, 7, 0]])
def test_batches_and_samples_are_cut_alike(tmp_path, sizes):
    rows = iter(many(sum(sizes) + len(sizes)))
    shards, expected = Shards(tmp_path, 10), []
    for size in sizes:
        part = [next(rows) for _ in range(size)]
        shards.add_batch(pa.Table.from_pylist([to_row(row) for row in part], schema=WORK_SCHEMA))
        expected += [*part, next(rows)]
        shards.add(expected[-1])
    shards.flush()
    table = DiskTable.of(tmp_path)
    assert list(table) == expected
    assert [batch.num_rows for batch in table.batches()][:-1] == [10] * (len(expected) // 10) or (
        len(expected) % 10 == 0
    )


def test_very_long_rows_make_smaller_shards(tmp_path, monkeypatch):
    monkeypatch.setattr("backfeed.engine.store.SHARD_BYTES", 1000)
    assert len(written(tmp_path, [Sample(code="x" * 600)] * 4).paths) == 2


def test_batches_may_lack_evidence_and_nothing_else(tmp_path):
    shards = Shards(tmp_path)
    rows = pa.Table.from_pylist([to_row(row) for row in many(2)], schema=WORK_SCHEMA)
    shards.add_batch(rows.drop(["evidence"]))
    with pytest.raises(PluginFault, match="schema of the record: KeyError: 'code'"):
        shards.add_batch(rows.drop(["code"]))
    shards.flush()
    assert list(DiskTable.of(tmp_path)) == many(2)


def test_some_columns_are_read_alone(tmp_path):
    [batch] = written(tmp_path, many(2)).batches(["id", "code"])
    assert batch.schema.names == ["id", "code"]


def test_the_digest_is_of_rows_and_order(tmp_path):
    digests = {
        written(tmp_path / str(n), rows).digest()
        for n, rows in enumerate([many(2), many(2), many(2)[::-1], many(3), []])
    }
    assert len(digests) == 4


def test_lone_surrogates_are_replaced(tmp_path):
    assert [row.code for row in written(tmp_path, [Sample(code="a\udfff")])] == ["a�"]


def test_a_row_without_evidence_is_read():
    row = to_row(Sample(code="a"))
    del row["evidence"]
    assert from_row(row) == Sample(code="a")


def test_a_damaged_shard_is_told(tmp_path):
    table = written(tmp_path, many(50))
    table.paths[0].write_bytes(b"PAR1" + os.urandom(500) + b"PAR1")
    with pytest.raises(StoreFault, match=r"part-00000.parquet: a file is damaged"):
        list(table)
