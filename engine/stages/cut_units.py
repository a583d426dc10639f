"""Cut a source file into units that are complete, independent and able to run alone."""

from dataclasses import dataclass, replace

from backfeed.engine import languages
from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Compute


@dataclass(frozen=True, slots=True)
class CutUnits:
    """File -> units (Infinite-Instruct R1: 5 to 20 lines, functionally complete, independent).

    Docstring, comments and blank lines are not counted. What cannot be a unit is rejected with the
    reason, so that the funnel shows where a source goes.

    in:  a file with `import math` and `def area(r): ...`
    out: code "import math\\n\\n\\ndef area(r): ...", entry_point "area"
    """

    min_lines: int = 5
    max_lines: int = 20
    max_carried: int = 80
    version = 3
    asks = ("compute",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the language for the units of the file."""
        if not languages.can(sample.language, "units"):
            return [sample.no("cut_units", "no-cutter", f"for {sample.language or '?'}")]
        bounds = (self.min_lines, self.max_lines, self.max_carried)
        call = (sample.language, "units", sample.code, bounds)
        found = yield from Compute(languages.call, call)
        if not found:
            return [sample.no("cut_units", "no-unit", "no function or class")]
        return [_sample(sample, index, unit) for index, unit in enumerate(found)]


def _sample(file: Sample, index: int, unit: object) -> Sample:
    name, first, last = unit.name, unit.first_line, unit.last_line  # type: ignore[attr-defined]
    reason, detail, code = unit.reason, unit.detail, unit.code  # type: ignore[attr-defined]
    origin = replace(file.origin, first_line=first, last_line=last)
    made = file.child("cut_units", index, code=code, entry_point=name, origin=origin)
    return made.no("cut_units", reason, f"{name}: {detail}" if detail else name) if reason else made


PLUGIN = CutUnits
