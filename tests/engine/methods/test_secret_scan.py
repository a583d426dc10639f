"""What is a secret in source code, and what only looks like one.

The secrets are put together here, so that no scanner takes this file for a leak.
"""

import re
from pathlib import Path

import pytest

from backfeed.engine.methods.secret_scan import kinds, secret, secrets

MIXED = "q7Rz2LkP9sXw4VbN1mTc"
BODY = "MIIEpAIBAAKCAQEA7bq0cV3mXQf2d9sKp1LwYt6Zr8Nn5HhJj4GgFfDdSsAaPpOo\n" * 3


def joined(*pieces: str) -> str:
    return "".join(pieces)


SECRETS = [
    (joined("KEY = 'AK", "IA", "QW3ERT5YUI7OPA9S", "'"), "AWS Access Key"),
    (joined("t = 'gh", "p_", MIXED, "4Yh8Jd3Kf6Gs2Wq", "z'"), "GitHub Token"),
    (joined("k = 'sk", "_live_", "4eC39HqLyjWDarjtT1zdp7dc", "'"), "Stripe Access Key"),
    (joined("-----BEGIN RSA ", "PRIVATE KEY-----\n", BODY), "Private Key"),
    (joined("url = 'postgres://bob:", "hXk29fQz", "@db.internal/x'"), "Basic Auth Credentials"),
    (joined('password = "', "hunter2", '"'), "Secret Keyword"),
    (joined("api_key = '", MIXED, "'"), "Secret Keyword"),
    (joined("access_token = '", MIXED, MIXED.swapcase(), "'"), "Base64 High Entropy String"),
]


@pytest.mark.parametrize(("text", "detector"), SECRETS, ids=[name for _, name in SECRETS])
def test_secrets_are_found(text, detector):
    found = secret(f"import os\n{text}\n", "python")
    assert found == f"line 2: {detector}"
    assert MIXED not in found


ORDINARY = [
    'password = "password"',
    'password = input("Password: ")',
    'parser.add_argument("--password", help="the password")',
    'if key == "secret":',
    'digest = "d41d8cd98f00b204e9800998ecf8427e"',
    'assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
    'hash_name = secret_algorithm = "sha256"',
    "password = os.environ['PASSWORD_2']",
    'token = get_token("user1", "x9")',
    "url = 'http://user:password@host/'",
    "url = f'http://{user}:{password}@host/'",
    'BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"',
    "HEADER = '-----BEGIN RSA PRIVATE KEY-----'",
    'dns = "8.8.8.8"',
    "class APConfiguration:",
    'version = "1.2.3"',
    'secret_name = "db.password.v1"',
    "token = '<your-token-1>'",
    'id = "123e4567-e89b-12d3-a456-426614174000"',
]


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize("language", ["python", "javascript", ""])
def test_ordinary_code_holds_none(text, language):
    assert secret(text, language) == ""


# The forms that services give to their keys, and ways to write a password down.
FORMS = [
    (joined("k = 'AI", "za", MIXED, "Xy3Kd8Qw5Zt7Hn2"), "google-api-key"),
    (joined("k = 'gith", "ub_pat_", MIXED, "Ab_", MIXED, MIXED, MIXED[:19], "'"), "github-token"),
    (joined("hf = 'h", "f_", MIXED, MIXED[:16], "'"), "hugging-face-token"),
    (joined("k = 'sk", "-ant-api03-", MIXED, MIXED, MIXED, "'"), "anthropic-api-key"),
    (joined("KEY = 'AK", "IA", "EVXRVCQURTAWBOGQ", "'"), "aws-key"),
    (joined("url = 'redis://bob:", "EnEzioqCytgmKS", "@db.internal/x'"), "url-password"),
    (joined("db_password: str = '", "Kx7fQz2w", "'"), "password"),
    (joined("export DB_PASSWORD=", "Kx7fQz2w9"), "password"),
    (joined("API_KEY: ", MIXED), "password"),
]


@pytest.mark.parametrize(("text", "kind"), FORMS, ids=[text[:14] for text, _ in FORMS])
def test_the_kind_of_a_secret_is_told(text, kind):
    [found] = secrets(f"one\n{text}\n", "python")
    assert (found.line, found.kind) == (2, kind)


def test_all_lines_are_told_and_each_once():
    text = "\n".join(["", SECRETS[0][0], "x = 1", SECRETS[1][0], SECRETS[0][0]])
    assert [(s.line, s.kind) for s in secrets(text, "python")] == [
        (2, "aws-key"), (4, "github-token"), (5, "aws-key"),
    ]  # fmt: skip


def test_long_lines_are_looked_through_in_pieces():
    """Some patterns take the square of their time on a line such as the second one."""
    text = "\n".join(["a " * 5000 + SECRETS[0][0], "sk-" * 100_000, SECRETS[1][0]])
    assert [(s.line, s.kind) for s in secrets(text)] == [(1, "aws-key"), (3, "github-token")]


STAND_INS = [
    joined("KEY = 'AK", "IA", "IOSFODNN7EXAMPLE", "'"),
    "password = 'P@ssw0rd1'",
    "password = 'A1b2C3d4E5'",
    "DNA = 'ACCAGTACCAGTACCAGTACGGA'",
    "SECRET_KEY=your_secret_key_1",
    "API_TOKEN=${TOKEN_1}",
    "MAX_TOKEN = compute_token(4)",
    "url = 'redis://bob:MySuperWonderfulWord@host/'",
    "password: string = getPassword1()",
]


@pytest.mark.parametrize("text", STAND_INS)
@pytest.mark.parametrize("language", ["python", "typescript", ""])
def test_stand_ins_are_none(text, language):
    assert secrets(text, language) == ()


def test_the_kinds_are_those_of_the_docs():
    page = (Path(__file__).parents[3] / "docs/inspection.md").read_text()
    listed = page.partition("## `secret/")[2].partition("\n## ")[0]
    told = re.findall(r"^\| (`.*?`) \|", listed, re.MULTILINE)
    names = re.findall(r"`([^`]+)`", " ".join(told))
    assert {name.removeprefix("secret/") for name in names} == {*kinds()}


def test_no_service_is_asked(monkeypatch):
    """The detectors can verify a key with its owner: that would hand it out."""
    import socket

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert all(secret(text, "python") for text, _ in SECRETS)
