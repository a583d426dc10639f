"""What the end of a program says that is run without tests, and so is given nothing."""

import re

from backfeed.engine.grammar import grammars
from backfeed.engine.records import Sample
from backfeed.engine.requests import Outcome

# What tool chains say of code in which nothing is to be started: functions, a library.
_NO_ENTRY = re.compile(
    r"`main` function not found in crate|undefined (?:reference to `|symbol: )main\b"
    r"|[Mm]ain method not found in class|function main is undeclared in the main package"
    r"|does not contain a static 'Main' method"
)
# What programs say at their end of input, files, a network or a screen that is not there.
_SAID = re.compile(
    r"\bEOFError\b|\bFileNotFoundError\b|\bENOENT\b|No such file or directory|No line found"
    r"|\bgetaddrinfo\b|\bENOTFOUND\b|Network is unreachable|Connection refused|UnknownHostException"
    r"|name resolution|no display name|cannot open display|HeadlessException"
)
_OF_INPUT = ("RE", "SIG", "TLE", "OLE")


def excuse(sample: Sample, outcome: Outcome, why: str) -> str:
    """Why a program that did not end well has not failed; empty if it has.

    It may have nothing to start. It may wait, as servers do and windows. It may read what it is
    not given: input, arguments, files, a network (`given` in the grammars), unless it ends with an
    error that no input brings about (`faults`). It may not compile for want of what its analysis
    did not know, either.
    """
    verdict = outcome.verdict
    begun = "RE" if sample.language == "java" else "CE"
    if verdict == begun and _NO_ENTRY.search(outcome.stderr):
        return "it has no entry point: there is nothing to run"
    if verdict == "IDLE":
        return "it did not end by itself: it waits, as servers and windows do"
    if verdict in _OF_INPUT and _reads(sample.language, sample.code, outcome.stderr):
        told = f": {why}" if why else ""
        return f"it reads what it is not given (input, arguments, files, a network){told}"
    unread = verdict == "CE" or (verdict == "RE" and "SyntaxError" in outcome.stderr)
    if unread and (unknown := _unknown(sample)):
        return f"it is not known whether it can be read: {unknown}"
    return ""


def _reads(language: str, code: str, said: str) -> bool:
    if _SAID.search(said):
        return True
    known = grammars()[language].code
    if not known.given or not re.search(known.given, code, re.MULTILINE):
        return False
    return not (known.faults and re.search(known.faults, said, re.MULTILINE))


def _unknown(sample: Sample) -> str:
    """What the analysis of code found that it could not hold against it."""
    found = next((one for one in reversed(sample.checks) if one.name == "analyze"), None)
    if found is None or found.verdict != "unverified":
        return ""
    return next((finding.message for finding in found.findings), "")
