"""Problem and answer -> keywords: task, instruction, knowledge point."""

from collections.abc import Iterator
from dataclasses import dataclass

from backfeed.engine.methods.keyword_graph import KINDS
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.methods.phrases import Support, clean, form
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import Phrases
from backfeed.engine.stages._vocabulary import support, words

MOST = (2, 3, 6)
MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class ExtractKeywords:
    """Ask for phrases of three kinds (Infinite-Instruct B1, prompt A.4), and keep what is true.

    A phrase is dropped if it has more than `most_words` words, is there already (in normal form,
    under any kind), or is not supported by problem and answer. What was dropped, and why, is noted
    as `unsupported`. How support is judged the paper leaves open; ours are words and signs in code.

    in:  a problem about merging sorted lists, with `heappush` in its answer
    out: keywords task ["merge sorted lists"], knowledge ["heap", "iteration"]; never "b-tree"
    """

    role: str = "cheap"
    most_words: int = MOST_WORDS
    version = 2
    asks = ("model",)
    prompts = ("keywords/extract",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """A sample without keywords goes on without them."""
        prompt = Prompt(
            "keywords/extract", reply=Phrases, role=self.role, language=sample.language,
            problem=sample.instruction, code=sample.code, entry_point=sample.entry_point,
        )  # fmt: skip
        reply: Phrases = yield from prompt
        written: Sample = yield from by_model(sample, prompt)
        keywords, dropped = supported(reply, support(sample), most_words=self.most_words)
        kept = written.but(keywords=keywords)
        return [with_notes(kept, unsupported=dropped) if dropped else kept]


def supported(
    reply: Phrases, by: Support, *, most_words: int = MOST_WORDS
) -> tuple[Keywords, list[str]]:
    """The phrases that a text supports, each once; and the others, as `kind:phrase: why`."""
    seen: set[str] = set()
    dropped: list[str] = []

    def kept(kind: str, most: int) -> Iterator[str]:
        count = 0
        for phrase in normalised(getattr(reply, kind)):
            why = _why_not(phrase, by, seen, most_words=most_words)
            if why:
                dropped.append(f"{kind}:{phrase}: {why}")
            elif count < most:
                count += 1
                seen.add(form(phrase, words()))
                yield phrase

    return Keywords(*(tuple(kept(*one)) for one in zip(KINDS, MOST, strict=True))), dropped


def _why_not(phrase: str, by: Support, seen: set[str], *, most_words: int) -> str:
    if (count := len(phrase.split())) > most_words:
        return f"it has {count} words"
    if form(phrase, words()) in seen:
        return "it stands there already"
    if lacking := by.lacking(phrase):
        return f"the text does not speak of {', '.join(lacking)}"
    return ""


def normalised(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Lower case, single spaces, no punctuation at the ends, each once.

    >>> normalised(("  Heap. ", "heap", "Binary  Search"))
    ('heap', 'binary search')
    """
    return tuple(dict.fromkeys(phrase for phrase in map(clean, phrases) if phrase))


PLUGIN = ExtractKeywords
