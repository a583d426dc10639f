"""The feedback file: written and read back, and what others may write."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine.errors import InputError
from backfeed.engine.methods import feedback_log
from backfeed.engine.methods.feedback_log import Step

STEPS = [
    Step(
        n, (f"a{n}", "b"), 2.5 / n, 7.25, "r", f"x{n}", (2.0, 3.0 / n), (10, 4), 31, 1e-5,
    )
    for n in range(1, 600)
]  # fmt: skip


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "feedback.parquet"
    assert feedback_log.write(path, iter(STEPS)) == 599
    assert feedback_log.load(path) == STEPS
    assert pq.read_schema(path).equals(feedback_log.SCHEMA)
    feedback_log.write(tmp_path / "again", STEPS)
    assert path.read_bytes() == (tmp_path / "again").read_bytes()


def other(path, **changes):
    """A file as another trainer may write it: the least, in types of its own."""
    columns = {
        "step": pa.array([1, 2], pa.int32()),
        "sample_ids": [["a"], ["b", "c"]],
        "loss": pa.array([1.5, 2.0], pa.float32()),
        "grad_norm": [3.0, 4.0],
        "entropy": [0.1, 0.2],
        **changes,
    }
    pq.write_table(pa.table({k: v for k, v in columns.items() if v is not None}), path)
    return path


def test_another_trainers_file(tmp_path):
    first, second = feedback_log.load(other(tmp_path / "f", sample_losses=[[1.5], None]))
    assert first == Step(1, ("a",), 1.5, 3.0, sample_losses=(1.5,))
    assert second == Step(2, ("b", "c"), 2.0, 4.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grad_norm": None, "loss": None}, "it has no column loss, grad_norm"),
        ({"loss": ["a", "b"]}, "is no feedback file: "),
        ({"loss": [1.0, None]}, "row 2: loss must not be null"),
        ({"loss": [1.0, float("nan")]}, "row 2: loss and grad_norm must be finite"),
        ({"sample_ids": [["a"], []]}, "row 2: sample_ids must name"),
        ({"sample_losses": [[1.0], [1.0]]}, "row 2: 1 sample_losses for 2 sample_ids"),
        ({"step": [2, 2]}, "row 2: step 2 after step 2: steps of a run ascend"),
    ],
)
def test_what_is_no_feedback(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        feedback_log.load(other(tmp_path / "f", **changes))


def test_two_runs_in_one_file(tmp_path):
    steps = feedback_log.load(other(tmp_path / "f", step=[2, 1], run=["a", "b"]))
    assert [(one.run, one.step) for one in steps] == [("a", 2), ("b", 1)]


def test_no_parquet_at_all(tmp_path):
    (tmp_path / "f").write_text("step,loss\n")
    with pytest.raises(InputError, match="cannot be read as a feedback file"):
        feedback_log.load(tmp_path / "f")
