"""The rows that a data set had at another commit."""

import json
import subprocess

import pytest

from backfeed.engine import recipe
from backfeed.engine.errors import CallerError
from backfeed.engine.gate.changed import Before, marks_at
from backfeed.engine.gate.judge import only_new
from backfeed.engine.gate.lines import line_marks, marked
from backfeed.engine.inputs import Wanted, open_inputs

CHECK = recipe.load(recipe.find("check"))


def line(name, said="Double x."):
    return json.dumps({"id": name, "instruction": said, "response": f"def {name}(x): return 2 * x"})


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A repository with one commit, and verbs to write and commit."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    git("config", "user.name", "Somebody")
    git("config", "user.email", "somebody@example.org")
    return tmp_path


def git(*words):
    subprocess.run(["git", *words], check=True, capture_output=True)


def commit(folder, **files):
    for name, lines in files.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{text}\n" for text in lines))
    git("add", ".")
    git("commit", "-qm", "rows")


def new(dataset, ref="HEAD~1"):
    """The lines of the rows that are new since a commit."""
    wanted = Wanted({"dataset": [str(dataset)]}, dataset.parent / "cache")
    samples = list(open_inputs(CHECK, wanted).samples())
    before = marks_at([str(dataset)], Before(ref, CHECK))
    rows = only_new(marked(samples, line_marks(samples)), before)
    return [sample.place.line for _, sample in rows]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([line("a"), line("b")], []),
        ([line("b"), line("a")], []),
        ([line("a"), line("c"), line("b")], [2]),
        ([line("a", "Halve x."), line("b")], [1]),
        ([line("a"), line("b"), line("a")], [3]),
        ([line("a"), line("b"), "{"], [3]),
    ],
)
def test_rows_are_known_by_what_they_say(repo, now, expected):
    commit(repo, rows=[line("a"), line("b")])
    commit(repo, rows=now, other=["x"])
    assert new(repo / "rows.jsonl") == expected


def test_a_line_that_could_not_be_read_before_is_not_new(repo):
    commit(repo, rows=[line("a"), "{"])
    commit(repo, rows=[line("c"), line("a"), "{", "{,"])
    assert new(repo / "rows.jsonl") == [1, 4]


def test_of_a_folder_rows_may_change_their_file(repo):
    (repo / "data").mkdir()
    commit(repo / "data", one=[line("a"), line("b")])
    commit(repo / "data", one=[line("a")], two=[line("c"), line("b")])
    assert new(repo / "data") == [1]


def test_a_file_that_was_not_there_is_new(repo):
    commit(repo, other=[line("x")])
    commit(repo, rows=[line("a")])
    assert new(repo / "rows.jsonl") == [1]


def test_an_unknown_commit_is_refused(repo):
    commit(repo, rows=[line("a")])
    with pytest.raises(
        CallerError, match=r"--changed-only nowhere: .* has no such commit; in CI fetch"
    ):
        new(repo / "rows.jsonl", "nowhere")


def test_an_option_is_no_commit(repo):
    commit(repo, rows=[line("a")])
    with pytest.raises(CallerError, match="has no such commit"):
        new(repo / "rows.jsonl", "--help")


def test_what_lies_in_no_repository_is_refused(tmp_path):
    (tmp_path / "rows.jsonl").write_text(line("a"))
    with pytest.raises(CallerError, match="lies in no Git repository"):
        new(tmp_path / "rows.jsonl")


def test_a_pointer_of_lfs_is_refused(repo):
    commit(repo, rows=["version https://git-lfs.github.com/spec/v1", "oid sha256:0", "size 5"])
    commit(repo, rows=[line("a")])
    with pytest.raises(CallerError, match=r"is kept by Git LFS.*--baseline"):
        new(repo / "rows.jsonl")
