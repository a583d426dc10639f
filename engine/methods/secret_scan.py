"""Does a source text hold a secret? The detectors are those of detect-secrets.

Its detectors are asked directly: its own scan would ask the services whether a key is valid. What
they find in ordinary code (a test vector's digest, `password = "password"`) is held against what
secrets look like. A public IP address is none.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

A_SECRET = 6
A_TOKEN = 16

_LEFT_OUT = {"IPPublicDetector"}
_ENTROPY = {"Base64HighEntropyString", "HexHighEntropyString"}
# These cost most, and what they find has a run of so many letters and digits.
_LONG = {"IbmCloudIamDetector", "IbmCosHmacDetector", "CloudantDetector", "SoftlayerDetector"}
_LONG_RUN = re.compile(r"[\w-]{24,}")
_DIGITS = re.compile(r"\d.*\d")

# Names of what is kept secret; without one, a random-looking string is a digest or a test vector.
_SECRET_NAME = re.compile(
    r"(?:api|auth|access|private|client|service|account|secret|signing|encryption)[_-]?(?:key|token|secret)"
    r"|passw|pwd|secret|credential|\btoken\b|_token|bearer",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(
    r"(?:api|auth|service|account|db|database|priv|private|client)_?key|(?:db|database|key)_?pass"
    r"|password|passwd|pwd|secret|contrase",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"['\"][A-Za-z0-9+/\\_=-]{16,}['\"]")
_PLACEHOLDER = re.compile(
    r"passw|secret|example|sample|placeholder|change_?me|your[_-]|dummy|fake|test|foo|bar|x{4}|0{6}|1234|abcd|qwerty"
    r"|%[sdr(]|[{}<>$\s]|\.\.\.|\*\*\*",
    re.IGNORECASE,
)
# `sha256`, `step_2`, `user.name.1`
_NAME = re.compile(
    r"(?:sha|md|aes|des|rc|utf|rsa|hs|rs|es|ps|base|blake|pbkdf|ripemd|crc|x|oauth)[-_]?\d+\w{0,6}"
    r"|[a-z]+(?:[-_.:/][a-z]+)+[-_.]?\d{0,3}|[a-z]+[-_.]\d{1,3}|[A-Z]+(?:_[A-Z]+)*_?\d{0,3}"
)
_KEY_BODY = re.compile(r"[A-Za-z0-9+/]{40}")
_FILE_OF = {
    "go": "x.go", "c": "x.c", "cpp": "x.cpp", "java": "x.java", "javascript": "x.js",
    "python": "x.py", "typescript": "x.js",
}  # fmt: skip


def secret(text: str, language: str = "") -> str:
    """The line, and the detector that found a secret there; empty if none did.

    The secret itself is never told.
    """
    for line, detector in _found(text, language):
        return f"line {line}: {detector}"
    return ""


def _found(text: str, language: str) -> Iterator[tuple[int, str]]:
    for detector, pattern in _patterns(long=False):
        for match in pattern.finditer(text):
            if _is_real(detector, match, text):
                yield text.count("\n", 0, match.start()) + 1, detector.secret_type
    for start, line in _lines_with_a_long_run(text):
        for detector, pattern in _patterns(long=True):
            if any(_is_real(detector, match, line) for match in pattern.finditer(line)):
                yield text.count("\n", 0, start) + 1, detector.secret_type
    yield from _found_by_line(text, language)


def _found_by_line(text: str, language: str) -> Iterator[tuple[int, str]]:
    """What the name beside a string makes a secret."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > 1000 or not ('"' in line or "'" in line):
            continue
        if _KEYWORDS.search(line) and _by_keyword(line, language):
            yield number, "Secret Keyword"
        elif _QUOTED.search(line) and _SECRET_NAME.search(line) and (name := _by_entropy(line)):
            yield number, name


def _lines_with_a_long_run(text: str) -> Iterator[tuple[int, str]]:
    """The lines, with their offsets, that hold many letters and digits in a row."""
    for match in _LONG_RUN.finditer(text):
        if _DIGITS.search(match[0]):
            start = text.rfind("\n", 0, match.start()) + 1
            end = text.find("\n", match.end())
            yield start, text[start : end if end >= 0 else len(text)]


def _is_real(detector: Any, match: re.Match[str], text: str) -> bool:
    """Does what a pattern matched look like the secret itself, and not like talk of one?"""
    if type(detector).__name__ == "PrivateKeyDetector":
        return bool(_KEY_BODY.search(text, match.end(), match.end() + 400))
    if not any(detector.analyze_string(match[0])):
        return False  # a web token that is not formally valid
    longest = max((group for group in match.groups() if group), key=len, default="")
    return _looks_secret(longest if len(longest) >= A_SECRET else match[0])


def _looks_secret(value: str) -> bool:
    """Letters and digits mixed, long enough, no stand-in and no name."""
    mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    meant = _PLACEHOLDER.search(value) or _NAME.fullmatch(value)
    return bool(mixed) and len(value) >= A_SECRET and not meant


def _by_keyword(line: str, language: str) -> bool:
    from detect_secrets.filters import heuristic
    from detect_secrets.plugins import keyword
    from detect_secrets.util.filetype import determine_file_type

    patterns = keyword.REGEX_BY_FILETYPE.get(determine_file_type(_FILE_OF.get(language, "")))
    found = _keyword_detector().analyze_string(line, patterns)
    if heuristic.is_indirect_reference(line):
        return False
    return any(_looks_secret(v) and not heuristic.is_sequential_string(v) for v in found)


def _by_entropy(line: str) -> str:
    from detect_secrets.filters import heuristic

    for detector in _entropy_detectors():
        for found in detector.analyze_line(filename="", line=line):
            value = found.secret_value or ""
            known = heuristic.is_sequential_string(value) or heuristic.is_potential_uuid(value)
            if len(value) >= A_TOKEN and _looks_secret(value) and not known:
                return str(detector.secret_type)
    return ""


@cache
def _detectors() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    kinds: Any = get_mapping_from_secret_type_to_class().values()
    made: list[Callable[[], Any]] = [kind for kind in kinds if kind.__name__ not in _LEFT_OUT]
    return tuple(make() for make in made)


@cache
def _patterns(*, long: bool) -> tuple[tuple[Any, re.Pattern[str]], ...]:
    """The detectors that are patterns, with each of their patterns."""
    return tuple(
        (detector, pattern)
        for detector in _detectors()
        for pattern in getattr(detector, "denylist", ())
        if (type(detector).__name__ in _LONG) == long
    )


@cache
def _keyword_detector() -> Any:
    return next(d for d in _detectors() if type(d).__name__ == "KeywordDetector")


@cache
def _entropy_detectors() -> tuple[Any, ...]:
    return tuple(d for d in _detectors() if type(d).__name__ in _ENTROPY)
