"""How well does a score that asks no model tell strong answers from weak ones?

    python benchmarks/quality.py [--data DIR] [--fit] [--json]

The data are answers of a strong and a weak model to the same instructions (`quality_pairs.jsonl`,
`quality_labels.jsonl`). Pairs are parted in two by a hash of their number: the weights of
`infinity`'s score are fitted on one half, and the AUC is told of the other, on which nothing was
chosen. `--fit` fits them anew and prints them as TOML: logistic regression, features scaled, L2 of
30 (the best of 3, 10, 30, 100 in five folds of the first half), and weights of features that are
good or bad by their meaning held to that sign. Empty answers, which a reader refuses before any
score, are told apart.
"""

import argparse
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tomli_w

from backfeed.plugins.infinity import _worth

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "instruct" / "general"
L2 = 30.0
STEPS, RATE = 5000, 0.3
FREE = {"asked_long", "asked_short"}
BAD = {"echo", "repeated", "flaws"}

Floats = npt.NDArray[np.float64]


def halves(data: Path) -> list[list[dict[str, Any]]]:
    """The rows of both halves, each with its label; pairs stay together."""
    labels = {row["id"]: row for row in _lines(data / "quality_labels.jsonl")}
    found: list[list[dict[str, Any]]] = [[], []]
    for row in _lines(data / "quality_pairs.jsonl"):
        told = labels[row["id"]]
        asked = "\n\n".join(part for part in (row["instruction"], row["input"]) if part.strip())
        half = zlib.crc32(str(told["pair"]).encode()) % 2
        strong = told["quality"] == "strong"
        found[half].append(
            {"pair": told["pair"], "asked": asked, "said": row["response"], "strong": strong}
        )
    return found


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fitted(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The weights for rows with an answer, as the score reads them."""
    rows = [row for row in rows if row["said"].strip()]
    values = np.array([_worth.features(row["asked"], row["said"]) for row in rows])
    strong = np.array([row["strong"] for row in rows], np.float64)
    mean, spread = values.mean(0), np.maximum(values.std(0), 1e-3)
    scaled = (values - mean) / spread
    weights, bias = np.zeros(values.shape[1]), 0.0
    least = np.array([-np.inf if name in FREE | BAD else 0.0 for name in _worth.NAMES])
    most = np.array([0.0 if name in BAD else np.inf for name in _worth.NAMES])
    for _ in range(STEPS):
        off = 1 / (1 + np.exp(-(scaled @ weights + bias))) - strong
        weights = weights - RATE * (scaled.T @ off + L2 * weights) / len(rows)
        weights = np.clip(weights, least, most)
        bias -= RATE * off.mean()
    found = {"bias": {"weight": round(float(bias), 4)}}
    for name, *told in zip(_worth.NAMES, weights, mean, spread, strict=True):
        names = ("weight", "mean", "spread")
        found[name] = {key: round(float(one), 4) for key, one in zip(names, told, strict=True)}
    return found


def auc(scores: Floats, strong: npt.NDArray[np.bool_]) -> float:
    """How often a strong answer has the higher score; a tie is half."""
    good, bad = scores[strong][:, None], scores[~strong][None]
    return float((good > bad).mean() + 0.5 * (good == bad).mean())


def measured(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The figures of one half, for the weights that are in use."""
    scores = np.array([_worth.score(row["asked"], row["said"]) for row in rows])
    strong = np.array([row["strong"] for row in rows])
    there = np.array([bool(row["said"].strip()) for row in rows])
    words = np.array([float(len(row["said"].split())) for row in rows])
    sides = {(row["pair"], row["strong"]): s for row, s in zip(rows, scores, strict=True)}
    whole = {row["pair"] for row, said in zip(rows, there, strict=True) if not said}
    pairs = {row["pair"] for row in rows} - whole
    won = [sides[pair, True] > sides[pair, False] for pair in pairs]
    return {
        "answers": int(there.sum()), "auc": auc(scores[there], strong[there]),
        "auc_of_length_alone": auc(words[there], strong[there]),
        "answers_with_empty_ones": len(rows),
        "auc_with_empty_ones": auc(np.where(there, scores, -1.0), strong),
        "pairs": len(pairs), "right_within_pairs": float(np.mean(won)),
    }  # fmt: skip


def main() -> None:
    """Fit, or measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fit", action="store_true", help="print weights fitted on the first half")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    first, second = halves(asked.data)
    if asked.fit:
        print(tomli_w.dumps(fitted(first)), end="")
        return
    found = {"fitted_on": measured(first), "not_seen": measured(second)}
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, told in found.items():
        print(f"{name}:")
        for key, value in told.items():
            print(f"  {key:24} {value:.3f}" if isinstance(value, float) else f"  {key:24} {value}")


if __name__ == "__main__":
    main()
