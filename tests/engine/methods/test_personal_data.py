"""What is personal in a text, and what only looks like it."""

import pytest

from backfeed.engine.methods.personal_data import KINDS, personal


def kinds(text: str) -> list[str]:
    return [one.kind for one in personal(text)]


# Valid by their check digits, and nobody's that we know of.
PERSONAL = [
    ("Write to jane.roe87@fastmail.com.", "email"),
    ("# author: Malcolm <mmx@webmail.co.za>", "email"),
    ("call +49 30 901820 now", "phone"),
    ("Tel. (212) 736-5000", "phone"),
    ("+44 20 7946 1958 is my number", "phone"),
    ("the server at 93.184.215.14 is down", "ip"),
    ("host = '2a00:1450:4001:831::200e'", "ip"),
    ("paid with 5425 2334 3010 9903", "card"),
    ("card: 4539682995824395", "card"),
    ("IBAN DE75 5121 0800 1245 1261 99", "iban"),
    ("SSN: 536-90-4399", "ssn"),
]


@pytest.mark.parametrize(("text", "kind"), PERSONAL, ids=[text for text, _ in PERSONAL])
def test_personal_data_are_found_in_their_line(text, kind):
    [found] = personal(f"first\n{text}\n")
    assert (found.kind, found.line) == (kind, 2)


NOBODYS = [
    "mail = 'jane@example.com'", "user@example.org, a@b.test, me@localhost.localdomain",
    "git@github.com:someone/some.git", "git clone ssh://git@gitlab.com/x", "no-reply@github.com",
    "name@domain.com or your.name@company.com", "john.doe@gmail.com", "y = weights@data.shape",
    "z = (a@b.T) + x@w.to(y)", "@app.route('/x')", "127.0.0.1 10.0.0.1 192.168.1.20 0.0.0.0",
    "203.0.113.7 198.51.100.3 192.0.2.1", "1.2.3.4 and 8.8.8.8", "version 93.184.215.14",
    "pip install x==93.184.215.14", "v93.184.215.14", "255.255.255.0", "std::vector<dead::beef>",
    "2001:db8::1", "12:34:56", "4111 1111 1111 1111", "card = 4242424242424242",
    "x = 4539682995824395", "card 4539682995824396", "GB82 WEST 1234 5698 7654 32",
    "DE75 5121 0800 1245 1261 98", "123-45-6789", "000-12-3456", "2024-05-17 12:30:45",
    "555-123-4567", "+1 555 0100 123", "+1234567890", "x = 2127365000", "1e10 + 3.14159265358979",
    "0xDEADBEEF 123456789012345678", "sum(1, -212-736-5000)",
]  # fmt: skip


@pytest.mark.parametrize("text", NOBODYS)
def test_what_is_nobodys_is_none(text):
    assert kinds(text) == []


def test_each_kind_is_told_once_a_line():
    assert kinds("a@fastmail.de x@y.com ann@web.de\nbea@web.de") == ["email", "email"]


def test_every_kind_is_tried():
    assert {kind for _, kind in PERSONAL} == set(KINDS)
