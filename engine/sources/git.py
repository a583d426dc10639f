"""Git repositories: `git:PATH-or-URL[@REV]`, one commit of them, never checked out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from backfeed.engine.boundary import storing
from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.records import Origin, Sample
from backfeed.engine.sources._files import code_entries, no_source, samples
from backfeed.engine.sources._git import commit_of, git

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-f]{4,64}")
_SCHEMES = {"https", "http", "ssh", "git", "file", "git+ssh"}
_SCP_LIKE = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^:]*")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a repository is: `url` for git, `public` without a password, `shown` for rows."""

    url: str
    public: str
    shown: str
    rev: str
    local: bool


class _Git:
    def resolve(self, address: str, cache: Path, pin: Pin | None = None) -> Pinned:
        """The commit that the revision names now; the default branch's if it names none."""
        place = _parsed(address)
        mark = sha256(place.public.encode()).hexdigest()[:24]
        repository = cache / "git" / f"{mark}.git"
        with storing(f"writing {repository}"):
            repository.parent.mkdir(parents=True, exist_ok=True)
        if not (repository / "HEAD").exists():
            git("init", "--quiet", "--bare", "--template=", str(repository))
        commit = _fetched(repository, place, pin.version if pin else place.rev)
        listing = git("ls-tree", "-r", "-z", "--full-tree", commit, at=repository)
        pinned = Pinned(
            f"git:{place.public}@{commit}", commit,
            sha256(listing.encode("utf-8", "surrogateescape")).hexdigest(), repository,
            (("repo", place.shown),),
        )  # fmt: skip
        if pin is not None and pin.sha256 != pinned.sha256:
            raise InputError(
                f"git:{address}: the files of commit {commit[:12]} are not those pinned"
            )
        with commit_of(repository, commit) as tree:
            if next(code_entries(tree, tree.entries(), ReadRules()), None) is None:
                raise no_source(f"git:{place.shown}@{commit[:12]}")
        return pinned

    def read(self, pinned: Pinned, rules: ReadRules) -> Iterator[Sample]:
        """The files of the commit."""
        repo = dict(pinned.facts)["repo"]
        base = Origin(source=f"git:{repo}@{pinned.version}", repo=repo, commit=pinned.version)
        with commit_of(pinned.place, pinned.version) as tree:
            yield from samples(tree, base, rules)


def _parsed(address: str) -> _Place:
    """An address in its parts. A folder that exists is one, even with an @ in its name."""
    if address.startswith("-") or not address.strip():
        raise InputError(f"git:{address} is no repository; write git:PATH-or-URL[@REV]")
    if Path(address).is_dir():
        return _local(address, "")
    bare, rev = _split(address)
    if rev.startswith("-") or re.search(r"[\s~^:?*\[\\]|\.\.", rev):
        raise InputError(f"git:{address}: {rev!r} is no branch, tag or commit")
    if Path(bare).is_dir():
        return _local(bare, rev)
    parts = urlsplit(bare)
    if parts.scheme in _SCHEMES:
        user, at, host = parts.netloc.rpartition("@")
        public = urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host))
        shown = urlunsplit(parts._replace(netloc=host)).removesuffix(".git")
        return _Place(bare, public, shown, rev, local=parts.scheme == "file")
    if _SCP_LIKE.fullmatch(bare) and "::" not in bare:
        shown = bare.rpartition("@")[2].removesuffix(".git")
        return _Place(bare, bare, shown, rev, local=False)
    raise InputError(
        f"git:{address}: there is no folder {bare!r}, and it is no URL that git fetches"
    )


def _split(address: str) -> tuple[str, str]:
    """The repository and the revision behind the last @ of its path."""
    at = address.find("/", address.find("://") + 3) if "://" in address else 0
    if _SCP_LIKE.fullmatch(address) and "://" not in address:
        at = address.find(":")
    cut = address.rfind("@")
    return (address[:cut], address[cut + 1 :]) if cut > max(at, 0) else (address, "")


def _local(folder: str, rev: str) -> _Place:
    path = Path(folder).resolve()
    shown = path.name.removesuffix(".git")
    return _Place(str(path), str(path), shown, rev, local=True)


def _fetched(repository: Path, place: _Place, rev: str) -> str:
    """The commit, in the cache: only it if the other side allows, else all branches and tags."""
    if _FULL.fullmatch(rev) and _has(repository, rev):
        return rev
    where = f"file://{place.url}" if place.local and "://" not in place.url else place.url
    shallow = ("--depth=1", "--no-tags", "--quiet", "--no-write-fetch-head", "--", where)
    target = f"+{rev or 'HEAD'}:refs/backfeed/wanted"
    try:
        git("fetch", *shallow, target, at=repository, local=place.local)
        return git("rev-parse", "refs/backfeed/wanted^{commit}", at=repository).strip()
    except InputError:
        if not _SHORT.fullmatch(rev):
            raise InputError(_why(place, rev)) from None
    everything = ("--quiet", "--tags", "--no-write-fetch-head", "--", where)
    git("fetch", *everything, "+refs/heads/*:refs/heads/*", at=repository, local=place.local)
    try:
        return git("rev-parse", "--verify", f"{rev}^{{commit}}", at=repository).strip()
    except InputError:
        raise InputError(_why(place, rev)) from None


def _why(place: _Place, rev: str) -> str:
    try:
        heads = git(
            "ls-remote", "--heads", "--tags", "--", place.url, local=place.local
        ).splitlines()
    except InputError:
        return f"{place.shown} is no git repository that can be read"
    names = [
        line.partition("\t")[2].removeprefix("refs/heads/").removeprefix("refs/tags/")
        for line in heads
    ]
    named = ", ".join([name for name in names if not name.endswith("^{}")][:8]) or "none"
    if not rev:
        return f"{place.shown} has no commit yet"
    return f"{place.shown} has no branch, tag or commit {rev!r}; it has {named}"


def _has(repository: Path, commit: str) -> bool:
    try:
        git("cat-file", "-e", f"{commit}^{{tree}}", at=repository)
    except InputError:
        return False
    return True


PLUGIN = _Git()
