"""ROUGE-L: how much of two texts is the same words in the same order.

Values are those of the package `rouge_score` (type `rougeL`, stemming off): words are runs of
a-z and 0-9 in lower case, and what is neither only separates them. The longest common subsequence
is counted by bits (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004): one addition of
a number with a bit per word of the one text for each word of the other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Rouge:
    """Shares between 0 and 1: of the candidate's words, of the reference's, and their F1."""

    precision: float = 0.0
    recall: float = 0.0
    fmeasure: float = 0.0


@dataclass(frozen=True, slots=True)
class Reference:
    """The words of a text, made ready to be compared with many others."""

    size: int
    places: Mapping[str, int] = field(repr=False)

    def common(self, words: Iterable[str]) -> int:
        """The length of the longest common subsequence with these words."""
        full, places = (1 << self.size) - 1, self.places
        row = full
        for word in words:
            if (at := places.get(word)) is not None:
                met = row & at
                row = ((row + met) | (row - met)) & full
        return self.size - row.bit_count()

    def score(self, words: Sequence[str]) -> Rouge:
        """ROUGE-L of a candidate's words against this text."""
        if not self.size or not words:
            return Rouge()
        common = self.common(words)
        precision, recall = common / len(words), common / self.size
        both = precision + recall
        return Rouge(precision, recall, 2 * precision * recall / both if both else 0.0)


def tokens(text: str) -> list[str]:
    """The words of a text, as `rouge_score` cuts them without a stemmer.

    >>> tokens("Sort_list(x), 2.5 times: naïve!")
    ['sort', 'list', 'x', '2', '5', 'times', 'na', 've']
    """
    return _WORD.findall(text.lower())


def reference(text: str) -> Reference:
    """A text to compare others with."""
    places: dict[str, int] = {}
    words = tokens(text)
    for index, word in enumerate(words):
        places[word] = places.get(word, 0) | 1 << index
    return Reference(len(words), places)


def rouge_l(text: str, candidate: str) -> Rouge:
    """ROUGE-L of a candidate against a text; all 0 if one of them has no words.

    >>> rouge_l("the cat sat on the mat", "the cat on a mat").fmeasure
    0.7272727272727272
    """
    return reference(text).score(tokens(candidate))
