"""Rows that mean what a benchmark's task means: tasks embedded once, rows compared with each."""

import msgspec
import numpy as np
import pytest
from stages.dialogue import computed
from verbs import run, step

from backfeed.engine.compute import ComputeService
from backfeed.engine.conformance import Rows, same_requests
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.methods.benchmarks import tasks_of
from backfeed.engine.models import hashing
from backfeed.engine.output import read_rows
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Compute, Embed, Read, rejoined
from backfeed.engine.stages._contamination_vectors import nearest, packed
from backfeed.engine.stages.decontaminate import Decontaminate
from backfeed.engine.stages.embed_tasks import EmbedTasks

TASKS = [
    {"task_id": 1, "text": "Water the tulips of every row."},
    {"task_id": 2, "text": "Sort numbers, the largest first."},
    {"task_id": 3, "code": "def f(x): return x"},
]
MEANT = {"Water": [1.0, 0.0], "Sort": [0.0, 1.0], "Give": [0.8, 0.6], "Hello": [0.6, 0.8]}


def row(asked):
    return Sample(id=asked[:5], messages=(Message("user", asked), Message("assistant", "-")))


ROWS = [row("Give flowers to drink."), row("Hello there."), row("")]


def answer(request):
    return MEANT[request.text.split()[0]]


@pytest.fixture
def against(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "against"
    path.write_bytes(b"".join(msgspec.json.encode(t) + b"\n" for t in tasks_of(TASKS, "b.jsonl")))
    return path


@pytest.fixture
def embedded(against, tmp_path):
    """What the tasks' artefact is."""

    def make(answer=answer):
        told = rejoined(
            EmbedTasks().whole(Rows(ROWS)), lambda r: against if isinstance(r, Read) else answer(r)
        )
        path = tmp_path / "vectors"
        path.write_bytes(told.artefacts["against_vectors"])
        return path, told

    return make


def compared(sample, against, vectors, answer=answer, **keys):
    asked = []

    def answered(request):
        if isinstance(request, Read):
            return {"against": against, "against_vectors": vectors}[request.name]
        if isinstance(request, Compute):
            return computed(request)
        asked.append(request)
        return answer(request)

    stage = Decontaminate(**{"methods": ("exact", "embedding"), **keys})
    [found] = rejoined(stage.each(sample), answered)
    return found, asked


def test_each_task_that_asks_something_is_embedded_once(embedded):
    asked = []
    _, told = embedded(lambda request: [asked.append(request.text), answer(request)][1])
    assert asked == [one["text"] for one in TASKS[:2]]
    assert told.metrics == {"tasks_embedded": 2, "tasks_not_embedded": 0}


def test_rows_pass_and_artefacts_are_the_same_each_time(embedded):
    _, told = embedded()
    assert [name for batch in told.rows for name in batch["id"].to_pylist()] == [r.id for r in ROWS]
    assert embedded()[1].artefacts == told.artefacts


def test_a_task_whose_text_is_refused_has_none(embedded):
    def refusing(request):
        if request.text.startswith("Water"):
            raise Refused("too-long", "400 tokens")
        return answer(request)

    path, told = embedded(refusing)
    assert told.metrics == {"tasks_embedded": 1, "tasks_not_embedded": 1}
    assert nearest(path, [1.0, 0.0]).task == "2"


def test_without_benchmarks_nothing_is_asked():
    told = rejoined(EmbedTasks().whole(Rows(ROWS)), lambda request: None)
    assert told.artefacts == {"against_vectors": packed([], [])}
    assert sum(batch.num_rows for batch in told.rows) == 3


def test_a_row_that_is_near_to_a_task_is_rejected(against, embedded):
    found, asked = compared(ROWS[0], against, embedded()[0], similarity=0.8)
    assert found.rejected.detail == "1 of b.jsonl by embedding 0.80"
    assert asked == [Embed(ROWS[0].instruction)]


def test_one_that_is_less_near_is_not(against, embedded):
    found, _ = compared(ROWS[0], against, embedded()[0], similarity=0.81)
    assert found.rejected is None
    assert found.checks[-1].verdict == "passed"


def test_what_is_found_in_another_way_is_not_embedded(against, embedded):
    found, asked = compared(row(TASKS[0]["text"] + " Now."), against, embedded()[0])
    assert " by exact " in found.rejected.detail
    assert asked == []


def test_a_row_that_asks_nothing_is_not_embedded(against, embedded):
    found, asked = compared(ROWS[2], against, embedded()[0])
    assert found.rejected is None
    assert asked == []


def test_a_row_whose_text_is_refused_stays_and_says_so(against, embedded):
    def refusing(_request):
        raise Refused("too-long", "400 tokens")

    found, _ = compared(ROWS[0], against, embedded()[0], refusing)
    assert found.rejected is None
    [note] = found.checks[-1].findings
    assert (note.rule, note.level, note.message) == ("embedding", "note", "not compared: too-long")


def test_without_the_tasks_embeddings_the_step_that_lacks_is_named(against):
    with pytest.raises(ConfigError, match=r'a .*step.* with use = "embed_tasks" before it'):
        compared(ROWS[0], against, None)


def test_vectors_of_two_embedders_are_not_compared(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(packed(list(tasks_of(TASKS[:1], "b")), [np.ones(3, np.float32).tobytes()]))
    with pytest.raises(ConfigError, match="a row has 2 numbers, tasks have 3"):
        nearest(path, [1.0, 0.0])


def test_of_no_task_none_is_nearest(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(packed([], []))
    assert nearest(path, [1.0, 0.0]) is None


def test_the_first_of_equally_near_tasks_is_told(tmp_path):
    path = tmp_path / "vectors"
    vector = np.array([0.6, 0.8], np.float32).tobytes()
    path.write_bytes(packed(list(tasks_of(TASKS[:2], "b")), [vector, vector]))
    assert (nearest(path, [0.6, 0.8]).task, nearest(path, [0.6, 0.8]).score) == ("1", 1.0)


def test_a_run(tmp_path, against):
    made = {"compute": ComputeService(1), "embedder": hashing.PLUGIN.embedder("", {})}
    stage = Decontaminate(methods=("embedding",), similarity=0.6)
    rows = [row("Please sort the numbers, largest first."), row("Hello there.")]
    run(tmp_path / "run", step(EmbedTasks()), step(stage), samples=rows, services=made,
        artefacts={"against": against})  # fmt: skip
    [gone] = read_rows(tmp_path / "run" / "rejected")
    assert gone.rejected.detail.startswith("2 of b.jsonl by embedding 0.")


def test_it_conforms(against):
    def answered(request):
        return against if isinstance(request, Read) else answer(request)

    assert same_requests(EmbedTasks(), ROWS, answered) == []


def test_it_wants_an_embedder_that_is_named():
    assert EmbedTasks().named == ("embedder",)
    assert Decontaminate().reads == ("against",)
    assert Decontaminate(methods=("embedding",)).reads == ("against", "against_vectors")


def test_off_it_asks_nobody_and_says_so():
    stage = EmbedTasks(on=False)
    assert (stage.asks, stage.named) == ((), ())
    assert EmbedTasks().named == ("embedder",)
