"""Python packages from an index: resolved, checked, pinned, read."""

import json

import pytest
from archives import CODE, digest, tar_of, zip_of

from backfeed.engine.contracts import ReadRules
from backfeed.engine.errors import InputError, Outage, ServiceRefusal
from backfeed.engine.sources._open import pin_of, read, resolve, resolve_all
from backfeed.engine.sources._simple_index import index_url

META = "Metadata-Version: 2.1\nName: Shapes\nVersion: 1.0\nLicense: MIT\n"


def sdist(version: str = "1.0", **files: str) -> bytes:
    inside = {"PKG-INFO": META, "shapes/area.py": CODE, **files}
    return tar_of({f"shapes-{version}/{name}": text for name, text in inside.items()})


WHEEL = zip_of({"shapes/area.py": CODE, "shapes-1.0.dist-info/METADATA": META})


class Shelf:
    """A package on the index, in one of the two forms that indexes have."""

    def __init__(self, index, form: str) -> None:
        self.index, self.form = index, form
        self.files: list[dict] = []

    def add(self, name: str, data: bytes, *, sha256: str = "", yanked: bool = False) -> str:
        self.index.put(f"/files/{name}", data, "application/octet-stream")
        mark = sha256 or digest(data)
        self.files.append({"filename": name, "url": f"../../files/{name}", "yanked": yanked,
                           "hashes": {"sha256": mark}})  # fmt: skip
        self._publish()
        return mark

    def _publish(self) -> None:
        if self.form == "json":
            body = json.dumps({"meta": {"api-version": "1.0"}, "files": self.files})
            self.index.put("/simple/shapes/", body, "application/vnd.pypi.simple.v1+json")
            return
        links = [
            f'<a href="{f["url"]}#sha256={f["hashes"]["sha256"]}"'
            f"{' data-yanked' if f['yanked'] else ''}>{f['filename']}</a>"
            for f in self.files
        ]
        self.index.put("/simple/shapes/", "<html><body>" + "<br>".join(links), "text/html")


@pytest.fixture(params=["json", "html"])
def shelf(index, request, monkeypatch) -> Shelf:
    monkeypatch.setenv("PIP_INDEX_URL", f"{index.url}/simple/")
    return Shelf(index, request.param)


def test_the_newest_release_is_taken_and_its_source_preferred(shelf, cache):
    shelf.add("shapes-0.9.tar.gz", sdist("0.9"))
    shelf.add("shapes-1.0-py3-none-any.whl", WHEEL)
    mark = shelf.add("shapes-1.0.tar.gz", sdist())
    shelf.add("shapes-1.1rc1.tar.gz", sdist("1.1rc1"))
    shelf.add("shapes-2.0.tar.gz", sdist("2.0"), yanked=True)
    pinned = resolve("pypi:Shapes", cache)
    assert (pinned.address, pinned.version, pinned.sha256) == ("pypi:shapes==1.0", "1.0", mark)


def test_every_file_says_where_it_is_from(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist())
    (sample,) = read(resolve("pypi:shapes", cache))
    assert (sample.code, sample.language, sample.rejected) == (CODE, "python", None)
    origin = sample.origin
    assert (origin.source, origin.repo, origin.commit) == ("pypi:shapes==1.0", "shapes", "1.0")
    assert (origin.path, origin.first_line, origin.last_line) == ("shapes/area.py", 1, 2)
    assert (origin.licence, origin.sha256) == ("MIT", digest(CODE.encode()))


def test_a_wheel_serves_where_there_is_no_sdist(shelf, cache):
    shelf.add("shapes-1.0-cp311-cp311-linux_x86_64.whl", b"not this one")
    shelf.add("shapes-1.0-py3-none-any.whl", WHEEL)
    (sample,) = read(resolve("pypi:shapes==1.0", cache))
    assert (sample.origin.path, sample.origin.licence) == ("shapes/area.py", "MIT")


def test_a_version_may_be_asked_for_in_other_words(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist())
    shelf.add("shapes-2.0.tar.gz", sdist("2.0"), yanked=True)
    assert resolve("pypi:shapes==1.0.0", cache).version == "1.0"
    assert resolve("pypi:shapes==2", cache).version == "2.0"


def test_a_version_that_is_not_there_is_told_with_those_that_are(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist())
    with pytest.raises(InputError, match=r"no version 3\.0; the newest are 1\.0"):
        resolve("pypi:shapes==3.0", cache)


def test_a_package_that_does_not_exist_is_told_with_a_near_one(shelf, cache):
    with pytest.raises(InputError, match=r"no package 'pytset' at http.*did you mean 'pytest'\?"):
        resolve("pypi:pytset", cache)
    with pytest.raises(InputError, match="check how it is spelt"):
        resolve("pypi:qqqqqq", cache)


def test_a_file_with_another_digest_is_refused(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist(), sha256="0" * 64)
    with pytest.raises(InputError, match="not what the index promises"):
        resolve("pypi:shapes", cache)
    assert list(cache.rglob("*.tar.gz")) == []


def test_a_pinned_package_needs_no_network(shelf, cache, index):
    shelf.add("shapes-1.0.tar.gz", sdist())
    first = resolve("pypi:shapes", cache)
    index.pages.clear()
    index.asked.clear()
    again = resolve("pypi:shapes", cache, {"pypi:shapes": pin_of(first)})
    assert again == first
    assert list(read(again)) == list(read(first))
    assert not index.asked


def test_a_pin_holds_when_a_newer_release_is_out(shelf, cache, tmp_path):
    shelf.add("shapes-1.0.tar.gz", sdist())
    pins = {"pypi:shapes": pin_of(resolve("pypi:shapes", cache))}
    shelf.add("shapes-2.0.tar.gz", sdist("2.0"))
    assert resolve("pypi:shapes", tmp_path / "empty", pins).version == "1.0"


def test_a_pinned_file_that_was_replaced_is_refused(shelf, cache, tmp_path):
    shelf.add("shapes-1.0.tar.gz", sdist())
    pins = {"pypi:shapes": pin_of(resolve("pypi:shapes", cache))}
    shelf.files.clear()
    shelf.add("shapes-1.0.tar.gz", sdist(more="x = 1"))
    with pytest.raises(InputError, match="no more; add --update"):
        resolve("pypi:shapes", tmp_path / "empty", pins)


def test_a_damaged_file_in_the_cache_is_fetched_again(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist())
    first = resolve("pypi:shapes", cache)
    (kept,) = cache.rglob("*.tar.gz")
    kept.write_bytes(b"damaged")
    assert resolve("pypi:shapes", cache, {"pypi:shapes": pin_of(first)}) == first


def test_a_failure_that_passes_is_tried_again(shelf, cache, index):
    shelf.add("shapes-1.0.tar.gz", sdist())
    index.fail = {"/simple/shapes/": [500, 429], "/files/shapes-1.0.tar.gz": [503]}
    assert resolve("pypi:shapes", cache).version == "1.0"
    assert index.asked["/simple/shapes/"] == 3


def test_a_failure_that_stays_is_an_outage(shelf, cache, index):
    shelf.add("shapes-1.0.tar.gz", sdist())
    index.fail = {"/simple/shapes/": [500] * 9}
    with pytest.raises(Outage, match="HTTP 500; check the network"):
        resolve("pypi:shapes", cache)


def test_no_network_is_an_outage(cache, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(Outage, match=r"did not answer.*check the network"):
        resolve("pypi:shapes", cache)


def test_a_refusal_is_the_callers(shelf, cache, index):
    index.fail = {"/simple/shapes/": [403]}
    with pytest.raises(ServiceRefusal, match="HTTP 403"):
        resolve("pypi:shapes", cache)


def test_a_password_in_the_index_is_sent_and_not_told(index, cache, monkeypatch):
    host = index.url.removeprefix("http://")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://ann:pa%40ss@{host}/simple")
    with pytest.raises(InputError) as told:
        resolve("pypi:shapes", cache)
    assert index.headers["/simple/shapes/"]["Authorization"] == "Basic YW5uOnBhQHNz"
    assert "pa%40ss" not in str(told.value)
    assert "pa@ss" not in str(told.value)


def test_an_index_that_is_a_folder(tmp_path, cache, monkeypatch):
    data = sdist()
    (tmp_path / "simple" / "shapes").mkdir(parents=True)
    (tmp_path / "shapes-1.0.tar.gz").write_bytes(data)
    page = f'<a href="../../shapes-1.0.tar.gz#sha256={digest(data)}">x</a>'
    (tmp_path / "simple" / "shapes" / "index.html").write_text(page)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "simple").as_uri())
    assert resolve("pypi:shapes", cache).version == "1.0"
    with pytest.raises(InputError, match="no package"):
        resolve("pypi:shaped", cache)


def test_a_link_to_a_file_of_this_machine_is_not_followed(index, cache, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", f"{index.url}/simple")
    index.put("/simple/shapes/", '<a href="file:///etc/shapes-1.0.tar.gz">x</a>')
    with pytest.raises(InputError, match="no sdist and no wheel"):
        resolve("pypi:shapes", cache)


@pytest.mark.parametrize("name", ["", "a b", "../x", "x==", "x==1==2", "-x", "x/y"])
def test_what_is_no_package_name(name, cache):
    with pytest.raises(InputError):
        resolve(f"pypi:{name}", cache)


def test_a_package_without_code_is_told(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", tar_of({"shapes-1.0/README.md": "x"}))
    with pytest.raises(
        InputError, match=r"no source file in pypi:shapes==1\.0, looked for .*python"
    ):
        resolve("pypi:shapes", cache)


def test_a_language_that_is_not_there_is_told(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist())
    with pytest.raises(InputError, match=r"no source file .*, looked for \.rs"):
        list(read(resolve("pypi:shapes", cache), ReadRules(languages=("rust",))))


def test_several_are_resolved_in_order(shelf, cache):
    shelf.add("shapes-1.0.tar.gz", sdist())
    found = resolve_all(["pypi:shapes==1.0", "pypi:shapes"], cache)
    assert [pinned.address for pinned in found] == ["pypi:shapes==1.0"] * 2
    with pytest.raises(InputError, match="nothere"):
        resolve_all(["pypi:shapes", "pypi:nothere"], cache)


def test_the_index_is_pips(monkeypatch, tmp_path):
    assert index_url() == "https://pypi.org/simple"
    config = tmp_path / "home" / "config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text("[global]\nindex-url = https://mine.example/simple/\n")
    assert index_url() == "https://mine.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    assert index_url() == "https://other.example/simple"
