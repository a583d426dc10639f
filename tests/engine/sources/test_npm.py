"""Packages of npm."""

import base64
import hashlib
import json

import pytest
from archives import digest, tar_of

from backfeed.engine.errors import InputError
from backfeed.engine.sources._open import pin_of, read, resolve
from backfeed.engine.sources._package import hexadecimal
from backfeed.engine.sources.npm import registry_url

JS = "export function area(width, height) {\n  return width * height;\n}\n"


def tarball(name: str = "shapes", licence: str = "ISC") -> bytes:
    package = json.dumps({"name": name, "license": licence})
    return tar_of({"package/package.json": package, "package/src/area.js": JS})


@pytest.fixture
def publish(index, monkeypatch):
    monkeypatch.setenv("npm_config_registry", f"{index.url}/")

    def do(name: str, versions: dict[str, bytes], path: str = "", **dist: str) -> None:
        told = {}
        for version, data in versions.items():
            url = index.put(f"/{name}/-/x-{version}.tgz", data)
            sha512 = base64.b64encode(hashlib.sha512(data).digest()).decode()
            told[version] = {"dist": {"tarball": url, "integrity": f"sha512-{sha512}", **dist}}
        page = {"name": name, "dist-tags": {"latest": list(versions)[-1]}, "versions": told}
        index.put(path or f"/{name}", json.dumps(page), "application/json")

    return do


def test_the_latest_is_taken_and_read(publish, cache):
    publish("shapes", {"0.9.0": tarball(), "1.0.0": tarball()})
    pinned = resolve("npm:shapes", cache)
    (sample,) = read(pinned)
    assert (pinned.address, pinned.sha256) == ("npm:shapes@1.0.0", digest(tarball()))
    assert (sample.language, sample.code) == ("javascript", JS)
    origin = sample.origin
    assert (origin.source, origin.path, origin.licence) == (
        "npm:shapes@1.0.0",
        "src/area.js",
        "ISC",
    )


def test_a_version_or_a_tag_may_be_asked_for(publish, cache):
    publish("shapes", {"0.9.0": tarball(), "1.0.0": tarball()})
    assert resolve("npm:shapes@0.9.0", cache).version == "0.9.0"
    assert resolve("npm:shapes@latest", cache).version == "1.0.0"
    with pytest.raises(InputError, match=r"no version 7\.0\.0; the newest are 1\.0\.0, 0\.9\.0"):
        resolve("npm:shapes@7.0.0", cache)


def test_a_package_in_a_scope(publish, cache):
    publish("@ann/shapes", {"1.0.0": tarball()}, path="/@ann%2Fshapes")
    pinned = resolve("npm:@ann/shapes@1.0.0", cache)
    assert pinned.address == "npm:@ann/shapes@1.0.0"
    assert next(read(pinned)).origin.repo == "@ann/shapes"


def test_another_file_than_promised_is_refused(publish, cache):
    publish(
        "shapes", {"1.0.0": tarball()}, integrity="sha512-" + base64.b64encode(b"0" * 64).decode()
    )
    with pytest.raises(InputError, match="its sha512 is"):
        resolve("npm:shapes", cache)


def test_an_old_package_is_checked_by_its_sha1(publish, cache):
    publish("shapes", {"1.0.0": tarball()}, integrity="", shasum=digest(tarball(), "sha1"))
    assert resolve("npm:shapes", cache).version == "1.0.0"
    publish("shapes", {"1.0.0": tarball()}, integrity="", shasum="")
    with pytest.raises(InputError, match="could be checked"):
        resolve("npm:shapes", cache)


def test_a_package_that_does_not_exist(publish, cache):
    publish("lodahs", {"1.0.0": tarball()})
    with pytest.raises(InputError, match=r"no package 'lodassh' at http.*did you mean 'lodash'\?"):
        resolve("npm:lodassh", cache)


def test_a_package_that_was_taken_back(index, publish, cache):
    publish("shapes", {"1.0.0": tarball()})
    index.put("/shapes", '{"name": "shapes"}', "application/json")
    with pytest.raises(InputError, match="no package 'shapes'"):
        resolve("npm:shapes", cache)


def test_what_is_no_registry(index, publish, cache):
    index.put("/shapes", "<html>", "text/html")
    with pytest.raises(InputError, match="does not answer as a registry does"):
        resolve("npm:shapes", cache)


def test_a_pinned_package_needs_no_network(index, publish, cache, tmp_path):
    publish("shapes", {"1.0.0": tarball()})
    first = resolve("npm:shapes", cache)
    pins = {"npm:shapes": pin_of(first)}
    publish("shapes", {"1.0.0": tarball(licence="MIT")})
    index.asked.clear()
    assert resolve("npm:shapes", cache, pins) == first
    assert not index.asked
    with pytest.raises(InputError, match="another file than the one pinned"):
        resolve("npm:shapes", tmp_path / "empty", pins)


@pytest.mark.parametrize("name", ["", "a b", "../x", "@x", "x@1@2", "a/b/c"])
def test_what_is_no_package_name(name, cache):
    with pytest.raises(InputError):
        resolve(f"npm:{name}", cache)


def test_the_registry_is_npms(monkeypatch, tmp_path):
    assert registry_url() == "https://registry.npmjs.org"
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".npmrc").write_text(
        "registry=https://mine.example/\n@ann:registry = https://ann.example\n"
    )
    assert registry_url() == "https://mine.example"
    assert registry_url("@ann/x") == "https://ann.example"
    monkeypatch.setenv("npm_config_registry", "https://other.example")
    assert registry_url("x") == "https://other.example"


def test_the_strongest_digest_counts():
    sha512 = base64.b64encode(b"\x01" * 64).decode()
    assert hexadecimal(f"sha1-AAAA sha512-{sha512}?x") == ("sha512", "01" * 64)
    assert hexadecimal("") == ("", "")
