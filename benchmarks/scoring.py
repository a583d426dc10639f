"""Losses and IFD of pairs by `transformers:PATH`, and one by one as the published code has it.

    .venv-train/bin/python benchmarks/scoring.py
    .venv-train/bin/python benchmarks/scoring.py --longest 1000 --width 512 --layers 8
    .venv-train/bin/python benchmarks/scoring.py --model FOLDER

Pairs are docstrings and functions of Python's own library, of `--longest` characters together. The
model has random weights, unless one is named: its speed does not depend on what it has learnt. Both
sides are measured in one run, on the same threads, each after a first pair that is not counted:
loss, loss of the answer alone and IFD of each pair. One by one, that is two passes over a pair; the
scorer computes them many at a time, by length, and again alone where the last digit might depend on
the batch. What is saved is what each pass costs besides its arithmetic: the less, the larger the
model and the longer the texts. It needs torch: tools/train.sh makes .venv-train.
"""

import argparse
import ast
import asyncio
import json
import os
import random
import resource
import sys
import sysconfig
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # else threads that wait count as work

from backfeed.engine.models import transformers as scoring
from backfeed.engine.models._torch import torch, transformers
from backfeed.engine.requests import Score

KINDS = ("loss", "loss_alone", "ifd")
LONGEST = 2048
Pair = tuple[str, str]


def pairs(count: int, longest: int) -> list[Pair]:
    """Docstrings and their functions, drawn from all modules that lie beside each other."""
    found: list[Pair] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (said := ast.get_docstring(node)):
                code = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
                if len(said) + len(code) < longest:
                    found.append((said, code))
    return random.Random(0).sample(found, min(count, len(found)))  # noqa: S311 - to be repeated, it keeps no secret


def small(folder: Path, width: int, layers: int) -> None:
    """A language model of random weights, with a tokenizer of single bytes and short pieces."""
    from tokenizers import ByteLevelBPETokenizer

    bytes_ = ByteLevelBPETokenizer()
    texts = (text for pair in pairs(500, 1000) for text in pair)
    bytes_.train_from_iterator(texts, vocab_size=1024, show_progress=False)
    bytes_.save(str(folder / "bpe.json"))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "bpe.json"))
    torch.manual_seed(0)
    made = transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=2 * width,
        num_hidden_layers=layers, num_attention_heads=max(2, width // 64),
        max_position_embeddings=LONGEST, initializer_range=0.2,
    ))  # fmt: skip
    tokenizer.save_pretrained(folder)
    made.save_pretrained(folder)


def one_by_one(folder: Path, given: list[Pair]) -> tuple[list[float], dict[str, float]]:
    """Each text alone, with the labels of what stands before the answer left out."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def loss(before: str, answer: str) -> float:
        ids = tokenizer(before + answer, return_tensors="pt").input_ids
        labels = ids.clone()
        if before:
            labels[:, : len(tokenizer(before).input_ids)] = -100
        with torch.inference_mode():
            return float(model(ids, labels=labels).loss)

    def work(some: list[Pair]) -> list[float]:
        told = [(loss(f"{prompt}\n\n", answer), loss("", answer)) for prompt, answer in some]
        return [number for after, alone in told for number in (after, alone, after / alone)]

    work(given[:1])
    return measured(lambda: work(given))


def batched(
    folder: Path, given: list[Pair], threads: int
) -> tuple[list[float], dict[str, float]]:  # fmt: skip
    """The same by the scorer, in the batches that it asks for."""
    service = scoring.PLUGIN.scorer(str(folder), {"device": "cpu", "threads": threads})
    asked = [Score(kind, *pair) for pair in given for kind in KINDS]
    size = service.gather.batch

    async def work(some: list[Score]) -> list[float]:
        found = []
        for start in range(0, len(some), size):
            found += await service.answer(some[start : start + size])
        return found

    async def both() -> tuple[list[float], dict[str, float]]:
        await work(asked[:3])
        begun = clock()
        found = await work(asked)
        spent = since(begun)
        await service.close()
        return found, spent

    return asyncio.run(both())


def clock() -> tuple[float, float]:
    """Wall time and CPU time of this process."""
    return time.perf_counter(), time.process_time()


def since(begun: tuple[float, float]) -> dict[str, float]:
    """What was spent."""
    wall, cpu = (now - then for now, then in zip(clock(), begun, strict=True))
    return {"wall_s": round(wall, 3), "cpu_s": round(cpu, 3)}


def measured(work: Callable[[], list[float]]) -> tuple[list[float], dict[str, float]]:
    """What it gives, and what it took."""
    begun = clock()
    found = work()
    return found, since(begun)


def compared(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Both sides."""
    torch.set_num_threads(options.threads)
    given = pairs(options.pairs, options.longest)
    load = os.getloadavg()[0]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = [text for prompt, answer in given for text in (f"{prompt}\n\n{answer}", answer)]
    tokens = sum(len(one) for one in tokenizer(texts)["input_ids"]) / len(texts)
    naive, slow = one_by_one(folder, given)
    ours, fast = batched(folder, given, options.threads)
    off = max(abs(one - other) / abs(other) for one, other in zip(ours, naive, strict=True))
    return {
        "pairs": len(given), "scores": len(ours), "tokens": tokens,
        "threads": options.threads,
        "one_by_one": slow, "batched": fast,
        "times_faster_cpu": round(slow["cpu_s"] / fast["cpu_s"], 2),
        "times_faster_wall": round(slow["wall_s"] / fast["wall_s"], 2),
        "largest_difference": off,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "load_average": [round(load, 2), round(os.getloadavg()[0], 2)],
    }  # fmt: skip


def main() -> None:
    """Make the model, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--pairs", type=int, default=400, help="how many are drawn")
    parser.add_argument("--longest", type=int, default=200, help="characters of a pair")
    parser.add_argument("--width", type=int, default=64, help="of the model")
    parser.add_argument("--layers", type=int, default=2, help="of the model")
    parser.add_argument("--threads", type=int, default=1, help="for both sides")
    parser.add_argument("--model", type=Path, help="a folder with a language model")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as place:
        if options.model is None:
            small(Path(place), options.width, options.layers)
        found = compared(options.model or Path(place), options)
    if options.json:
        json.dump(found, sys.stdout, indent=2)
        return
    tokens, scores = found["tokens"], found["scores"]
    print(f"{found['pairs']} pairs, {scores} scores, {tokens:.0f} tokens in a text on average")
    for name in ("one_by_one", "batched"):
        print(f"{name:12} {found[name]['cpu_s']:8.2f} s of CPU {found[name]['wall_s']:8.2f} s")
    print(f"{found['times_faster_cpu']} × faster in CPU, {found['times_faster_wall']} × in wall")
    print(f"largest relative difference {found['largest_difference']:.1e}, five digits are kept")
    before, after = found["load_average"]
    print(f"peak {found['peak_mb']} MB; load average {before} before, {after} after")


if __name__ == "__main__":
    main()
