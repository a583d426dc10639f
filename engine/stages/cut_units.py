"""Cut a source file into units that are complete, independent and able to run alone."""

from dataclasses import dataclass, replace

from backfeed.engine import languages
from backfeed.engine.records import Sample, Test
from backfeed.engine.requests import Asks, Compute


@dataclass(frozen=True, slots=True)
class CutUnits:
    """File -> units (Infinite-Instruct R1: 5 to 20 lines, functionally complete, independent).

    Docstring, comments and blank lines are not counted; a class may have more. What cannot be a
    unit is rejected with the reason, so that the funnel shows where a source goes. What its author
    gave as tests of a unit, in the file or beside it, goes with it.

    in:  a file with `import math` and `def area(r): ...`
    out: code "import math\\n\\n\\ndef area(r): ...", entry_point "area"
    """

    min_lines: int = 5
    max_lines: int = 20
    max_carried: int = 80
    version = 4
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
        units = [_sample(sample, index, unit) for index, unit in enumerate(found)]
        if not languages.can(sample.language, "tests_beside"):
            return units
        files = (sample.code, *(file.text for file in sample.support))
        tested = []
        for unit in units:
            tested.append((yield from _tested(unit, files)))
        return tested


def _tested(unit: Sample, files: tuple[str, ...]) -> Asks[Sample]:
    """A unit with the author's tests."""
    if unit.rejected is not None:
        return unit
    call = (unit.language, "tests_beside", unit.code, unit.entry_point, files)
    kind, text = yield from Compute(languages.call, call)
    return unit.but(tests=(Test(kind, "doc", code=text),) if text else ())


def _sample(file: Sample, index: int, unit: object) -> Sample:
    name, first, last = unit.name, unit.first_line, unit.last_line  # type: ignore[attr-defined]
    reason, detail, code = unit.reason, unit.detail, unit.code  # type: ignore[attr-defined]
    origin = replace(file.origin, first_line=first, last_line=last)
    made = file.child("cut_units", index, code=code, entry_point=name, origin=origin, support=())
    return made.no("cut_units", reason, f"{name}: {detail}" if detail else name) if reason else made


PLUGIN = CutUnits
