"""Which of four domains a row belongs to: code, math, knowledge or chat."""

from dataclasses import dataclass

from backfeed.plugin import Check, Finding, Sample
from backfeed.plugins.infinity._cues import ANSWER_CHARS, QUESTION_CHARS, Routed, Task, route


@dataclass(frozen=True, slots=True)
class RouteDomains:
    """Tell the domain of a row by rules (Infinity-Instruct, the funnel's four rows).

    Cues in question and answer are worth points; the domain with the most is told as
    `question_type`, with what spoke for it as a finding of the check `route_domains`. A row of code
    is of kind "code", any other "general". What was told as type before is kept in the finding.

    in:  "Solve 3x + 2 = 11." -> "x = 3"
    out: question_type "math", kind "general"
    """

    version = 1

    def each(self, sample: Sample) -> list[Sample]:
        """Nothing is asked."""
        found = route(task_of(sample))
        told = Finding(found.domain, "note", _why(found))
        before = sample.question_type
        more = (Finding("type-before", "note", before),) if before else ()
        kind = "code" if found.domain == "code" else "general"
        check = Check("route_domains", "passed", findings=(told, *more))
        return [sample.but(question_type=found.domain, kind=kind).checked(check)]


def task_of(sample: Sample) -> Task:
    """What is looked at: the first question, and the first answer to it."""
    answer = next((m.content for m in sample.messages if m.role == "assistant"), sample.code)
    of_code = bool(sample.tests or sample.files or sample.code or sample.language)
    return Task(sample.instruction[:QUESTION_CHARS], answer[:ANSWER_CHARS], of_code)


def _why(found: Routed) -> str:
    cues = ", ".join(found.cues) or "nothing says another"
    return f"{found.points:g} points, the next has {found.next_points:g}: {cues}"


PLUGIN = RouteDomains
