"""report.html: one page that holds all it needs, and asks nothing of the network."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from backfeed.engine.errors import InputError
from backfeed.engine.files import write_whole
from backfeed.engine.records import LEVELS, Sample
from backfeed.engine.report import check_page, skills
from backfeed.engine.report._evidence import Spread
from backfeed.engine.report._words import LEVELS as MEANINGS
from backfeed.engine.report._words import ORACLES, number, plural, ranked, share
from backfeed.engine.report.card import dropped, funnel, given, template_text
from backfeed.engine.report.facts import Facts

LONGEST = 12_000
MOST_IN_LIST = 12
GRAPH_BYTES = 64 << 20
_SEEN = {sign: "\N{REPLACEMENT CHARACTER}" for sign in range(32) if chr(sign) not in "\t\n"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: `part` of 1 is the full width."""

    label: str
    count: int
    part: float
    title: str = ""
    look: str = ""


def write(facts: Facts) -> None:
    """Write report.html."""
    write_whole(facts.directory / "report.html", text(facts))


def text(facts: Facts) -> str:
    """The page. Whatever rows say is escaped; scripts other than the page's own do not run."""
    return render("page.html.j2", "page.js", _values(facts))


def render(template: str, script: str, values: Mapping[str, Any]) -> str:
    """A page of this package with its style and script inside."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters |= {"number": number, "cut": cut, "plain": plain}
    environment.globals |= {"share": share, "plural": plural}
    code = template_text(script)
    mark = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    inside = {"style": Markup(template_text("page.css")), "script": Markup(code), "mark": mark}
    return environment.get_template(template).render({**values, **inside})


def cut(value: str, most: int = LONGEST) -> str:
    """A text that is not endless."""
    left = len(value) - most
    return value if left <= 0 else f"{value[:most]}\n[{left:,} more characters]"


def plain(value: str) -> str:
    """A text whose control codes can be seen, as HTML has none of them."""
    return value.replace("\r\n", "\n").translate(_SEEN)


def _values(facts: Facts) -> dict[str, Any]:
    told, stages = facts.summary, list(funnel(facts))
    return {
        "name": str(facts.recipe.get("name", "corpus")), "rows": facts.rows, "summary": told,
        "given": list(given(facts.recipe)), "headline": _headline(facts),
        "funnel": stages, "widest": max((s.out + s.gone + s.unfinished for s in stages), default=1),
        "lists": _lists(facts),
        "proof": _proof(facts), "used": facts.used, "spreads": _spreads(facts),
        "verdicts": facts.verdicts, "desks": _desks(told), "spent": told.get("spent", {}),
        "samples": [_row(sample) for sample in facts.samples], "row": _row,
        "skills": _skills(facts), "meanings": MEANINGS, "recipe": _recipe(facts.directory),
        "drops": list(dropped(facts)), "checked": check_page.values(facts), "beside": facts.beside,
        "why": sorted(facts.left["rejected"], key=lambda why: (-why.count, why.stage, why.reason)),
        "lost": facts.left["unfinished"], "levels": [*reversed(LEVELS)],
    }  # fmt: skip


def _headline(facts: Facts) -> list[tuple[str, str, str]]:
    """Value, what it is, and a remark."""
    rows, told, levels = facts.rows, facts.summary, facts.counts["levels"]
    found = [(number(rows["corpus"]), "accepted", "")]
    if levels["proven"]:
        of = share(levels["proven"], rows["corpus"])
        found.append((number(levels["proven"]), "proven", f"{of} of accepted"))
    found.append((number(rows["rejected"]), "rejected", "each with its reason"))
    if rows["unfinished"]:
        found.append((number(rows["unfinished"]), "unfinished", "run again to go on"))
    if facts.used.total:
        found.append((number(facts.used.total), "programs in evidence", ""))
    if "seconds" in told:
        work = told.get("all_runs", told)
        asked = sum(counts.get("asked", 0) for counts in work.get("desks", {}).values())
        runs = plural(work.get("runs", 1), "run")
        found.append((f"{work['seconds']:,.0f} s", runs, f"{asked:,} requests asked"))
    if (usd := told.get("spent", {}).get("usd", 0.0)) > 0:
        found.append((f"{usd:,.2f} USD", "spent", ""))
    return found


def bars(counts: Mapping[str, int], titles: Mapping[str, str] = MEANINGS) -> list[Bar]:
    """Counts as bars, the largest first; what is too much for the list as one."""
    order = ranked(counts)
    top, rest = order[:MOST_IN_LIST], order[MOST_IN_LIST:]
    largest = max((count for _, count in order), default=1)
    found = [Bar(name, count, count / largest, titles.get(name, "")) for name, count in top]
    if rest:
        left = sum(count for _, count in rest)
        found.append(Bar(f"{len(rest):,} others", left, min(left / largest, 1.0), look="rest"))
    return found


def _lists(facts: Facts) -> list[tuple[str, list[Bar]]]:
    """What is in the corpus, by title. Lists that say nothing are left out."""
    counts = facts.counts
    levels = {level: counts["levels"][level] for level in reversed(LEVELS)}
    largest = max((*levels.values(), 1))
    told = [
        Bar(level, count, count / largest, MEANINGS[level], level)
        for level, count in levels.items()
        if count
    ]
    titled = {
        "Types of questions": "types", "Languages": "languages", "Licences": "licences",
        "Sources (composed rows count for each)": "sources", "Made by": "stages",
        "Models": "models", "Kinds of tests": "tests",
    }  # fmt: skip
    found = [("Levels", told)]
    counts = {**counts, "sources": _apart(counts["sources"])}
    found += [(title, bars(counts[name])) for title, name in titled.items() if any(counts[name])]
    if counts["oracles"]:
        expected = ("Expectations from", bars(counts["oracles"], ORACLES))
        found.append(expected)
    return found


def _apart(sources: Mapping[str, int]) -> Counter[str]:
    """Sources of composed rows taken apart."""
    found: Counter[str] = Counter()
    for name, count in sources.items():
        for part in set(name.split(" + ")):
            found[part] += count
    return found


def _proof(facts: Facts) -> dict[str, Any]:
    labels = [f"{n * 10}-{n * 10 + 9} %" for n in range(10)] + ["all"]
    return {
        "killed": columns(labels, facts.killed),
        "rows": sum(facts.killed),
        "mutants": facts.mutants,
        "unproven": bars(facts.unproven),
    }


def columns(labels: list[str], counts: list[int] | tuple[int, ...]) -> list[Bar]:
    """Columns of a histogram."""
    largest = max((*counts, 1))
    pairs = zip(labels, counts, strict=True)
    return [Bar(label, count, count / largest) for label, count in pairs]


def _spreads(facts: Facts) -> list[tuple[str, str, Spread, list[Bar]]]:
    """Title, unit, numbers and columns of each measure."""
    used = facts.used
    told = (("CPU time", "s", used.cpu_s), ("Wall time", "s", used.wall_s),
            ("Peak memory", "MB", used.peak_mb))  # fmt: skip
    return [
        (title, unit, spread, columns(_edges(spread, unit), spread.counts))
        for title, unit, spread in told
        if spread.counts
    ]


def _edges(spread: Spread, unit: str) -> list[str]:
    up_to = [f"up to {number(edge)} {unit}" for edge in spread.edges]
    return [*up_to, f"over {number(spread.edges[-1])} {unit}"]


def _desks(told: Mapping[str, Any]) -> list[tuple[str, dict[str, int], int]]:
    """Service, its counts, and how many answers the book has of it."""
    book = told.get("book", {})
    asked = told.get("all_runs", told).get("desks", {})
    desks = {name: dict(counts) for name, counts in asked.items()}
    named = sorted({*book, *(name for name, counts in desks.items() if any(counts.values()))})
    return [(name, desks.get(name, {}), int(book.get(name, 0))) for name in named]


def _row(sample: Sample) -> dict[str, Any]:
    """A row for reading: what has no text is left out."""
    origin, lineage = sample.origin, sample.lineage
    lines = f":{origin.first_line}-{origin.last_line}" if origin.first_line else ""
    facts = {
        "source id": sample.source_id, "language": sample.language,
        "entry point": sample.entry_point, "source": origin.source,
        "file": f"{origin.path}{lines}", "licence": origin.licence,
        "made by": f"{lineage.stage} {lineage.model}".strip(), "from": ", ".join(lineage.parents),
        "keywords": ", ".join((*sample.keywords.task, *sample.keywords.knowledge)),
        "labels": ", ".join((*sample.labels.coarse, *sample.labels.fine)),
        "scores": ", ".join(f"{score.name} {number(score.value)}" for score in sample.scores),
    }  # fmt: skip
    first = next((line for line in sample.instruction.splitlines() if line.strip()), "")
    told = [m for m in sample.messages if m.content.strip()]
    known = sample.code.strip() and any(sample.code.strip() in m.content for m in told)
    return {
        "sample": sample, "title": first or sample.entry_point or sample.origin.path,
        "facts": {name: value for name, value in facts.items() if value}, "messages": told,
        "code": "" if known else sample.code, "files": (*sample.files, *sample.support),
    }  # fmt: skip


def _skills(facts: Facts) -> skills.Skills | None:
    path = facts.directory / skills.FILE
    try:
        if path.is_file() and path.stat().st_size <= GRAPH_BYTES:
            graph = skills.load(facts.directory)
            return skills.skills(graph, skills.covered(facts.directory), top=12)
    except InputError:
        pass
    return None


def _recipe(directory: Path) -> str:
    path = directory / "recipe.toml"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
