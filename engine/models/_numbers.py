"""What embeddings and scores of all backends have in common: their keys, their rounding."""

from typing import Any

import numpy as np
import numpy.typing as npt

from backfeed.engine.errors import Refused
from backfeed.engine.requests import Embed, Score

FORM = "number"
"""What of a request goes into its key, as the book notes it for `replay`: all but the role."""

ALONE = "loss_alone"
"""The kind of score that does not look at the prompt."""
DECIMALS, DIGITS = 6, 5


def content(request: Embed | Score) -> dict[str, Any]:
    """What determines a number: the texts and the kind; who answers stands in the identity."""
    told = {key: value for key, value in request.content().items() if key != "role"}
    if isinstance(request, Score) and request.kind == ALONE:
        told["prompt"] = ""
    return told


def unit(vector: npt.ArrayLike) -> "list[float] | Refused":
    """A vector of norm 1, to six decimals; `Refused` if it has no direction."""
    found = np.asarray(vector, dtype=np.float64)
    norm = float(np.sqrt(np.sum(found * found)))
    if not 0 < norm < np.inf:
        return Refused("no-embedding", f"the vector that was given has the norm {norm}")
    plain: list[float] = np.round(found / norm, DECIMALS).tolist()
    return plain


def rounded(score: float) -> float:
    """A score as it is stored.

    >>> rounded(1 / 3)
    0.33333
    """
    return float(f"{score:.{DIGITS}g}")


def unsure(score: float, noise: float) -> bool:
    """Might it be rounded to another number if it were off by `noise`?

    >>> unsure(0.333334999, 1e-8), unsure(0.33333, 1e-8)
    (True, False)
    """
    return rounded(score - noise) != rounded(score + noise)
