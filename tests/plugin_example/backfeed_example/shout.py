"""Add an exclamation mark to every answer: a stage that asks nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backfeed.plugin import Asks, Sample


@dataclass(frozen=True)
class Shout:
    """Raise the voice of each sample's code comment by `marks` exclamation marks."""

    version = 1
    marks: int = 1

    def each(self, sample: Sample) -> Asks[Sequence[Sample]]:
        """Return the sample, louder."""
        yield from ()
        return [replace(sample, code=f"{sample.code}  # {'!' * self.marks}\n")]


PLUGIN = Shout
