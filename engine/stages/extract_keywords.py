"""Problem and answer -> keywords: task, instruction, knowledge point."""

import re
from dataclasses import dataclass

from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import Phrases

MOST = (2, 3, 6)


@dataclass(frozen=True, slots=True)
class ExtractKeywords:
    """Ask for phrases of three kinds (Infinite-Instruct B1, prompt A.4), and normalise them.

    in:  a problem about merging sorted lists
    out: keywords task ["merge sorted lists"], knowledge ["heap", "iteration"]
    """

    role: str = "cheap"
    version = 1
    asks = ("model",)
    prompts = ("keywords/extract",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """A sample without keywords goes on without them."""
        reply: Phrases = yield from Prompt(
            "keywords/extract", reply=Phrases, role=self.role, language=sample.language,
            problem=sample.instruction, code=sample.code, entry_point=sample.entry_point,
        )  # fmt: skip
        found = (reply.task, reply.instruction, reply.knowledge)
        kept = (normalised(phrases)[:most] for phrases, most in zip(found, MOST, strict=True))
        return [sample.but(keywords=Keywords(*kept))]


def normalised(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Lower case, single spaces, no punctuation at the ends, each once.

    >>> normalised(("  Heap. ", "heap", "Binary  Search"))
    ('heap', 'binary search')
    """
    clean = (re.sub(r"\s+", " ", phrase).strip(" .,;:!?\"'`").lower() for phrase in phrases)
    return tuple(dict.fromkeys(phrase for phrase in clean if phrase))


PLUGIN = ExtractKeywords
