"""A verdict as JUnit XML: each row is a test case, and fails if it breaks the policy."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from backfeed.engine.gate.judge import Broken, Judged
from backfeed.engine.gate.told import Places, called, clause_line, plain_line
from backfeed.engine.gate.verdict import Verdict
from backfeed.engine.records import Place

Row = tuple[Place, str]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdict: Verdict, judged: Judged, places: Places) -> bytes:
    """The XML: a suite is a file, a case a row. What no row is to blame for is a case, too.

    Of a set with more rows than are kept by name, those that pass are one case for each file.
    """
    broken: defaultdict[Row, list[Broken]] = defaultdict(list)
    for one in verdict.broken:
        broken[one.place, one.name].append(one)
    report: Any = JUnitXml("backfeed gate")
    for file, cases in sorted(_cases(judged, broken, places).items()):
        suite = TestSuite(places.path(file))
        suite.add_testcases(cases)
        report.add_testsuite(suite)
    if verdict.whole:
        report.add_testsuite(_clauses(verdict))
    report.update_statistics()
    report._elem.attrib.pop("skipped", None)  # the schema of Jenkins has none at the root
    return bytes(report.tostring())


def _cases(
    judged: Judged, broken: Mapping[Row, list[Broken]], places: Places
) -> dict[str, list[TestCase]]:  # fmt: skip
    """The cases of each file, in the order of its rows."""
    whole = judged.rows <= len(judged.names)
    rows = sorted({*judged.names, *broken} if whole else broken, key=_order)
    cases: dict[str, list[TestCase]] = {file: [] for file in judged.files}
    for row in rows:
        cases.setdefault(row[0].file, []).append(_case(row, broken.get(row, ()), places))
    if not whole:
        gone = Counter(place.file for place, _ in broken)
        for file, count in judged.files.items():
            told = f"{count - gone[file]:,} other rows"
            cases[file].append(TestCase(told, classname=places.path(file)))
    return cases


def _order(row: Row) -> tuple[str, int, str]:
    return (row[0].file, row[0].line, row[1])


def _case(row: Row, broken: object, places: Places) -> TestCase:
    place, name = row
    told = ": ".join(filter(None, (f"line {place.line}", _xml(called(name, place)))))
    case = TestCase(told, classname=places.path(place.file))
    found = list(broken) if isinstance(broken, list) else []
    if found:
        failure = Failure(_xml("; ".join(one.blame.rule for one in found)), found[0].blame.rule)
        failure.text = "\n".join(_xml(f"{one.clause}: {one.blame.message}") for one in found)
        case.result = [failure]
    return case


def _clauses(verdict: Verdict) -> TestSuite:
    """Clauses that are broken by no row of their own."""
    suite = TestSuite("policy")
    for outcome in verdict.whole:
        case = TestCase(_xml(outcome.name), classname="policy")
        case.result = [Failure(_xml(clause_line(outcome)), "policy")]
        suite.add_testcase(case)
    return suite


def _xml(text: str) -> str:
    """A text without the signs that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", plain_line(text, 2000))
