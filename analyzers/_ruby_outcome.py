"""What became of a Ruby test program, apart from what only later versions of Ruby have."""

import json
import re
from typing import Any

from backfeed.analyzers import _record, _tree
from backfeed.engine.methods.lacks import here
from backfeed.engine.requests import Job, Outcome

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


# Bundler without its gems, or without the network to fetch them; and constants of frameworks.
_GEMS = re.compile(r"\(?(?:Bundler|Gem)::\w*(?:Error|NotFound|Missing\w*)|Could not (?:find|reach)")
_GEM = r"[Cc]ould not find (?:gem )?'?([\w-]+)"
_ASKED = r"^\s*gem\s*\(?['\"]([\w-]+)"
_FRAMEWORKS = re.compile(
    r"uninitialized constant (?:\w+::)*?((?:Active|Action)[A-Z]\w+|Application(?:Record|Controller"
    r"|Job|Mailer|Helper)|Rails|Sinatra|Nokogiri|Sidekiq|Devise|FactoryBot|Capybara|Spree|Sequel"
    r"|Faraday|HTTParty|Mongoid|Grape|Hanami|Jekyll|Puppet|Chef|Vagrant|Thor|Rack)\b"
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


def lacking(job: Job, outcome: Outcome) -> str:
    """What is not there, for want of which a program failed; empty if it was something else."""
    if outcome.verdict != "RE":
        return ""
    if name := _record.first(r"cannot load such file -- (\S+) \(LoadError\)", outcome.stderr):
        return here(name)
    if _GEMS.search(outcome.stderr):
        text = "\n".join(file.text for file in job.files)
        asked = _record.first(_GEM, outcome.stderr) or _record.first(_ASKED, text)
        return asked or "what its Gemfile asks for"
    kind = _record.first(r"\((NameError|NoMethodError)\)$", outcome.stderr)
    kind = kind or ("SyntaxError" if "syntax error" in outcome.stderr else "")
    return _absent(kind, outcome.stderr, [file.text for file in job.files])


def _lacking(result: Plain, texts: list[str]) -> Plain | None:
    error = result["error"]
    name = _absent(error["type"], error["message"], texts) if error else ""
    return _record.lacks(name)[0] if name else None


def _absent(kind: str, message: str, texts: list[str]) -> str:
    """What is not there, or not yet; empty if it is the answer's own."""
    if kind == "SyntaxError":
        return "a later ruby" if any(map(newer, map(_plain, texts))) else ""
    if _RSPEC.search(message):
        return "rspec"
    if kind in ("NameError", "") and (found := _FRAMEWORKS.search(message)):
        return found[1]
    later = _LATER.search(message)
    named = later and kind in ("NameError", "NoMethodError")
    return f"a later ruby: {later[0]}" if later and named else ""


def _plain(text: str) -> str:
    """The code of a program, or of a file."""
    try:
        told = json.loads(text)
    except ValueError:
        return text
    return str(told.get("code", "")) if isinstance(told, dict) else ""
