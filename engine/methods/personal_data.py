"""Which personal data a text holds: addresses and numbers that name one person or machine.

Patterns find what may be one; whether it is, its own rules say: check digits (Luhn, ISO 7064) and
blocks of numbers by python-stdnum, telephone plans by phonenumbers, address ranges by the standard
library. What is written to be nobody's (RFC 2606 names, RFC 5737 networks, 555 numbers, the card
numbers that payment services give to testers) is none.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

KINDS = ("email", "phone", "ip", "card", "iban", "ssn")


@dataclass(frozen=True, slots=True)
class Personal:
    """Something personal in a text: one of `KINDS`, and its line, from 1. It itself is not told."""

    kind: str
    line: int


def personal(text: str) -> tuple[Personal, ...]:
    """What a text holds, by line; one of a kind in a line is told once.

    >>> personal("one\\nwrite to jane.roe@fastmail.com, not to me@example.com")
    (Personal(kind='email', line=2),)
    """
    found = {
        (text.count("\n", 0, match.start()) + 1, kind)
        for kind, (pattern, holds) in _RULES.items()
        for match in pattern.finditer(text)
        if holds(match)
    }
    return tuple(Personal(kind, line) for line, kind in sorted(found))


_EMAIL = re.compile(
    r"(?<![\w.+/@:%-])([A-Za-z0-9][\w.+-]{0,63})@((?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,4}([A-Za-z]{2,12}))"
    r"(?![\w@(\[:/-])"
)
# With these a name is an address; others are as often an attribute: `weights@data.shape`.
_TOP = {
    "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "dev", "app",
    "email", "online", "cloud",
}  # fmt: skip
# Nobody's: RFC 2606 and 6761, and what people write in their stead.
_NOBODYS_TOP = {"example", "test", "invalid", "localhost", "local", "internal"}
_NOBODYS = re.compile(
    r"(?:^|\.|-)(?:examples?|ex|test\w*|demo|sample|foo|bar|baz|foobar|fake\w*|dummy|acme|xyz|abc|a|b|c|x|y|z"
    r"|(?:your|my|some|any|the)?[-_]?(?:domain|company|mail|email|site|website|server|host|org|corp|provider)s?"
    r"|(?:your|my|some)[\w-]*|domain\d*|place|contoso|mydomain|users?\.noreply\.github)\.[a-z.]+$"
)
_NOBODY = re.compile(
    r"(?:no-?reply|do-?not-?reply|git|user(?:name)?|name|you|your[\w.-]*|me|my[\w.-]*email|foo|bar|test\w*|example\w*"
    r"|someone|somebody|admin|root|info|support|contact|hello|help|sales|postmaster|webmaster|abuse|security|team"
    r"|john|jane|alice|bob|john\.?doe|jane\.?doe|j\.?doe|jdoe|recipient|sender|from|to|email|abc|xyz|[a-z]|xx+)\d{0,4}"
)


def _is_email(match: re.Match[str]) -> bool:
    name, host, top = match[1].lower(), match[2].lower(), match[3].lower()
    if top in _NOBODYS_TOP or not (top in _TOP or len(top) == 2):
        return False
    return not (_NOBODY.fullmatch(name) or _NOBODYS.search(host) or host[0].isdigit())


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IP4 = rf"(?<![\w.$-])(?P<v4>{_OCTET}(?:\.{_OCTET}){{3}})(?![\w-]|\.\d)"
_IP6 = r"(?<![\w:.])(?P<v6>[23][0-9a-fA-F]{3}(?::{1,2}[0-9a-fA-F]{1,4}){2,7})(?![\w:])"
_IP = re.compile(f"{_IP4}|{_IP6}")
_VERSION = re.compile(r"(?:\bv|version\W*|release\W*|build\W*|[=<>~^]=\s*[\"']?)$", re.IGNORECASE)
# The public resolvers that every tutorial asks, and what is typed in order.
_SHOWN_IPS = {"123.45.67.89", "12.34.56.78", "123.123.123.123", "123.45.67.8"} | {
    "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220",
    "2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111",
}  # fmt: skip
_SMALL = 32


def _is_ip(match: re.Match[str]) -> bool:
    """A public address. Four small numbers are a version or made up: `1.2.3.4`."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    if match[0] in _SHOWN_IPS or not address.is_global or address.is_multicast:
        return False
    if address.version == 6:
        return True
    octets = [int(part) for part in match[0].split(".")]
    before = match.string[max(match.start() - 12, 0) : match.start()]
    made_up = max(octets) < _SMALL or len(set(octets)) == 1 or octets[-1] == 0
    return not made_up and not _VERSION.search(before)


_CARD = re.compile(r"(?<![\w.+-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)")
_GROUPED = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{5}")
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
)
_ABOUT_CARDS = re.compile(
    r"\b(?:cards?|visa|mastercard|amex|american express|discover|credit|debit|payment|ccn?|pan)\b",
    re.IGNORECASE,
)
# The card numbers of the testers' pages of payment services, and of countless lessons on Luhn.
_TEST_CARDS = {
    "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556",
    "4222222222222", "4000000000000002", "4000000000009995", "4539578763621486",
    "4556737586899855", "4916338506082832", "4532015112830366", "4539148803436467",
    "5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222",
    "378282246310005", "371449635398431", "378734493671000", "6011111111111117",
    "6011000990139424", "6011000000000004", "5454545454545454", "4716461583322103",
}  # fmt: skip


def _is_card(match: re.Match[str]) -> bool:
    """Grouped as cards are, or near a word for them; one random number in ten passes Luhn."""
    from stdnum import luhn

    digits = re.sub(r"\D", "", match[0])
    if digits in _TEST_CARDS or len(set(digits)) < 5 or not _ISSUED.fullmatch(digits):
        return False
    near = match.string[max(match.start() - 60, 0) : match.start()]
    said = _GROUPED.fullmatch(match[0]) or (match[0] == digits and _ABOUT_CARDS.search(near))
    return bool(said) and luhn.is_valid(digits)


_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
# Those that the standard, the registry and the encyclopedias show.
_SHOWN_IBANS = {
    "GB82WEST12345698765432", "GB29NWBK60161331926819", "GB33BUKB20201555555555",
    "DE89370400440532013000", "DE91100000000123456789", "FR1420041010050500013M02606",
    "FR7630006000011234567890189", "NL91ABNA0417164300", "CH9300762011623852957",
    "ES9121000418450200051332", "IT60X0542811101000000123456", "BE68539007547034",
    "GR1601101250000000012300695", "SA0380000000608010167519", "AT611904300234573201",
}  # fmt: skip


def _is_iban(match: re.Match[str]) -> bool:
    from stdnum import iban

    written = match[0].replace(" ", "")
    return written not in _SHOWN_IBANS and iban.is_valid(written)


_SSN = re.compile(r"(?<![\w.+-])\d{3}-\d{2}-\d{4}(?![\w-]|\.\d)")
_MADE_UP_SSNS = {"123-45-6789", "987-65-4321", "111-22-3333", "123-12-1234", "000-00-0000"}


def _is_ssn(match: re.Match[str]) -> bool:
    from stdnum.us import ssn

    return match[0] not in _MADE_UP_SSNS and len(set(match[0])) > 3 and ssn.is_valid(match[0])


_PHONE = re.compile(
    r"(?<![\w.+*/=-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}"
    r"|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}([-.])\d{3}\1\d{4})(?![\w*/-]|\.\d)"
)
_FICTIONAL = re.compile(r"^1?\d{3}555\d{4}$|^1?(?:555|123|000)|0{5}|(\d)\1{5}|12345|23456|98765")


def _is_phone(match: re.Match[str]) -> bool:
    """A number that its country's plan has. American ones need no country: they are written so."""
    import phonenumbers

    digits = re.sub(r"\D", "", match[0])
    if _FICTIONAL.search(digits):
        return False
    try:
        number = phonenumbers.parse(match[0], None if match[0].startswith("+") else "US")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


_RULES: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = {
    "email": (_EMAIL, _is_email), "phone": (_PHONE, _is_phone), "ip": (_IP, _is_ip),
    "card": (_CARD, _is_card), "iban": (_IBAN, _is_iban), "ssn": (_SSN, _is_ssn),
}  # fmt: skip
