"""What became of a Ruby test program, apart from what only later versions of Ruby have."""

import json
import re
from typing import Any

from backfeed.analyzers import _record, _tree
from backfeed.engine.requests import Job

Plain = dict[str, Any]
# Arguments without a name that are passed on: the grammar takes them, Ruby does since 3.2.
_PASSED_ON = re.compile(r"[(,][ \t]*\*{1,2}[ \t]*[,)]")
# Names that came after the oldest version of use, and those of a framework that is not there.
_LATER = re.compile(
    r"uninitialized constant (?:\w+::)*(Data|Enumerator::Product)\b"
    r"|undefined method [`'](ceildiv)' for \S*:Integer"
    r"|undefined method [`'](byter?index|bytesplice|append_as_bytes)' for .*:String"
    r"|undefined method [`'](overlap\?)' for .*:Range"
    r"|undefined local variable or method [`'](it)' for"
)
_RSPEC = re.compile(
    r"uninitialized constant (?:\w+::)*RSpec\b|undefined method [`']describe' for main"
)


def newer(code: str) -> bool:
    """Does its form say that it is for a later version of Ruby?"""
    if not _PASSED_ON.search(code):
        return False
    return not _tree.tree("ruby", _tree.encoded(code)).root_node.has_error


def excused(job: Job, found: list[Plain]) -> list[Plain]:
    """The results, those first that failed for want of what is not here."""
    texts = [file.text for file in job.files if file.path.endswith((".rb", ".json"))]
    told = [_lacking(one, texts) or one for one in found]
    return sorted(told, key=lambda one: (one["error"] or {}).get("type") != "ModuleNotFoundError")


def _lacking(result: Plain, texts: list[str]) -> Plain | None:
    error = result["error"]
    if error is None:
        return None
    if error["type"] == "SyntaxError" and any(map(newer, map(_plain, texts))):
        return _record.lacks("a later ruby")[0]
    if _RSPEC.search(error["message"]):
        return _record.lacks("rspec")[0]
    later = _LATER.search(error["message"])
    if later and error["type"] in ("NameError", "NoMethodError"):
        return _record.lacks(f"a later ruby: {later[0]}")[0]
    return None


def _plain(text: str) -> str:
    """The code of a program, or of a file."""
    try:
        told = json.loads(text)
    except ValueError:
        return text
    return str(told.get("code", "")) if isinstance(told, dict) else ""
