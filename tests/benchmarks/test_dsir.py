"""The benchmark of DSIR: it plants, draws and counts."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("bench_dsir", FOLDER / "dsir.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in ("_sets", "_watched"):
        sys.modules.pop(name, None)


def test_halves_of_a_target_find_each_other(bench, tmp_path):
    pool, target = tmp_path / "pool.jsonl", tmp_path / "target.jsonl"
    chat = [f"Tell my friend number {n} about the long way to school, please." for n in range(60)]
    sums = [
        f"Ann has {n // 2 % 5} pens and buys {n // 2 % 4} more; how many are there?"
        for n in range(40)
    ]
    for path, texts in ((pool, chat), (target, sums)):
        path.write_text("".join(json.dumps({"instruction": text}) + "\n" for text in texts))
    told = bench.planted([pool], target)
    assert (told["pool"], told["planted"], told["target"]) == (60, 20, 20)
    assert told["ours"]["planted_among_them"] == 1
    assert told["ours"]["kl"]["selected"] == pytest.approx(told["floor"], abs=0.01)
    assert told["ours"]["kl_times_nearer"] > 5
