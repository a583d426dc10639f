"""What a run leaves for people: README.md, ATTRIBUTION.md and report.html, from its directory."""

from pathlib import Path

from backfeed.engine.report import attribution, card, page
from backfeed.engine.report.facts import Counted, gather

NAMES = ("README.md", "ATTRIBUTION.md", "report.html")


def write_all(directory: Path, known: Counted | None = None) -> list[Path]:
    """Write them, each whole or not at all. Raises `StoreFault`."""
    facts = gather(directory, known)
    card.write(facts)
    attribution.write(directory)
    page.write(facts)
    return [directory / name for name in NAMES]
