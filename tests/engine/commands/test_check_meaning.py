"""`check` with an embedder: rows and tasks that mean the same; never without one that is named."""

import json

import pytest

RIGHT = {
    "id": "right", "instruction": "Double a number in Python.",
    "response": "def f(x):\n    return 2 * x\n",
}  # fmt: skip
TASKS = [{"task_id": 1, "prompt": "Double a number that is given, in Python please."}]
MEANT = 'decontaminate.methods=["exact", "embedding"]'


@pytest.fixture
def check(backfeed):
    def run(path, *args, out="out"):
        return backfeed("check", path, "-o", out, "--until", "parse", *args)

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def test_what_means_the_same_is_looked_for_only_if_asked(check, quick, tmp_path):
    against = tmp_path / "tasks.jsonl"
    against.write_text("".join(json.dumps(task) + "\n" for task in TASKS))
    data = quick(rows=[RIGHT])
    words = ("--against", against, "--set", MEANT, "--set", "decontaminate.similarity=0.5")
    told = check(data, *words)
    assert told.code == 2
    assert "embed_tasks and decontaminate ask what texts mean" in told.err
    assert "--model embedder=KIND:NAME" in told.err
    assert not (tmp_path / "out/checked.jsonl").exists()
    assert check(data, *words, "--model", "embedder=hashing").code == 0
    [row] = lines(tmp_path / "out/checked.jsonl")
    assert row["backfeed_detail"].startswith("1 of tasks.jsonl by embedding 0.")
    assert check(data, "--against", against, out="plain").code == 0
    assert "embed_tasks" not in (tmp_path / "plain/recipe.toml").read_text()


def test_similar_questions_are_looked_for_only_if_asked(check, quick, tmp_path):
    rows = [RIGHT, {**RIGHT, "id": "said", "instruction": "Double the number in Python!",
                    "response": "def f(n):\n    return n + n\n"}]  # fmt: skip
    data = quick(rows=rows)
    told = check(data, "--set", "near_duplicates.similar=0.6")
    assert told.code == 2
    assert "near_duplicates asks what texts mean, and no embedder is named" in told.err
    assert check(data, out="plain").code == 0
    assert len(lines(tmp_path / "plain/accepted.jsonl")) == 2
    told = check(data, "--set", "near_duplicates.similar=0.6", "--model", "embedder=hashing")
    assert told.code == 0
    first, second = lines(tmp_path / "out/checked.jsonl")
    assert second["backfeed_reason"] == "similar"
    assert second["backfeed_detail"].startswith("cosine 0.")
    assert second["backfeed_detail"].endswith(f" to {first['backfeed_id']}")
