"""README.md: the data set card. The same rows give the same bytes: no clock, no machine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jinja2

from backfeed.engine.files import write_whole
from backfeed.engine.report._header import header
from backfeed.engine.report._words import LEVELS, ORACLES, code, plural, ranked, share
from backfeed.engine.report.facts import Facts
from backfeed.engine.report.releases import Drops

MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Stage:
    """What became of the rows at one stage."""

    name: str
    entered: int
    made: int
    out: int
    gone: int
    unfinished: int
    reasons: list[tuple[str, int]]


def write(facts: Facts) -> None:
    """Write README.md."""
    write_whole(facts.directory / "README.md", text(facts))


def text(facts: Facts) -> str:
    """The card, from its template; what rows say stands in code spans."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.globals |= {"plural": plural, "share": share}
    environment.filters["code"] = lambda value: code(str(value))
    template = environment.from_string(template_text("card.md.j2"))
    return template.render(_values(facts))


def template_text(name: str) -> str:
    """A file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _values(facts: Facts) -> dict[str, Any]:
    counts, used = facts.counts, facts.used
    limits = used.grouped_limits()
    return {
        "header": header(facts), "name": str(facts.recipe.get("name", "corpus")),
        "version": str(facts.summary.get("versions", {}).get("backfeed", "")),
        "rows": facts.rows, "checked": _checked(facts.summary.get("checked")),
        "counts": counts, "levels": LEVELS, "meanings": ORACLES,
        "complete": facts.summary.get("complete", True),
        "stopped": str(facts.summary.get("stopped", "")),
        "types": _named(counts["types"]), "languages": _named(counts["languages"]),
        "oracles": ranked(counts["oracles"]), "licences": ranked(counts["licences"]),
        "funnel": list(funnel(facts)), "drops": list(dropped(facts)),
        "checks": list(facts.verdicts.items()),
        "in_force": list(_in_force(facts.summary.get("sandbox", {}))),
        "backend": str(facts.recipe.get("sandbox", {}).get("use", "unknown")),
        "limits": limits, "limit_names": sorted({name for _, one in limits for name in one}),
        "environments": sorted(used.environments), "given": list(given(facts.recipe)),
    }  # fmt: skip


def _checked(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A check in short; None for a run that was none."""
    if not told:
        return None
    reasons = {f"{at}: {why}": n for at, of in told["reasons"].items() for why, n in of.items()}
    remarks = {rule: one["rows"] for rule, one in told["remarks"].items()}
    drawn, between = told.get("sample"), ""
    if drawn and not drawn["complete"] and (found := drawn["shares"]["verdicts"].get("failed")):
        between = " to ".join(f"{100 * found[end]:.1f} %" for end in ("low", "high"))
    return {
        "rows": told["rows"], "sample": drawn, "why": ranked(reasons)[:MOST_REASONS],
        "remarks": ranked(remarks)[:MOST_REASONS], "between": between,
    }  # fmt: skip


def _in_force(sandbox: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What held programs on the machine that ran them."""
    for name in ("isolation", "memory", "processes", "seccomp"):
        if name in sandbox:
            yield name, str(sandbox[name])
    if probes := sandbox.get("probes"):
        yield "probes", f"{sum(one['ok'] for one in probes)} of {len(probes)} held"


def _named(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in ranked(counts) if name]


def funnel(facts: Facts) -> Iterator[Stage]:
    """The stages in order, from the summary."""
    told = facts.summary.get("stages", {})
    for name in facts.stage_names:
        tally = told[name]
        reasons = ranked(tally["rejected"])
        gone = sum(tally["rejected"].values())
        yield Stage(
            name, tally["in"], tally["made"], tally["out"], gone, tally["unfinished"], reasons
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dropped:
    """What verification dropped of one branch and language, and the commonest reasons."""

    branch: str
    language: str
    of: Drops
    reasons: list[tuple[str, int]]
    others: int


def dropped(facts: Facts) -> Iterator[Dropped]:
    """The drops, for those that have answered problems; reasons as `stage: reason`."""
    for branch, languages in facts.drops.items():
        for language, one in languages.items():
            every = ranked({
                f"{stage}: {reason}": count
                for stage, why in one.reasons.items()
                for reason, count in why.items()
            })  # fmt: skip
            if one.raw:
                top, rest = every[:MOST_REASONS], every[MOST_REASONS:]
                yield Dropped(branch, language, one, top, sum(count for _, count in rest))


def given(recipe: Mapping[str, Any]) -> Iterator[str]:
    """What the run was given: sources at their versions, files by name and digest."""
    for item in recipe.get("given", {}).get("inputs", {}).values():
        for pin in item.get("pinned", ()):
            address, version = str(pin["address"]), str(pin.get("version", ""))
            kind, colon, _ = address.partition(":")
            if colon and "/" not in kind:
                yield address if version in address else f"{address} {version}".strip()
            else:
                yield f"{address.rstrip('/').rpartition('/')[2]} (sha256 {pin['sha256'][:12]})"
