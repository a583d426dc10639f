"""Keyword set -> problem: the second half of the loop, with a model."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from backfeed.engine.errors import ConfigError
from backfeed.engine.methods.keyword_graph import KINDS
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.methods.phrases import Support, form
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Keywords, Message, Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import dependent, short
from backfeed.engine.stages._vocabulary import words

SHARE = 2 / 3
STAGE = "invent"
LEAST_LISTED = 3
_BETWEEN = re.compile(r"[\s,;/&+`*()\-]*(?:(?:and|or|as well as|then|with|a|an|the)\b[\s`*(]*)*")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A keyword that does not fit, and why."""

    keyword: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Invention:
    """The reply to `backfeed/invent`: a problem that needs the keywords, or why there is none."""

    coherent: bool
    reason: str = ""
    plan: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    entry_point: str = ""
    signature: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Invent:
    """Write a problem that needs a sampled set of keywords (Infinite-Instruct B3).

    The set is the note `set`: names of graph nodes. At least `share` of its knowledge points have
    to be needed (the paper gives no number), which the reply says of each keyword and the text of
    problem or plan has to bear out. Incoherent sets are refused. What was used is noted as `used`
    and is the row's keywords, what was not as `dropped` with reasons; the order of the points as
    `plan`. A row that has a problem goes on as it is.

    in:  set ["task:log analysis", "knowledge:heap", "knowledge:generator", "knowledge:sql view"]
    out: messages [user "Write `top_hosts(lines, n)` ..."], dropped [{"sql view", "no database"}]
    """

    share: float = SHARE
    role: str = "strong"
    version = 1
    asks = ("model",)
    prompts = ("backfeed/invent",)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ConfigError(f"invent.share = {self.share}: a share of the points, up to 1")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the model, and hold its problem to the set."""
        if sample.instruction:
            return [sample]
        nodes = noted(sample).get("set", ())
        given = [str(node) for node in nodes if str(node).partition(":")[0] in KINDS]
        points = _phrases(given, "knowledge")
        if not points:
            return [sample.no(STAGE, "no-set", "its notes hold no set with knowledge points")]
        least = ceil(self.share * len(points) - 1e-9)
        prompt = Prompt(
            "backfeed/invent", reply=Invention, role=self.role, language=sample.language,
            tasks=_phrases(given, "task"), instructions=_phrases(given, "instruction"),
            points=points, least=least,
        )  # fmt: skip
        reply: Invention = yield from prompt
        written: Sample = yield from by_model(sample, prompt)
        made = written.but(lineage=replace(written.lineage, stage=STAGE))
        return [_held(made, reply, given, least=least)]


def _phrases(nodes: Iterable[str], kind: str) -> list[str]:
    return [node.partition(":")[2] for node in nodes if node.startswith(f"{kind}:")]


def _held(sample: Sample, reply: Invention, given: Sequence[str], *, least: int) -> Sample:
    """The sample with its problem, or why that is not one."""
    if not reply.coherent:
        return sample.no(STAGE, "incoherent", reply.reason or short(reply.reason))
    used, dropped = _nodes(reply.used, given), _reasons(reply.dropped, given)
    if why := _unsorted(reply, (used, dropped), given):
        return sample.no(STAGE, "keywords-unsorted", why)
    sql = sample.language == "sql"
    made = sample.but(
        messages=(Message("user", reply.problem.strip()),), code="",
        question_type="sql" if sql else "generate",
        entry_point="" if sql else reply.entry_point.strip(), keywords=_keywords(used),
    )  # fmt: skip
    told = with_notes(
        made, used=used, plan=list(reply.plan),
        dropped=[{"keyword": node, "reason": why} for node, why in dropped.items()],
    )  # fmt: skip
    needed, idle = _needed(reply, used)
    if needed < least:
        said = f"{needed} of {len(_phrases(given, 'knowledge'))} points are needed, not {least}"
        return told.no(STAGE, "points-unused", said + _told_idle(idle))
    if why := listed(reply.problem, [node.partition(":")[2] for node in given]):
        return told.no(STAGE, "lists-keywords", why)
    if why := _incomplete(told, reply):
        return told.no(STAGE, "unanswerable", why)
    return told


def _told_idle(idle: Sequence[str]) -> str:
    return f"; neither problem nor plan speaks of {', '.join(idle)}" if idle else ""


def _nodes(phrases: Iterable[str], given: Sequence[str]) -> list[str]:
    """The nodes of the set that phrases of a reply name, in the set's order."""
    forms = {_form(phrase) for phrase in phrases}
    return [node for node in given if _form(node) in forms]


def _form(phrase: str) -> str:
    kind, colon, rest = phrase.partition(":")
    return form(rest if colon and kind in KINDS else phrase, words())


def _reasons(dropped: Iterable[Dropped], given: Sequence[str]) -> dict[str, str]:
    told = {_form(one.keyword): one.reason for one in dropped}
    return {node: told[_form(node)] for node in given if _form(node) in told}


def _unsorted(
    reply: Invention, sides: tuple[Sequence[str], Mapping[str, str]], given: Sequence[str]
) -> str:
    """Why used and dropped are no parts of the set; empty if they are."""
    used, dropped = sides
    known = {_form(node) for node in given}
    said = [*reply.used, *(one.keyword for one in reply.dropped)]
    if strange := [phrase for phrase in said if _form(phrase) not in known]:
        return f"not in the set: {', '.join(strange)}"
    if twice := [node for node in used if node in dropped]:
        return f"used and dropped: {', '.join(twice)}"
    if left := [node for node in given if node not in dropped and node not in used]:
        return f"neither used nor dropped: {', '.join(left)}"
    if silent := [node for node, why in dropped.items() if not why.strip()]:
        return f"dropped without a reason: {', '.join(silent)}"
    return ""


def _needed(reply: Invention, used: Sequence[str]) -> tuple[int, list[str]]:
    """How many used knowledge points problem or plan speak of, and those of which neither does."""
    said = Support("\n".join((reply.problem, *reply.plan)), "", words=words(), signs=())
    points = _phrases(used, "knowledge")
    idle = [point for point in points if said.lacking(point)]
    return len(points) - len(idle), idle


def _keywords(nodes: Sequence[str]) -> Keywords:
    return Keywords(*(tuple(_phrases(nodes, kind)) for kind in KINDS))


def listed(problem: str, phrases: Sequence[str]) -> str:
    """The place where a problem names more than half of the phrases one after the other, or empty.

    Fewer than three in a row are no list.

    >>> listed("Use a heap, a generator, and recursion.", ["heap", "generator", "recursion"])
    'heap, a generator, and recursion'
    """
    spans = sorted(
        match.span()
        for phrase in phrases
        for match in re.finditer(rf"(?<!\w){re.escape(phrase)}s?(?!\w)", problem, re.IGNORECASE)
    )
    most = max(LEAST_LISTED, len(phrases) // 2 + 1)
    run: list[tuple[int, int]] = []
    for span in spans:
        if run and span[0] < run[-1][1]:
            continue  # it stands inside a longer one
        joined = run and _BETWEEN.fullmatch(problem, run[-1][1], span[0])
        run = [*run, span] if joined else [span]
        if len(run) >= most:
            return problem[run[0][0] : run[-1][1]]
    return ""


def _incomplete(sample: Sample, reply: Invention) -> str:
    """Why the problem cannot be answered; empty if it can."""
    if sample.language != "sql":
        name, signature = sample.entry_point, _bare(reply.signature)
        if not re.fullmatch(r"[A-Za-z_$][\w$]*[!?]?", name):
            return f"its entry point {name!r} is no name"
        if name not in signature:
            return f"its signature {reply.signature!r} is not of {name}"
        if signature not in _bare(sample.instruction):
            return f"its signature {reply.signature!r} does not stand in it"
    elif not re.search(r"\|.+\||\bexample|\bresult|\bgives?\b|\boutput", reply.problem, re.I):
        return "it has no example"
    return dependent(sample.instruction, sample)


def _bare(text: str) -> str:
    """Without white space and what may end a declaration: a line may be broken anywhere."""
    return re.sub(r"\s", "", text).rstrip("{:;")


PLUGIN = Invent
