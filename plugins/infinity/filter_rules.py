"""Rules of each domain: what is poor, or of no use there, is rejected."""

from dataclasses import dataclass

from backfeed.plugin import (
    Asks,
    Check,
    Compute,
    ConfigError,
    Finding,
    Sample,
    prose_language,
    quality,
)
from backfeed.plugins.infinity._domains import DOMAINS, domain_of
from backfeed.plugins.infinity._rules import RULES, Bounds, Found, broken


@dataclass(frozen=True, slots=True)
class FilterRules:
    """Reject rows that break a rule of their domain (Infinity-Instruct, heuristics by task).

    All domains: length (`longest_question`, `longest_answer`, in words), lost signs, and the rules
    of `inspect`'s family quality (empty, refusal, self-identification, copy, placeholder,
    truncated, repetition, ...) as far as they mean something there. Code: no task that needs the
    network or files, by its words or its code. Math: a result, where a quantity is asked for. The
    first rule broken is the reason, the others stand in the check's findings. Rules in `off` are
    left out: of all domains ("refusal"), or of one ("code/file-io"). With `natural` (ISO 639
    codes), prose that is surely of another language is rejected (extra `language`).

    in:  domain "code", question "Write a function that downloads a page."
    out: rejected by filter_rules, reason network
    """

    off: tuple[str, ...] = ()
    longest_question: int = 4000
    longest_answer: int = 6000
    natural: tuple[str, ...] = ()
    version = 1
    asks = ("compute",)

    def __post_init__(self) -> None:
        """Refuse rules that there are not."""
        known = {*quality.RULES, *RULES, "language"}
        for name in self.off:
            domain, _, rule = name.rpartition("/")
            if rule not in known or (domain and domain not in DOMAINS):
                told = ", ".join(sorted(known))
                raise ConfigError(f"filter_rules.off: {name!r} is no rule; there are {told}")
        for name in ("longest_question", "longest_answer"):
            if (value := getattr(self, name)) < 1:
                raise ConfigError(f"filter_rules.{name} = {value}: give 1 or more")
        if self.natural:
            prose_language.foreign("Is it there?", self.natural)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask a worker which rules are broken."""
        domain = domain_of(sample)
        bare = sample.but(evidence=(), checks=())
        bounds = Bounds(self.longest_question, self.longest_answer, self.natural)
        raw: list[Found] = yield from Compute(look, (bare, domain, bounds))
        off = {*self.off} | {
            one.rpartition("/")[2] for one in self.off if one.startswith(f"{domain}/")
        }
        found = [(rule, why) for rule, why in raw if rule not in off]
        findings = tuple(Finding(rule, "error", why) for rule, why in found)
        if not found:
            return [sample.checked(Check("filter_rules", "passed"))]
        (rule, why), *_ = found
        checked = sample.checked(Check("filter_rules", "failed", findings=findings))
        return [checked.no("filter_rules", rule, f"{domain}: {why}")]


def look(sample: Sample, domain: str, bounds: Bounds) -> list[Found]:
    """The rules that a row breaks, with its language at last."""
    found = broken(sample, domain, bounds)
    for message in sample.messages if bounds.natural else ():
        if code := prose_language.foreign(message.content, bounds.natural):
            told = f"a message of the {message.role} is written in {code!r}"
            return [*found, ("language", told)]
    return found


PLUGIN = FilterRules
