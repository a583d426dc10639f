"""What is a secret in source code, and what only looks like one.

The secrets are put together here, so that no scanner takes this file for a leak.
"""

import pytest

from backfeed.engine.methods.secret_scan import secret

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


def test_no_service_is_asked(monkeypatch):
    """The detectors can verify a key with its owner: that would hand it out."""
    import socket

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert all(secret(text, "python") for text, _ in SECRETS)
