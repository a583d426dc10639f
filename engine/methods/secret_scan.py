"""Does a text hold secrets? The detectors are those of detect-secrets, and a few that it lacks.

Its detectors are asked directly: its own scan would ask the services whether a key is valid. What
they find in ordinary code (a test vector's digest, `password = "password"`) is held against what
secrets look like. A public IP address is none.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from backfeed.engine.methods._secret_forms import OWN

A_SECRET = 6
A_TOKEN = 16
A_RANDOM = 10
VARIED = 9
LONG = 1000

_LEFT_OUT = {"IPPublicDetector"}
_ENTROPY = {"Base64HighEntropyString", "HexHighEntropyString"}
# These cost most, and what they find has a run of so many letters and digits.
_LONG = {"IbmCloudIamDetector", "IbmCosHmacDetector", "CloudantDetector", "SoftlayerDetector"}
# A service gives its keys a form that nothing else has.
_FORMED = {
    "GitHubTokenDetector", "GitLabTokenDetector", "OpenAIDetector",
    "PypiTokenDetector", "SendGridDetector", "SlackDetector", "SquareOAuthDetector",
    "StripeDetector",
}  # fmt: skip
_UNFILLED = re.compile(
    r"example|placeholder|your|dummy|fake|sample|x{4}|0{6}|12345|abcdef|qwerty|\.\.\.|\*\*\*|[{}<>$\s]",
    re.IGNORECASE,
)
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
_LEET = str.maketrans("@013457$!", "aoieastsi")
_WORDS = re.compile(r"passw|secret|admin|letmein|welcome|changeme")
_ALPHABET, _NUMBERS = "abcdefghijklmnopqrstuvwxyz", "01234567890"
_KEY_BODY = re.compile(r"[A-Za-z0-9+/]{40}")
# `password: string = "..."` is matched without the type.
_TYPED = re.compile(r"(\w)\??\s{0,2}:\s{0,2}&?[\w<>\[\]|.' ]{1,40}?\s{0,2}=(?!=)")
_FILE_OF = {
    "go": "x.go", "c": "x.c", "cpp": "x.cpp", "java": "x.java", "javascript": "x.js",
    "python": "x.py", "typescript": "x.js",
}  # fmt: skip


# `DB_PASSWORD=...` without quotes: a file of settings, or a shell.
_SETTING = re.compile(
    r"^[ \t]*(?:(?:export|ENV|set|-)[ \t]+)?(?=[A-Z])[A-Z0-9_]*"
    r"(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY)[A-Z0-9_]*"
    r"(?:=|:[ \t]+)([A-Za-z0-9+/_=!@%^&*~-]{8,200})[ \t]*\r?$",
    re.MULTILINE,
)
_KINDS = {
    "AWS Access Key": "aws-key", "Azure Storage Account access key": "azure-key",
    "Basic Auth Credentials": "url-password", "Secret Keyword": "password",
    "Base64 High Entropy String": "random-string", "Hex High Entropy String": "random-string",
    "JSON Web Token": "json-web-token", "NPM tokens": "npm-token",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text: its line (from 1), its kind for counting, and which detector found it.

    The secret itself is never told.
    """

    line: int
    kind: str
    detector: str


def secret(text: str, language: str = "") -> str:
    """The line, and the detector that found a secret there; empty if none did."""
    return next((f"line {one.line}: {one.detector}" for one in secrets(text, language)), "")


def secrets(text: str, language: str = "") -> tuple[Secret, ...]:
    """All lines that hold a secret, in order, each once.

    >>> [(s.line, s.kind) for s in secrets("a = 1\\npassword = 'hunter2'\\n")]
    [(2, 'password')]
    """
    first: dict[int, str] = {}
    pieces, numbers = _pieces(text)
    for line, detector in _found(pieces, language):
        # The detectors of one service come before the general ones.
        first.setdefault(numbers[line - 1] if numbers else line, detector)
    return tuple(Secret(line, kind_of(name), name) for line, name in sorted(first.items()))


def _pieces(text: str) -> tuple[str, list[int]]:
    """The text with its long lines cut, for some patterns take the square of their time on those.

    And the number of the line that each is from; empty if nothing was cut.
    """
    lines = text.split("\n")
    if len(max(lines, key=len)) <= LONG:
        return text, []
    cut = [
        (line[start : start + LONG], number)
        for number, line in enumerate(lines, start=1)
        for start in range(0, max(len(line), 1), LONG)
    ]
    return "\n".join(piece for piece, _ in cut), [number for _, number in cut]


def kind_of(detector: str) -> str:
    """The short name of what a detector finds.

    >>> kind_of("AWS Access Key"), kind_of("Slack Token")
    ('aws-key', 'slack-token')
    """
    return _KINDS.get(detector) or "-".join(detector.lower().split())


def kinds() -> tuple[str, ...]:
    """Each kind that a secret may be of, by name."""
    names = [*(str(one.secret_type) for one in _detectors()), *(name for name, _ in OWN)]
    return tuple(sorted({kind_of(name) for name in names}))


def _found(text: str, language: str) -> Iterator[tuple[int, str]]:
    yield from _found_by_look(text)
    for start, line in _lines_with_a_long_run(text):
        for detector, pattern in _patterns(long=True):
            if any(_is_real(detector, match, line) for match in pattern.finditer(line)):
                yield _line_at(text, start), detector.secret_type
    yield from _found_by_line(text, language)
    for match in _SETTING.finditer(text):
        if _looks_secret(match[1]) and _DIGITS.search(match[1]):
            yield _line_at(text, match.start(1)), "Secret Keyword"


def _found_by_look(text: str) -> Iterator[tuple[int, str]]:
    """What is a secret wherever it stands, for a service writes its keys like that."""
    for detector, pattern in _patterns(long=False):
        for match in pattern.finditer(text):
            if _is_real(detector, match, text):
                yield _line_at(text, match.start()), detector.secret_type
    for name, pattern in OWN:
        for match in pattern.finditer(text):
            if _is_filled(match[0]):
                yield _line_at(text, match.start()), name


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


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
    kind = type(detector).__name__
    if kind == "PrivateKeyDetector":
        return bool(_KEY_BODY.search(text, match.end(), match.end() + 400))
    if not any(detector.analyze_string(match[0])):
        return False  # a web token that is not formally valid
    if kind in _FORMED or (kind == "AWSKeyDetector" and not match.groups()):
        return _stands_alone(match) and _is_filled(match[0])
    longest = max((group for group in match.groups() if group), key=len, default="")
    return _looks_secret(longest if len(longest) >= A_SECRET else match[0])


def _stands_alone(match: re.Match[str]) -> bool:
    """Is it no part of a longer run of letters and digits, such as a sequence of proteins?"""
    around = (
        match.string[max(match.start() - 1, 0) : match.start()],
        match.string[match.end() :][:1],
    )
    return not any(sign.isalnum() for sign in around)


def _is_filled(key: str) -> bool:
    """Is what a service's own form holds no stand-in? DNA has the form of a key, too."""
    return not _UNFILLED.search(key) and len(set(key)) >= VARIED


def _looks_secret(value: str) -> bool:
    """Letters and digits mixed, long enough, no stand-in and no name."""
    mixed = (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)) or _is_random(value)
    meant = _PLACEHOLDER.search(value) or _NAME.fullmatch(value) or _is_a_joke(value)
    return bool(mixed) and len(value) >= A_SECRET and not meant


def _is_random(value: str) -> bool:
    """Letters alone, small and large in no order that words have."""
    changes = sum(a.isupper() != b.isupper() for a, b in pairwise(value))
    return len(value) >= A_RANDOM and value.isalpha() and changes >= 0.36 * len(value)


def _is_a_joke(value: str) -> bool:
    """`P@ssw0rd1`, `A1b2C3d4`: what people write who need any password."""
    plain = value.lower().translate(_LEET)
    letters, digits = re.sub(r"[^a-z]", "", value.lower()), re.sub(r"\D", "", value)
    return bool(_WORDS.search(plain)) or (
        len(letters) + len(digits) == len(value) and letters in _ALPHABET and digits in _NUMBERS
    )


def _by_keyword(line: str, language: str) -> bool:
    from detect_secrets.filters import heuristic
    from detect_secrets.plugins import keyword
    from detect_secrets.util.filetype import determine_file_type

    line = _TYPED.sub(r"\1 =", line)
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
