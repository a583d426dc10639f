"""How many tokens a training on CPU takes in a second, with rows packed in three ways.

    .venv-train/bin/python benchmarks/training.py
    .venv-train/bin/python benchmarks/training.py --width 512 --layers 8 --rows 100

Rows are docstrings and functions of Python's own library; the model has random weights, and one
thread. Seconds are those of the processor, for the steps alone: starting the libraries, tokens and
the model at the end are apart. Tokens are those of rows, without what fills up shorter sequences.
It needs torch: tools/train.sh makes .venv-train.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import scoring

from backfeed.engine.methods import feedback_log
from backfeed.engine.models import _training_loop
from backfeed.engine.models._presets import Preset
from backfeed.engine.models._torch import transformers
from backfeed.engine.models._training_job import Job, Settings

PACKINGS = ("none", "documents", "plain")


def base(folder: Path, width: int, layers: int) -> None:
    """The model of the benchmark of scores, with a byte that ends a text."""
    scoring.small(folder, width, layers)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(tokenizer("\0").input_ids[0])
    tokenizer.save_pretrained(folder)


def rows(path: Path, count: int) -> None:
    """Docstrings and functions as conversations."""
    with path.open("w", encoding="utf-8") as file:
        for number, (asked, said) in enumerate(scoring.pairs(count, 1000)):
            turns = [("user", asked), ("assistant", said)]
            messages = [{"role": role, "content": content} for role, content in turns]
            file.write(json.dumps({"id": f"r{number}", "messages": messages}) + "\n")


def measured(job: Job) -> dict[str, Any]:
    """One training: what it took, and what came of it."""
    training = _training_loop._Training(job)
    before, wall = time.process_time(), time.monotonic()
    found = training.run()
    cpu_s, wall_s = time.process_time() - before, time.monotonic() - wall
    steps = feedback_log.load(Path(found.feedback))
    tokens = sum(step.tokens for step in steps)
    return {
        "packing": job.preset.packing, "steps": found.step, "rows": found.used, "tokens": tokens,
        "cpu_s": cpu_s, "tokens_per_cpu_s": tokens / cpu_s, "wall_s": wall_s,
        "first_loss": steps[0].loss, "last_loss": steps[-1].loss,
    }  # fmt: skip


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--micro", type=int, default=8192, help="tokens at once")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    preset = Preset(epochs=1, batch=16, length=1024, learning_rate=3e-3, warmup_steps=4)
    told = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "base").mkdir()
        base(place / "base", asked.width, asked.layers)
        rows(place / "rows.jsonl", asked.rows)
        for packing in PACKINGS:
            home = place / packing
            home.mkdir()
            told.append(measured(Job(
                home, place / "weights", place / "base", "data", "run", home / "answer.json",
                replace(preset, packing=packing),
                Settings(threads=1, device="cpu", micro_tokens=asked.micro),
                rows=(str(place / "rows.jsonl"),), save=False,
            )))  # fmt: skip
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if asked.json:
        json.dump({"load": os.getloadavg(), "peak_mb": peak_mb, "trainings": told}, sys.stdout)
        return
    print(f"load {os.getloadavg()[0]:.1f}, peak {peak_mb:.0f} MiB")
    for one in told:
        print(
            f"{one['packing']:<10} {one['rows']} rows, {one['steps']} steps,"
            f" {one['tokens']:,} tokens: {one['tokens_per_cpu_s']:,.0f} tokens per CPU second"
            f" ({one['cpu_s']:.1f} s, wall {one['wall_s']:.1f} s),"
            f" loss {one['first_loss']:.2f} to {one['last_loss']:.2f}"
        )


if __name__ == "__main__":
    main()
