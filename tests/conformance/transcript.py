"""What each stage asks and makes of all rows, as digests: a program, for other processes to run."""

import hashlib
import json
import sys
from typing import Any

from conformance.answers import Honest, driven
from conformance.everything import every, loaded
from conformance.samples import ROWS

from backfeed.engine.conformance import _shown
from backfeed.engine.records import Sample
from backfeed.engine.store import from_row


def rows_of(made: Any) -> list[str]:
    """The rows that a stage gave, without what was measured."""
    given = getattr(made, "rows", made if isinstance(made, list) else [])
    rows: list[Sample] = []
    for one in given:
        rows += [one] if isinstance(one, Sample) else map(from_row, one.to_pylist())
    return [str(row.but(evidence=())) for row in rows]


def transcript(name: str, honest: Honest) -> list[str]:
    """Every request, then every row, then artefacts."""
    honest.asked.clear()
    made = driven(loaded("stages", name), ROWS, honest)
    asked = [_shown(request) for request in honest.asked]
    artefacts = [str(sorted(getattr(one, "artefacts", {}).items())) for one in made]
    return [*asked, *(text for one in made for text in rows_of(one)), *artefacts]


def main() -> None:
    """Print the digests of all stages."""
    honest = Honest()
    found = {name: "\n".join(transcript(name, honest)) for name in every("stages")}
    honest.close()
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in found.items()}
    sys.stdout.write(json.dumps(digests))


if __name__ == "__main__":
    main()
