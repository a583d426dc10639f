"""What every source of code keeps."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable

import pytest
from archives import CODE, digest, forget_the_user, laid, served_index, tar_of
from conformance.everything import every, loaded

from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.sources._open import resolve

pytestmark = pytest.mark.parametrize("name", list(every("sources")))

JS = "export function area(width, height) {\n  return width * height;\n}\n"
FILES = {"shapes/area.py": CODE, "shapes/volume.py": CODE * 2, "shapes/area.js": JS}


@pytest.fixture(autouse=True)
def nobodys_machine(monkeypatch, tmp_path):
    """No configuration of whoever runs the tests, and no pause between attempts."""
    forget_the_user(monkeypatch, tmp_path / "home")


@pytest.fixture
def index(monkeypatch):
    """A server of packages, and the one that is asked."""
    with served_index() as made:
        monkeypatch.setenv("PIP_INDEX_URL", f"{made.url}/simple/")
        monkeypatch.setenv("npm_config_registry", f"{made.url}/")
        yield made


def folder(tmp_path, _index):
    return str(laid(tmp_path / "toys", FILES))


def repository(tmp_path, _index):
    place = laid(tmp_path / "toys", FILES)
    ann = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "one")):
        subprocess.run(["git", "-C", str(place), *ann, *words], check=True)
    return str(place)


def rows(tmp_path, _index):
    lines = [json.dumps({"path": path, "content": code}) for path, code in FILES.items()]
    laid(tmp_path, {"rows.jsonl": "\n".join(lines)})
    return f"{tmp_path}/rows.jsonl#content"


def python_package(_tmp_path, index):
    data = tar_of({f"toys-1.0/{path}": code for path, code in FILES.items()})
    url = index.put("/files/toys-1.0.tar.gz", data, "application/octet-stream")
    link = f'<a href="{url}#sha256={digest(data)}">toys-1.0.tar.gz</a>'
    index.put("/simple/toys/", f"<html><body>{link}")
    return "toys==1.0"


def npm_package(_tmp_path, index):
    package = {"package/package.json": json.dumps({"name": "toys", "version": "1.0.0"})}
    data = tar_of(package | {f"package/{path}": code for path, code in FILES.items()})
    mark = base64.b64encode(hashlib.sha512(data).digest()).decode()
    dist = {"tarball": index.put("/toys/-/x.tgz", data), "integrity": f"sha512-{mark}"}
    page = {"name": "toys", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"dist": dist}}}
    index.put("/toys", json.dumps(page), "application/json")
    return "toys"


ADDRESSES: dict[str, Callable] = {
    "path": folder, "git": repository, "rows": rows, "pypi": python_package, "npm": npm_package,
}  # fmt: skip


@pytest.fixture
def address(name, tmp_path, index):
    """Where these files are to be had from the source."""
    if name not in ADDRESSES:
        pytest.fail(f"no address of a {name} source: add one to conformance/test_sources.py")
    return ADDRESSES[name](tmp_path, index)


@pytest.fixture
def source(name):
    return loaded("sources", name)


@pytest.fixture
def pinned(source, address, tmp_path):
    return source.resolve(address, tmp_path / "cache")


def pin_of(pinned):
    return Pin(pinned.version, pinned.sha256)


def test_it_pins_an_address(pinned):
    assert isinstance(pinned, Pinned)
    assert len(pinned.sha256) == 64
    assert set(pinned.sha256) <= set("0123456789abcdef")
    assert pinned.version
    assert pinned.place.exists()


def test_the_same_address_comes_to_the_same(source, address, pinned, tmp_path):
    assert source.resolve(address, tmp_path / "cache") == pinned
    elsewhere = source.resolve(address, tmp_path / "other-cache")
    assert pin_of(elsewhere) == pin_of(pinned)
    assert elsewhere.address == pinned.address


def test_a_pin_comes_to_itself(source, address, pinned, tmp_path):
    assert source.resolve(address, tmp_path / "cache", pin_of(pinned)) == pinned


def test_the_exact_address_names_this_version(pinned, tmp_path):
    assert resolve(pinned.address, tmp_path / "cache") == pinned


def test_a_pin_to_something_else_is_the_callers_mistake(source, address, pinned, tmp_path):
    with pytest.raises(InputError):
        source.resolve(address, tmp_path / "cache", Pin(pinned.version, "0" * 64))


def test_what_is_pinned_is_read_from_the_cache(source, address, pinned, tmp_path, index):
    index.pages.clear()
    again = source.resolve(address, tmp_path / "cache", pin_of(pinned))
    assert list(source.read(again, ReadRules())) == list(source.read(pinned, ReadRules()))


def test_files_come_in_a_fixed_order_with_their_origin(source, pinned):
    samples = list(source.read(pinned, ReadRules()))
    assert samples == list(source.read(pinned, ReadRules()))
    assert sorted(sample.code for sample in samples) == sorted(FILES.values())
    origins = [sample.origin for sample in samples]
    assert all(one.source and one.path and len(one.sha256) == 64 for one in origins)
    assert len({one.path for one in origins}) == len(FILES)
    assert [sample.rejected for sample in samples] == [None] * len(FILES)


def test_only_the_languages_asked_for(source, pinned):
    samples = list(source.read(pinned, ReadRules(languages=("javascript",))))
    assert [(sample.language, sample.code) for sample in samples] == [("javascript", JS)]


def test_no_file_in_a_language_is_the_callers_mistake(source, pinned):
    with pytest.raises(InputError):
        list(source.read(pinned, ReadRules(languages=("rust",))))


def test_what_is_too_long_is_rejected(source, pinned):
    samples = list(source.read(pinned, ReadRules(max_bytes=len(CODE) + 20)))
    assert sorted(sample.code for sample in samples if not sample.rejected) == sorted([CODE, JS])
    assert [sample.rejected.stage for sample in samples if sample.rejected] == ["read"]


@pytest.mark.parametrize("wrong", ["no-such-thing-anywhere", "no/such/thing#at@all"])
def test_an_address_without_anything_is_the_callers_mistake(source, wrong, tmp_path, index):
    with pytest.raises(InputError) as told:
        source.resolve(wrong, tmp_path / "cache")
    assert str(told.value)
