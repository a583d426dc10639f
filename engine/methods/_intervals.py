"""How far the share in a sample may be from the share in all."""

from math import sqrt
from statistics import NormalDist


def wilson(found: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927): its lower and its upper end, from 0 to 1.

    It takes what was drawn from to be endless: of a finite set it is a little too wide.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if of < 1:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, part = found / of, z * z / of
    middle = (share + part / 2) / (1 + part)
    width = z / (1 + part) * sqrt(share * (1 - share) / of + part / (4 * of))
    return (
        max(0.0, middle - width) if found else 0.0,
        min(1.0, middle + width) if found < of else 1.0,
    )
