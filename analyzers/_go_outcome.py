"""What became of a Go test program, by its record and by what it and the tool chain wrote."""

import difflib
import re
from typing import Any

from backfeed.analyzers import _record
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
_ENDED = re.compile(r"--- (?:PASS|FAIL): ")
_TOLD = re.compile(r"^\s+\S+\.go:(\d+):[ \t]*(.*(?:\n(?=\s*\t).*){0,12})", re.MULTILINE)
_NOISE = re.compile(r"\s*(?:Error Trace:.*|Error:|Test:.*|Messages:)\s*")
_WORD = r"\b([0-9a-f]{24})\b"

# Packages and names that came with a later version than the oldest that is of use.
_NEWER_PACKAGES = (
    "cmp", "crypto/ecdh", "crypto/mlkem", "crypto/sha3", "encoding/json/v2", "iter", "log/slog",
    "maps", "math/rand/v2", "runtime/coverage", "slices", "structs", "testing/slogtest",
    "testing/synctest", "unique", "weak",
)  # fmt: skip
_NEWER = re.compile(
    r"(?:undefined|undeclared name): (?:(?:min|max|clear)\b|errors\.(?:Join|ErrUnsupported)\b"
    r"|(?:strings|bytes)\.(?:Cut(?:Pre|Suf)fix|ContainsFunc|Clone|\w+Seq|Lines)\b"
    r"|sync\.Once(?:Func|Values?)\b|time\.Date(?:Only|Time)\b|context\.With(?:out|\w+Cause)\w*)"
    r"|cannot range over"
)
_STD = (
    "archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto",
    "database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash",
    "html", "image", "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net",
    "os", "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv",
    "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode", "unique",
    "unsafe", "weak",
)  # fmt: skip
# What may be an effect of a module's asking for a later version.
_PERHAPS_NEWER = re.compile(
    rf"{_NEWER.pattern}|is not in GOROOT|(?:undefined|undeclared name): \w+\.[A-Z]|cannot infer"
    r"|comparable|generic type|has no field or method|requires go1\."
)
_ABSENT = re.compile(
    r"cannot find package \"([^\"]+)\"|no required module provides package ([^\s;:]+)"
    r"|package (\S+) is not in (?:GOROOT|std)"
    r"|missing go.sum entry for module providing package (\S+)"
    r"|(\S+): module lookup disabled"
)
_ASKED = r"note: module requires Go (\S+)|go\.mod requires go >= (\S+)"


def newer(message: str) -> bool:
    """Is this said of code that is right in a later version of Go?"""
    return bool(_NEWER.search(message))


def has_no_tool(outcome: Outcome) -> bool:
    """Is that what a build of ours says where there is no tool chain?"""
    return outcome.verdict == "CE" and outcome.stderr.strip() == "the sandbox has no program 'go'"


def absent(outcome: Outcome) -> list[Plain]:
    """What a build failed for, if that is no fault of the code; else nothing."""
    tool = _record.lacks("go") if has_no_tool(outcome) else []
    return tool or lacking(outcome.stdout + outcome.stderr)


def results(job: Job, outcome: Outcome) -> list[Plain]:
    """What the tests came to; nothing where they left no word and nothing tells why."""
    if outcome.verdict == "CE":
        return absent(outcome)
    executed = len(_ENDED.findall(outcome.stdout))
    told = _record.read(outcome.report, _word(job))
    if not told:
        why = _record.first(r"^((?:panic|fatal error): .*)", outcome.stderr + outcome.stdout)
        died = outcome.verdict == "RE" and why
        return _died(why, executed) if died else []
    [found] = told
    if found["error"] is None and job.command[0] == "sh" and not _finished(outcome.stdout):
        return []
    found = {**found, "executed": found["executed"] + executed}
    if found["error"] and not found["error"]["message"]:
        line, message = _first_failure(outcome.stdout)
        found["error"] = {**found["error"], "message": message, "line": line}
    return [found]


def _word(job: Job) -> str:
    texts = [file.text for file in job.files if file.path.endswith("backfeed_main_test.go")]
    return _record.first(_WORD, "\n".join([*texts, *job.command]))


def _died(why: str, executed: int) -> list[Plain]:
    message = why.partition(": ")[2].removesuffix(" [recovered]")
    return _record.failed("panic", message, phase="test", executed=executed)


def _finished(output: str) -> bool:
    """Did the tests come to their end? What is printed after it is the tests' own main's."""
    return bool(re.search(r"^PASS$", output, re.MULTILINE))


def _first_failure(output: str) -> tuple[int, str]:
    """The line and the message of the first thing that did not hold."""
    match = _TOLD.search(output)
    if match is None:
        return 0, _record.first(r"--- FAIL: (\S+)", output)
    parts = (_NOISE.sub("", line).strip() for line in match[2].splitlines())
    return int(match[1]), " ".join(filter(None, parts))[:300]


def _is_std(name: str) -> bool:
    """Is this meant for a package of the standard library, by how it begins?"""
    root, _, rest = name.partition("/")
    return "." not in root and not (rest and not difflib.get_close_matches(root, _STD, 1, 0.8))


def lacking(said: str) -> list[Plain]:
    """What a program could not be built for, if that is no fault of its own; else nothing."""
    names = [next(filter(None, found)) for found in _ABSENT.findall(said)]
    third = [name for name in names if name in _NEWER_PACKAGES or not _is_std(name)]
    if names:
        return _record.lacks(third[0]) if third else []
    wrong = re.findall(r"^\S+\.go:\d+(?::\d+)?: (.*)", said, re.MULTILINE)
    if any(one.startswith("syntax error") for one in wrong):
        return []
    asked = next((found for found in re.findall(_ASKED, said)), None)
    pattern = _PERHAPS_NEWER if asked else _NEWER
    if asked and (not wrong or any(map(pattern.search, wrong))):
        return _record.lacks(f"go {''.join(asked)}")
    later = [one for one in wrong if _NEWER.search(one)]
    return _record.lacks(f"a later go: {later[0]}") if later else []
