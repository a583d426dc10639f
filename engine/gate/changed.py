"""The rows that a data set had at another commit of its Git repository."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from backfeed.engine.errors import CallerError, InputError
from backfeed.engine.gate.lines import line_marks, marked
from backfeed.engine.inputs import Wanted, open_inputs
from backfeed.engine.recipe import Recipe
from backfeed.engine.sources._git import git

_POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Before:
    """Where a data set is looked up: the commit, and how its files are read."""

    ref: str
    recipe: Recipe
    columns: Mapping[str, str] = field(default_factory=dict)


def marks_at(datasets: Sequence[str], before: Before) -> Counter[str]:
    """The marks of the rows that were there at a commit; how often each.

    Raises `CallerError` if there is no repository or no such commit, or Git LFS keeps the files.
    """
    found: Counter[str] = Counter()
    for dataset in datasets:
        root, commit = _commit(Path(dataset), before.ref)
        with tempfile.TemporaryDirectory(prefix="backfeed-gate-") as folder:
            for number, path in enumerate(_files(root, commit, Path(dataset))):
                place = Path(folder) / str(number) / Path(path).name
                place.parent.mkdir()
                place.write_bytes(_bytes(root, commit, path))
                found.update(_marks(place, before))
    return found


def root_of(path: Path) -> Path | None:
    """The root of the repository that a path lies in; None if it lies in none."""
    folder = _folder(path)
    try:
        return Path(git("rev-parse", "--show-toplevel", at=folder).strip())
    except CallerError:
        return None


def _folder(path: Path) -> Path:
    """The nearest folder that is there: a file may be gone, and a glob is none."""
    place = path.resolve()
    return next(folder for folder in (place, *place.parents) if folder.is_dir())


def _commit(path: Path, ref: str) -> tuple[Path, str]:
    root = root_of(path)
    if root is None:
        raise CallerError(
            f"--changed-only {ref}: {path} lies in no Git repository, or git is not installed;"
            " leave it out to judge all rows"
        )
    try:
        said = git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", at=root
        )
    except InputError:
        raise CallerError(
            f"--changed-only {ref}: {root} has no such commit; in CI fetch it first"
            " (fetch-depth: 0), or name another, such as HEAD~1"
        ) from None
    return root, said.strip()


def _files(root: Path, commit: str, path: Path) -> Iterator[str]:
    """The files at the commit that are the data set's: itself, what lies in it, what it matches."""
    inner = _inside(root, path)
    listed = git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, at=root)
    for one in sorted(set(listed.split("\0")) - {""}):
        if inner in (".", one) or one.startswith(inner + "/") or fnmatchcase(one, inner):
            yield one


def _inside(root: Path, path: Path) -> str:
    """The path from the repository's root. Raises `CallerError` if it leads out of it."""
    for place in (path.parent.resolve() / path.name, path.resolve()):
        if place.is_relative_to(root):
            return place.relative_to(root).as_posix()
    raise CallerError(f"{path} leads out of its repository {root}: name the file itself")


def _bytes(root: Path, commit: str, path: str) -> bytes:
    data = git("show", f"{commit}:{path}", at=root).encode("utf-8", "surrogateescape")
    if data.startswith(_POINTER):
        raise CallerError(
            f"--changed-only: {path} is kept by Git LFS, and not in the repository itself;"
            " compare with the run of an earlier version instead: --baseline"
        )
    return data


def _marks(path: Path, before: Before) -> Iterator[str]:
    """The marks of one file's rows; none if it was no file of rows."""
    name = next(iter(before.recipe.inputs))
    wanted = Wanted({name: [str(path)]}, path.parent, before.columns)
    try:
        samples = list(open_inputs(before.recipe, wanted).samples())
    except InputError:
        return
    for mark, _ in marked(samples, line_marks(samples)):
        yield mark
