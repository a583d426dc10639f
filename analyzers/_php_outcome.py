"""What became of a PHP test program, apart from what the sandbox or its version lacks."""

import re
from typing import Any

from backfeed.analyzers import _php_source, _record
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
_CLASS = re.compile(r"(?:Class|Interface|Trait|Enum) [\"']\\?([\\\w]+)[\"'] not found")
_CALLED = re.compile(r"Call to undefined function (?:[\w\\]*\\)?(\w+)\(\)")
_METHOD = re.compile(
    r"Call to undefined method [\\\w]*Test::((?:assert|expect|create|any|with)\w*)"
)
# What extensions bring that may not be there.
_EXTRA_CLASSES = re.compile(
    r"(?:Redis\w*|Memcached?|Imagick\w*|mysqli\w*|SQLite3\w*|ZipArchive|Soap\w+|AMQP\w+|Swoole|GMP"
    r"|Intl\w+|NumberFormatter|Collator|Normalizer|Transliterator|MessageFormatter|Spoofchecker)",
    re.IGNORECASE,
)
_EXTRA_CALLS = re.compile(
    r"(?:curl|gmp|intl|numfmt|datefmt|collator|normalizer|grapheme|transliterator|mysqli|pg|sqlite"
    r"|apcu|yaml|redis|imap|ldap|mb|mongodb|image|sodium|ctype|iconv|cal|xml)_\w+|idn_to_\w+"
    r"|bc(?:add|sub|mul|div|mod|pow|powmod|sqrt|comp|scale|floor|ceil|round|divmod)|simplexml_\w+"
    r"|image(?:create|png|jpeg|color)\w*|json_validate|str_(?:in|de)crement"
    r"|array_(?:find(?:_key)?|any|all|first|last)|posix_\w+fpathconf|http_get_last_\w+|fpow"
)


def excused(job: Job, found: list[Plain]) -> list[Plain]:
    """The results, those first that failed for want of what is not here."""
    texts = [file.text for file in job.files if file.path.endswith(".php")]
    own = "\n".join(text for text in texts if "backfeed_explained" not in text)
    told = [_lacking(one, own) or one for one in found]
    return sorted(told, key=lambda one: (one["error"] or {}).get("type") != "ModuleNotFoundError")


def lacking(job: Job, outcome: Outcome) -> str:
    """What is not there, for want of which a program failed; empty if it was something else."""
    if outcome.verdict != "RE":
        return ""
    own = "\n".join(file.text for file in job.files)
    kind = "ParseError" if "Parse error: " in outcome.stderr else "Error"
    return _absent(kind, outcome.stderr, own)


def _lacking(result: Plain, own: str) -> Plain | None:
    error = result["error"]
    if error is None:
        return None
    name = _absent(error["type"], error["message"], own)
    return _record.lacks(name)[0] if name else None


def _absent(kind: str, message: str, own: str) -> str:
    """What is not there, or not yet; empty if it is the answer's own."""
    if kind == "ParseError":
        return "a later php" if _php_source.newer(own) else ""
    if found := _CLASS.search(message):
        name = found[1]
        foreign = "\\" in name and not _is_own(name, own)
        return name if foreign or _EXTRA_CLASSES.fullmatch(name) else ""
    if (found := _CALLED.search(message)) and not _defined(found[1], own):
        return found[1] if _EXTRA_CALLS.fullmatch(found[1]) else ""
    if found := _METHOD.search(message):
        return f"a later phpunit: {found[1]}"
    return ""


def _is_own(name: str, own: str) -> bool:
    """Is the class of a namespace that the code itself opens, or of its root?"""
    spaces = re.findall(r"^[ \t]*(?:<\?php\s+)?namespace[ \t]+([\\\w]+)", own, re.MULTILINE)
    root = name.partition("\\")[0].lower()
    return root in {space.partition("\\")[0].lower() for space in spaces}


def _defined(name: str, own: str) -> bool:
    return bool(re.search(rf"\bfunction[ \t]+&?{re.escape(name)}\b", own, re.IGNORECASE))
