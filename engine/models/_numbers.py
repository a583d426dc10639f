"""What embeddings and scores of all backends have in common: their keys, their rounding."""

from typing import Any

import numpy as np
import numpy.typing as npt

from backfeed.engine.errors import Refused
from backfeed.engine.requests import Embed, Score

FORM = "number"
"""What of a request goes into its key, as the book notes it for `replay`: all but the role."""

DECIMALS, DIGITS = 6, 5


def content(request: Embed | Score) -> dict[str, Any]:
    """What determines a number: the texts and the kind; who answers stands in the identity."""
    return {key: value for key, value in request.content().items() if key != "role"}


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
