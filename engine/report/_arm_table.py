"""What the rows of an arm are like: levels, diversity, cost; and the table of all arms."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backfeed.engine.methods import diversity
from backfeed.engine.records import LEVELS, Sample
from backfeed.engine.report._words import number, share
from backfeed.engine.report.arms import Ablation, Arm

HEAD = (
    "arm", "problems", "release", "yield", "rows", "accepted", *reversed(LEVELS),
    "keywords / 100", "distinct-4", "nearest", "tokens / row", "tokens / accepted",
    "USD / accepted",
)  # fmt: skip
UNKNOWN = "not known"


@dataclass(slots=True)
class Measured:
    """What the rows of an arm are like. `levels` counts rows that were not rejected.

    `keywords` counts different ones, of the `with_keywords` rows that have any: a row that was
    rejected early has none. `distinct` and `nearest` are those of `methods.diversity`, of problems.
    """

    rows: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    with_keywords: int = 0
    keywords: int = 0
    distinct: float | None = None
    nearest: float | None = None

    @property
    def accepted(self) -> int:
        """The rows that stand in the corpus, too."""
        return self.levels.total()

    @property
    def keyword_rate(self) -> float | None:
        """Different keywords in 100 rows that have any; None if none has."""
        return 100 * self.keywords / self.with_keywords if self.with_keywords else None


def measured(rows: Iterable[Sample]) -> Measured:
    """Look at the rows of an arm, once."""
    found, problems = Measured(), list[str]()
    keywords: set[tuple[str, str]] = set()
    for row in rows:
        found.rows += 1
        if row.rejected is None:
            found.levels[row.level] += 1
        own = _keywords(row)
        found.with_keywords += bool(own)
        keywords |= own
        problems.append(row.instruction)
    found.keywords = len(keywords)
    found.distinct = diversity.distinct(problems)
    found.nearest = diversity.nearest(problems)
    return found


def _keywords(row: Sample) -> set[tuple[str, str]]:
    kinds = ("task", "instruction", "knowledge")
    return {(kind, name) for kind in kinds for name in getattr(row.keywords, kind)}


def plain(arm: Arm, told: Measured) -> dict[str, Any]:
    """An arm as it stands in arms.json; None is not known."""
    cost = arm.cost
    by_row, by_accepted = cost.per(told.rows), cost.per(told.accepted)
    return {
        "arm": arm.name, "branch": arm.branch, "release": arm.release, "problems": arm.asked,
        "available": arm.available, "free": arm.free,
        "yield": arm.available / arm.asked if arm.asked else None,
        "rows": told.rows, "accepted": told.accepted, "rejected": told.rows - told.accepted,
        "levels": {level: told.levels[level] for level in LEVELS},
        "with_keywords": told.with_keywords, "keywords": told.keywords,
        "keywords_per_100_rows": told.keyword_rate, "distinct_4": told.distinct,
        "nearest": told.nearest, "tokens": cost.tokens, "usd": cost.usd,
        "tokens_per_row": by_row.tokens, "usd_per_row": by_row.usd,
        "tokens_per_accepted_row": by_accepted.tokens, "usd_per_accepted_row": by_accepted.usd,
    }  # fmt: skip


def markdown(found: Ablation, arms: Sequence[Mapping[str, Any]]) -> str:
    """The table, with what is to be known of it."""
    losses = any("loss" in arm for arm in arms)
    head = (*HEAD, *(("held-out loss", *found.held_out) if losses else ()))
    lines = [f"# Ablation of {found.directory.name}", ""]
    lines += [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    lines += [_line(_cells(arm, found)) for arm in arms]
    return "\n".join([*lines, "", *_remarks(found, losses=losses), ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(arm: Mapping[str, Any], found: Ablation) -> Iterator[str]:
    rows = arm["rows"]
    yield from (arm["arm"], f"{arm['problems']:,}", f"{arm['available']:,}")
    yield share(arm["available"], arm["problems"])
    yield from (f"{rows:,}", share(arm["accepted"], rows))
    yield from (share(arm["levels"][level], rows) for level in reversed(LEVELS))
    for name in ("keywords_per_100_rows", "distinct_4", "nearest"):
        yield _told(arm[name], missing="-")
    for name in ("tokens_per_row", "tokens_per_accepted_row", "usd_per_accepted_row"):
        yield _told(arm[name], missing=UNKNOWN)
    if (loss := arm.get("loss")) is not None:
        yield f"{loss['mean']:.3f} ± {loss['deviation']:.3f}"
        for name in found.held_out:
            of = loss["branches"].get(name)
            yield f"{of['mean']:.3f}" if of else "-"


def _told(value: float | None, *, missing: str) -> str:
    return missing if value is None else number(value)


def _remarks(found: Ablation, *, losses: bool) -> Iterator[str]:
    held = sum(map(len, found.held_out.values()))
    same = "rows" if found.budget == "rows" else "model tokens"
    yield f"- Each arm has the same budget of {same}, drawn with seed {found.seed}."
    yield "- `both` is one half of each branch."
    yield "- `release`: all rows of the branch in the release; `yield`: these of all its problems."
    yield (
        "- Levels are shares of the arm's rows; a rejected row counts for none, whatever it had"
        " reached."
    )
    yield (
        f"- {held:,} accepted rows are held out, {found.left_out:,} more are left out since they"
        " hang together with those (one file, parents, nearly equal, composed of both sides)."
    )
    yield (
        "- Keywords: different ones in 100 rows that have any. `distinct-4`: share of different"
        " four-token runs of the problems. `nearest`: mean MinHash likeness of a problem to its"
        " nearest neighbour in the arm; less is more varied."
    )
    yield (
        "- Tokens: those of the steps in the backfeeding loop are its own, those before are of"
        " `reverse`, all others are shared by problems. What the rows cost that the keyword graph"
        " was made of is not in the cost of `backfeed`."
    )
    if found.given:
        yield f"- {found.given:,} problems are of neither branch: they were given, not made."
    if losses:
        yield (
            "- Loss: nats per token of held-out answers, of a tiny model that has learnt from"
            " nothing but the arm; mean and standard deviation over seeds, and by branch of the"
            " held-out rows. It shows that an arm can be learnt from, and no more."
        )
