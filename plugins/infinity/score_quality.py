"""How good the answers of a row look, told without a model."""

from dataclasses import dataclass

from backfeed.plugin import Asks, Compute, ConfigError, Message, NamedScore, Sample
from backfeed.plugins.infinity import _worth
from backfeed.plugins.infinity._rules import turns

SCORE = "quality"


@dataclass(frozen=True, slots=True)
class ScoreQuality:
    """Give a row the score `quality`, from 0 to 1: how its answers look, not whether they are so.

    Length and structure, words of the question that are answered and new ones, copying and more are
    weighed as a logistic regression on answers of a strong and a weak model has it; of several
    turns it is the mean. With `least`, what scores less is rejected.

    in:  "Name three fruits." -> "1. Apple\\n2. Pear\\n3. Plum"
    out: the same with the score quality 0.65
    """

    least: float | None = None
    version = 1
    asks = ("compute",)

    def __post_init__(self) -> None:
        """Refuse a bound that is no score."""
        if self.least is not None and not 0 <= self.least <= 1:
            raise ConfigError(f"score_quality.least = {self.least}: give a number from 0 to 1")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask a worker; a row that nobody answers in words has no score."""
        value: float | None = yield from Compute(scored, (sample.messages,))
        if value is None:
            return [sample]
        others = tuple(one for one in sample.scores if one.name != SCORE)
        sample = sample.but(scores=(*others, NamedScore(SCORE, value)))
        if self.least is not None and value < self.least:
            return [sample.no("score_quality", "low-quality", f"{value:.2f}")]
        return [sample]


def scored(messages: tuple[Message, ...]) -> float | None:
    """The mean over turns, of four digits; None without an answer."""
    values = [_worth.score(asked, said) for asked, said in turns(messages) if said.strip()]
    return round(sum(values) / len(values), 4) if values else None


PLUGIN = ScoreQuality
