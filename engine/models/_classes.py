"""What a classifier's logits say: a reward, or how probable a label is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.engine.errors import ConfigError

REWARD, CLASS = "reward", "class:"
SEVERAL = "multi_label_classification"


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a classifier. With `several`, each is true or false on its own."""

    names: tuple[str, ...]
    several: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of score that it gives: of a single label, the logit is a reward."""
        return (REWARD,) if len(self.names) == 1 else tuple(CLASS + one for one in self.names)

    def number(self, kind: str, logits: Sequence[float]) -> float:
        """The logit itself; or the label's probability, among all or on its own.

        >>> Labels(("calm", "toxic")).number("class:toxic", [0.0, math.log(3)])
        0.75
        >>> Labels(("insult", "threat"), several=True).number("class:insult", [0.0, 9.0])
        0.5
        """
        place = self.kinds.index(kind)
        own = logits[place]
        if kind == REWARD:
            return own
        others = [0.0] if self.several else [*logits[:place], *logits[place + 1 :]]
        return 1.0 / (1.0 + math.fsum(math.exp(min(one - own, 700.0)) for one in others))


def labels(config: Mapping[str, Any]) -> Labels:
    """The labels of a model's configuration: transformers leaves out those of the usual two."""
    named = config.get("id2label") or {}
    count = int(config.get("num_labels") or len(named) or 2)
    names = tuple(str(named.get(str(n), f"LABEL_{n}")) for n in range(count))
    return Labels(names, config.get("problem_type") == SEVERAL)


def require(kind: str, known: Sequence[str], of: str) -> None:
    """Raise `ConfigError` for a kind of score that a model does not give."""
    if kind not in known:
        raise ConfigError(
            f"{of} gives no score {kind!r}: it knows {', '.join(known)};"
            " name another backend for the role scorer"
        )
