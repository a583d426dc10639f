"""The stage `train`: what it asks, what it leaves, what it tells of rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine.conformance import Rows
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.records import NamedScore, Sample
from backfeed.engine.requests import Read, Train, rejoined
from backfeed.engine.stages.train import TrainOnRows

ROWS = [
    Sample(id="a", scores=(NamedScore("ifd", 0.5), NamedScore("loss", 9.0))),
    Sample(id="mute"),
    Sample(id="b"),
]


class Trainer:
    """Answers as a trainer does; keeps what it was asked."""

    def __init__(self, folder, start="w0"):
        self.asked, self.losses = [], str(folder / "losses.parquet")
        (folder / "start").write_text(start)
        self._start = folder / "start"
        rows = [("a", 4, 2.123456, 1.0), ("b", 5, 3.0, 2.5)]
        names = ("id", "tokens", "before", "after")
        table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
        pq.write_table(table, self.losses)

    def __call__(self, request):
        self.asked.append(request)
        if isinstance(request, Read):
            return self._start
        return {
            "step": 6, "steps": 6, "state": "k-6", "weights": "w1" * request.save, "folder": "f",
            "feedback": "k/feedback-6.parquet", "losses": self.losses if request.judge else "",
            "used": 2, "cut": 1,
        }  # fmt: skip


def table(rows=ROWS):
    made = Rows(rows)
    made.paths = [Path("one.parquet"), Path("two.parquet")]
    return made


def test_rows_have_their_losses(tmp_path):
    trainer = Trainer(tmp_path)
    found = rejoined(TrainOnRows("tiny").whole(table()), trainer)
    files = ("one.parquet", "two.parquet")
    assert trainer.asked == [Train(rows=files, preset="tiny", judge=files)]
    first, mute, second = found.rows
    assert first.scores == (
        NamedScore("ifd", 0.5), NamedScore("loss", 2.1235), NamedScore("loss_tuned", 1.0),
    )  # fmt: skip
    assert mute == ROWS[1]
    assert second.scores == (NamedScore("loss", 3.0), NamedScore("loss_tuned", 2.5))
    assert found.artefacts == {
        "weights": b"w1", "state": b"k-6", "feedback": Path("k/feedback-6.parquet"),
    }  # fmt: skip
    assert found.metrics == {"step": 6, "used": 2, "cut": 1}


def test_the_second_of_two_stages_begins_from_the_weights_of_the_first(tmp_path):
    stage, trainer = TrainOnRows("tiny", start="weights", judge=False), Trainer(tmp_path)
    found = rejoined(stage.whole(table()), trainer)
    assert [type(request) for request in trainer.asked] == [Read, Train]
    assert trainer.asked[0].name == "weights" == stage.reads[0]
    assert (trainer.asked[1].start, trainer.asked[1].judge) == ("w0", ())
    assert list(found.rows) == ROWS


def test_what_is_not_saved_is_no_artefact(tmp_path):
    stage = TrainOnRows("tiny", save=False, stop_step=6)
    found = rejoined(stage.whole(table()), Trainer(tmp_path))
    assert set(found.artefacts) == set(stage.writes) == {"state", "feedback"}


def test_a_refusal_is_told(tmp_path):
    def refuse(request):
        raise Refused("no-rows", "nothing to learn from")

    with pytest.raises(ConfigError, match="nothing was trained: no-rows: nothing to learn from"):
        rejoined(TrainOnRows().whole(table()), refuse)


@pytest.mark.parametrize("bad", [{"start": "wieghts"}, {"stop_step": -1}])
def test_settings_that_make_no_sense(bad):
    with pytest.raises(ConfigError, match=f"train.{next(iter(bad))} = "):
        TrainOnRows(**bad)
