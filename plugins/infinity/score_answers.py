"""Instruction and answer -> numbers of a model: losses, IFD, reward."""

from dataclasses import dataclass

from backfeed.plugin import Asks, ConfigError, NamedScore, Refused, Sample, Score, together


@dataclass(frozen=True, slots=True)
class ScoreAnswers:
    """Ask for scores of a row's answer after its instruction (Infinity-Instruct P2-b, P2-f).

    `kinds` are loss, ifd, ifd_ppl, reward or what else the scorer of `role` knows; each is kept as
    the score of that name, with `suffix` behind it: losses before and after training are
    `loss` and `loss_tuned`. With `most_ifd` a row whose IFD is as high or higher is rejected: its
    instruction does not help (Cherry LLM: 1). What the scorer refuses, such as a row that is too
    long for it, goes on without the score. With no kind at all rows go on as they are.

    in:  "Name a prime." -> "7."
    out: scores loss 2.31, ifd 0.84
    """

    kinds: tuple[str, ...] = ("loss",)
    role: str = "default"
    suffix: str = ""
    most_ifd: float | None = None
    version = 1

    def __post_init__(self) -> None:
        """Refuse a bound for what is not asked."""
        if self.most_ifd is not None and "ifd" not in self.kinds:
            raise ConfigError("score_answers.most_ifd: kinds has to name 'ifd' for it")

    @property
    def asks(self) -> tuple[str, ...]:
        """The scorer, if anything is asked."""
        return ("scorer",) if self.kinds else ()

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """All kinds at once."""
        if not (self.kinds and sample.instruction and sample.response):
            return [sample]
        found = yield from together(self._ask(sample, kind) for kind in self.kinds)
        names = [f"{kind}{self.suffix}" for kind in self.kinds]
        told = dict(zip(names, found, strict=True))
        kept = [one for one in sample.scores if one.name not in told]
        new = [NamedScore(name, value) for name, value in told.items() if value is not None]
        scored = sample.but(scores=(*kept, *new))
        ifd = told.get(f"ifd{self.suffix}")
        if self.most_ifd is not None and ifd is not None and ifd >= self.most_ifd:
            why = f"IFD {ifd:g}, below {self.most_ifd:g} goes on"
            return [scored.no("score_answers", "ifd", why)]
        return [scored]

    def _ask(self, sample: Sample, kind: str) -> Asks[float | None]:
        try:
            found: float = yield from Score(
                kind=kind, prompt=sample.instruction, answer=sample.response, role=self.role
            )
        except Refused:
            return None
        return found


PLUGIN = ScoreAnswers
