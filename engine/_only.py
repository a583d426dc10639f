"""A stage that is driven for rows of one kind: any other row goes on as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks


@dataclass(frozen=True, slots=True)
class Only:
    """A stage with `each`, and the kind of rows that it is for."""

    stage: Any
    kind: str

    def each(self, sample: Sample) -> Asks[Sequence[Sample]] | list[Sample]:
        """Ask what the stage asks; of a row of another kind nothing is asked."""
        if sample.kind != self.kind:
            return [sample]
        found: Asks[Sequence[Sample]] = self.stage.each(sample)
        return found
