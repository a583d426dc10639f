"""A tool over many snippets in one job: a shell script of ours that tells each one's part apart."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from typing import Any, TypeVar

from backfeed.engine.errors import AskFailed, Outage, Refused
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Job, Limits, Outcome, together

T = TypeVar("T")
Plain = dict[str, Any]
_PART = re.compile(r"^== s_(\d+)\S*\n(.*?)^== (\d+)\n", re.DOTALL | re.MULTILINE)
_OWN_DOING = ("SIG", "TLE", "IDLE", "MLE", "OLE")


def halved(
    codes: Sequence[T], ask: Callable[[Sequence[T]], Asks[list[Plain] | None]]
) -> Asks[list[Plain] | None]:
    """One answer per snippet from `ask`, which gives None for a batch that brought its tool to an
    end: that is halved, down to the snippet that did it. None if that is the only one.
    """
    found = yield from ask(codes)
    if found is not None or len(codes) == 1:
        return found
    middle, parts = len(codes) // 2, []
    for part in (codes[:middle], codes[middle:]):
        told = yield from halved(part, ask)
        parts += [ended()] if told is None else told
    return parts


def ended(tool: str = "") -> Plain:
    """What is said of a snippet that brought its tool to an end."""
    finding = {"rule": "not-analyzed", "level": "note", "message": "it brought its tool to an end"}
    return analysis(tool, "", word="unknown", findings=[{**finding, "line": 0, "column": 0}])


def told(
    codes: Sequence[str],
    suffix: str,
    script: str,
    *,
    cpu_s: float,
    word: str = "",
    more: tuple[File, ...] = (),
    most: int = 0,
) -> Asks[list[tuple[str, int]] | None]:
    """What a script says of each snippet, and its tool's exit status; None without the tool.

    The script prints `== NAME` before what it says of a snippet, and `== STATUS` after it. A batch
    of which something is missing is an outage, so that it is halved; one snippet that brings its
    tool to an end has status -1. With a `word` in its name none can be included by another; `more`
    are files that lie beside them. A tool that gains nothing from a batch has jobs of at most
    `most` snippets, side by side.
    """
    named = tuple(File(f"s_{n:06d}{word}{suffix}", code) for n, code in enumerate(codes))
    own, each = (*more, File("backfeed_check.sh", script)), most or max(len(named), 1)
    jobs = [
        _script_job((*named[n : n + each], *own), cpu_s=cpu_s) for n in range(0, len(named), each)
    ]
    try:
        outcomes: list[Outcome] = yield from together(jobs)
    except Refused:
        return None
    parts = [part for one in outcomes for part in _PART.findall(one.stdout)]
    found = {int(number): (text, int(status)) for number, text, status in parts}
    outcome = next((one for one in outcomes if one.verdict != "AC"), Outcome("AC"))
    if any(status == 127 for _, status in found.values()):
        return None
    if outcome.verdict == "AC" and len(found) == len(codes):
        return [found[n] for n in range(len(codes))]
    if outcome.verdict in _OWN_DOING and len(codes) == 1:
        return [(f"{outcome.verdict} {outcome.stderr[:200]}", -1)]
    raise Outage(f"{outcome.verdict}: {len(found)} of {len(codes)} told {outcome.stderr[:200]}")


def _script_job(files: tuple[File, ...], *, cpu_s: float) -> Job:
    limits = Limits(
        cpu_s=cpu_s, wall_s=3 * cpu_s, memory_mb=2048, output_kb=16 * 1024, disk_mb=512, file_mb=256
    )
    return Job(files=files, command=("bash", "backfeed_check.sh"), limits=limits)


def asked(
    tool: str, job: Job, codes: Sequence[str], *, judged: Callable[[str, Any, str], Plain]
) -> Asks[list[Plain] | None]:
    """What a program of ours says of texts that it is given as JSON, for `halved`.

    It answers `{"version": ..., "found": [...]}`, which `judged` makes analyses of, one by one.
    """
    try:
        outcome: Outcome = yield from replace(job, stdin=json.dumps(list(codes)))
    except AskFailed as failed:
        return [no_tool(tool) for _ in codes] if failed.reason == "no-command" else None
    if outcome.verdict in (*_OWN_DOING, "RE") or outcome.truncated:
        return None
    if outcome.verdict != "AC":
        raise Outage(f"{tool}: {outcome.verdict} {outcome.stderr[:200]}")
    said = json.loads(outcome.stdout)
    pairs = zip(codes, said["found"], strict=True)
    return [judged(code, found, said["version"]) for code, found in pairs]


@cache  # reading the metadata takes milliseconds
def version_of(distribution: str) -> str:
    """The installed version of a tool."""
    return metadata.version(distribution)


def analysis(tool: str, version: str, *, word: str, findings: list[Plain]) -> Plain:
    """An analysis as plain data."""
    return {"word": word, "tool": tool, "version": version, "findings": findings}


def no_tool(tool: str) -> Plain:
    """What is said where the sandbox has no such tool."""
    finding = {"rule": "no-tool", "level": "note", "message": f"the sandbox has no {tool}"}
    return analysis("", "", word="unknown", findings=[{**finding, "line": 0, "column": 0}])
