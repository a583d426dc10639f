"""Git repositories: one commit is read, nothing of theirs is run."""

import subprocess

import pytest
from archives import CODE, laid

from backfeed.engine.errors import InputError, Outage, ServiceRefusal
from backfeed.engine.sources._git import _judged
from backfeed.engine.sources._open import pin_of, read, resolve
from backfeed.engine.sources.git import _parsed

pytestmark = pytest.mark.tool("git")


def git(at, *words: str) -> str:
    config = (
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@example.org",
        "-c",
        "commit.gpgsign=false",
    )
    done = subprocess.run(["git", "-C", str(at), *config, *words], capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path):
    """Two commits: a.py at the tag v1, and b.py too on main."""
    place = laid(tmp_path / "shapes", {"a.py": CODE, "LICENSE": "MIT"})
    git(place, "init", "-q", "-b", "main")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "one")
    git(place, "tag", "v1")
    laid(place, {"lib/b.py": CODE * 2})
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "two")
    return place


def paths(address: str, cache) -> list[str]:
    return [sample.origin.path for sample in read(resolve(address, cache))]


def test_the_head_is_read(repository, cache):
    pinned = resolve(f"git:{repository}", cache)
    first, second = read(pinned)
    commit = git(repository, "rev-parse", "HEAD")
    assert (pinned.version, pinned.address) == (commit, f"git:{repository}@{commit}")
    assert [first.origin.path, second.origin.path] == ["a.py", "lib/b.py"]
    assert (first.code, first.origin.licence) == (CODE, "MIT")
    assert (first.origin.repo, first.origin.commit) == ("shapes", commit)
    assert first.origin.source == f"git:shapes@{commit}"


@pytest.mark.parametrize("words", [("rev-parse", "v1"), ("rev-parse", "--short", "v1")])
def test_a_commit_may_be_asked_for(repository, cache, words):
    assert paths(f"git:{repository}@{git(repository, *words)}", cache) == ["a.py"]


@pytest.mark.parametrize("rev", ["v1", "main~1", "old"])
def test_a_tag_or_branch_may_be_asked_for(repository, cache, rev):
    git(repository, "branch", "old", "v1")
    if "~" in rev:
        with pytest.raises(InputError, match="no branch, tag or commit"):
            resolve(f"git:{repository}@{rev}", cache)
    else:
        assert paths(f"git:{repository}@{rev}", cache) == ["a.py"]


def test_a_repository_by_its_url(repository, cache):
    assert paths(f"git:{repository.as_uri()}@v1", cache) == ["a.py"]


def test_what_is_not_committed_is_not_read(repository, cache):
    laid(repository, {"a.py": "changed = 1\n", "new.py": CODE})
    assert [sample.code for sample in read(resolve(f"git:{repository}@v1", cache))] == [CODE]


def test_a_revision_that_is_not_there_is_told_with_those_that_are(repository, cache):
    with pytest.raises(InputError, match=r"no branch, tag or commit 'v9'; it has main, v1"):
        resolve(f"git:{repository}@v9", cache)


def test_a_pinned_commit_needs_no_repository(repository, cache, tmp_path):
    first = resolve(f"git:{repository}@main", cache)
    before = list(read(first))
    laid(repository, {"c.py": CODE})
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "three")
    pins = {f"git:{repository}@main": pin_of(first)}
    assert list(read(resolve(f"git:{repository}@main", cache, pins))) == before
    assert resolve(first.address, tmp_path / "empty").version == first.version
    assert resolve(f"git:{repository}@main", cache).version != first.version


def test_other_files_than_those_pinned_are_refused(repository, cache):
    pin = pin_of(resolve(f"git:{repository}", cache)) | {"sha256": "0" * 64}
    with pytest.raises(InputError, match="not those pinned"):
        resolve(f"git:{repository}", cache, {f"git:{repository}": pin})


def test_links_and_submodules_are_not_followed(repository, cache):
    (repository / "link.py").symlink_to("/etc/passwd")
    git(repository, "add", ".")
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},sub.py")
    git(repository, "commit", "-q", "-m", "links")
    found = {s.origin.path: s.rejected for s in read(resolve(f"git:{repository}", cache))}
    assert found["link.py"].reason == "link"
    assert found["sub.py"].reason == "special"


def test_nothing_of_the_repository_runs(repository, cache, tmp_path):
    """Neither its hooks, nor its filters, nor its settings, nor a checkout."""
    trap = tmp_path / "sprung"
    for hook in ("post-checkout", "pre-upload", "post-merge", "reference-transaction", "fsmonitor"):
        laid(repository, {f".git/hooks/{hook}": f"#!/bin/sh\ntouch {trap}\n"})
        (repository / ".git/hooks" / hook).chmod(0o755)
    laid(repository, {".gitattributes": "*.py filter=evil\n", ".gitmodules": '[submodule "x"]\n'})
    git(repository, "add", ".gitattributes", ".gitmodules")
    git(repository, "commit", "-q", "-m", "attributes", "--no-verify")
    trap.unlink(missing_ok=True)
    for key in ("filter.evil.smudge", "filter.evil.clean", "uploadpack.packObjectsHook",
                "core.fsmonitor", "core.sshCommand", "diff.external"):  # fmt: skip
        git(repository, "config", key, f"touch {trap}")
    trap.unlink(missing_ok=True)
    assert paths(f"git:{repository}", cache) == ["a.py", "lib/b.py"]
    assert not trap.exists()


def test_a_folder_with_an_at_in_its_name(repository, cache, tmp_path):
    moved = repository.rename(tmp_path / "shapes@home")
    assert paths(f"git:{moved}", cache) == ["a.py", "lib/b.py"]
    assert paths(f"git:{moved}@v1", cache) == ["a.py"]


def test_what_is_no_repository(tmp_path, cache):
    with pytest.raises(InputError, match="no git repository that can be read"):
        resolve(f"git:{tmp_path}", cache)
    with pytest.raises(InputError, match="there is no folder"):
        resolve(f"git:{tmp_path}/nowhere", cache)


def test_a_repository_without_a_commit(tmp_path, cache):
    git(tmp_path, "init", "-q")
    with pytest.raises(InputError, match="has no commit yet"):
        resolve(f"git:{tmp_path}", cache)


def test_a_repository_without_code(tmp_path, cache):
    place = laid(tmp_path / "x", {"README.md": "x"})
    git(place, "init", "-q")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "one")
    with pytest.raises(InputError, match=r"no source file in git:x@.*, looked for"):
        resolve(f"git:{place}", cache)


ADDRESSES = [
    ("https://host/ann/x.git@v1", "https://host/ann/x.git", "https://host/ann/x", "v1"),
    ("https://host/x", "https://host/x", "https://host/x", ""),
    ("https://ann@host/x@feature/y", "https://ann@host/x", "https://host/x", "feature/y"),
    ("https://ann:pw@host/x", "https://ann@host/x", "https://host/x", ""),
    ("git@host:ann/x.git", "git@host:ann/x.git", "host:ann/x", ""),
    ("git@host:ann/x.git@v1", "git@host:ann/x.git", "host:ann/x", "v1"),
    ("ssh://git@host/ann/x@v1", "ssh://git@host/ann/x", "ssh://host/ann/x", "v1"),
]


@pytest.mark.parametrize(("address", "public", "shown", "rev"), ADDRESSES)
def test_addresses(address, public, shown, rev):
    place = _parsed(address)
    assert (place.public, place.shown, place.rev, place.local) == (public, shown, rev, False)


HOSTILE = [
    "ext::sh -c x",
    "-x",
    "--upload-pack=x",
    "https://h/x@--x",
    "https://h/x@a..b",
    "fd::1",
    "",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_addresses_that_would_do_harm(address):
    with pytest.raises(InputError):
        _parsed(address)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("fatal: unable to access 'https://h/': Could not resolve host: h", Outage),
        ("error: RPC failed; HTTP 502", Outage),
        ("fatal: Authentication failed for 'https://h/x'", ServiceRefusal),
        (
            "fatal: could not read Username for 'https://h': terminal prompts disabled",
            ServiceRefusal,
        ),
        ("fatal: couldn't find remote ref v9", InputError),
        ("", InputError),
    ],
)
def test_whose_failure_it_is(said, kind):
    assert isinstance(_judged(said, "fetch"), kind)
