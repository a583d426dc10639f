"""`--dry-run`: a forecast from a sample of the seeds, which pays nothing twice."""

import hashlib
import json
import re

import pytest
from stub_model import Reply

from backfeed.engine import cli

RECIPE = """
name = "phrases"
[inputs.dataset]
kind = "rows"
[models.default]
use = "openai:toy"
usd_per_million_in = 100.0
usd_per_million_out = 300.0
[[step]]
use = "extract_keywords"
[[step]]
use = "deduplicate"
[[step]]
use = "extract_keywords"
name = "again"
"""
SEEDS = 200
PHRASES = {"task": ["do it"], "instruction": ["lists"], "knowledge": ["list", "loop"]}


def spread(text):
    """A number from 0 to 1 that is the text's own."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


def script(body, _number=0):
    """Tokens and the first reply's form depend on the row; one in five is asked again."""
    user = body["messages"][1]["content"]
    mark = spread(user)
    used = (len(user) // 4, int(50 + 400 * mark * mark))
    if len(body["messages"]) == 2 and mark < 0.2:
        return Reply("not this", used=used)
    return Reply(json.dumps(PHRASES), used=used)


def row(n):
    """Rows of many lengths; one in five stands there again and again."""
    n = n if n % 5 else 0
    words = f"word{n} " * int(150 * spread(f"length {n}"))
    said = {"instruction": f"Write f{n}: {words}", "response": f"f{n} = {n}"}
    return {"id": f"r{n}", "language": "python", **said}


@pytest.fixture
def command(server, tmp_path, monkeypatch, capsys):
    """Run the recipe: `command("--dry-run")` gives the exit code and what was printed."""
    server.script = script
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phrases.toml").write_text(RECIPE)
    rows = "".join(json.dumps(row(n)) + "\n" for n in range(SEEDS))
    (tmp_path / "rows.jsonl").write_text(rows)

    def run(*more):
        capsys.readouterr()
        own = ("--base-url", server.url, "--model", "openai:toy", "-o", "out")
        code = cli.run(["run", "phrases.toml", "rows.jsonl", *own, *more])
        return code, capsys.readouterr()

    return run


def within(number, real):
    return number["low"] <= real <= number["high"]


def used(summary, stage, what):
    return summary["stages_cost"][stage]["model:default"][what]


def test_the_interval_holds_what_the_whole_run_uses(command, server, tmp_path):
    code, said = command("--dry-run", "--json")
    assert code == 0, said.err
    told, sampled = json.loads(said.out), len(server.asked)
    assert told == json.loads((tmp_path / "out" / "forecast.json").read_text())
    assert (told["seeds"], told["sampled"], told["sample_asked"]) == (SEEDS, 20, sampled)
    assert sampled < 80

    code, said = command()
    assert code == 0, said.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    worth = sum(used(summary, stage, "usd") for stage in ("extract_keywords", "again"))
    assert within(told["total"]["usd"], worth)
    for stage in ("extract_keywords", "again"):
        for what in ("calls", "tokens_in", "tokens_out"):
            assert within(told["stages"][stage]["model:default"][what], used(summary, stage, what))
    assert used(summary, "again", "calls") < 0.9 * used(summary, "extract_keywords", "calls")
    width = told["total"]["usd"]["high"] - told["total"]["usd"]["low"]
    assert 0 < width < told["total"]["usd"]["estimate"]


def test_what_the_sample_was_told_is_not_asked_or_paid_again(command, server, tmp_path):
    command("--dry-run")
    sampled = len(server.asked)
    command("--dry-run")
    assert len(server.asked) == sampled
    command()
    together = len(server.asked)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["spent"]["requests"] == together + 2  # and a probe for each run that asked
    assert not (tmp_path / "out" / ".work" / "forecast").exists()
    command("-o", "clean")
    assert together <= (len(server.asked) - together) + 2  # of equal rows, another may be kept


def test_it_is_said_in_words_with_what_is_assumed(command):
    _, said = command("--dry-run")
    assert "forecast for 200 seeds, from a run of 20" in said.out
    assert re.search(r"extract_keywords +model:default +[\d,]+ \([\d,]+ to [\d,]+\)", said.out)
    assert "assumed: the 20 seeds of the sample are like the other 180" in said.out
    assert "assumed: stages that see all rows at once keep the share" in said.out


def test_an_unknown_price_is_said_and_never_guessed(command, tmp_path):
    text = RECIPE.replace("usd_per_million_out = 300.0\n", "")
    (tmp_path / "phrases.toml").write_text(text)
    _, said = command("--dry-run", "--json")
    told = json.loads(said.out)
    assert told["unpriced"] == ["model:default"]
    assert told["total"]["usd"] is None
    assert told["total"]["tokens_in"]["estimate"] > 0


def test_a_limit_of_money_holds_for_the_sample_too(command, tmp_path):
    _, said = command("--dry-run", "--json", "--max-usd", "1.5", "--set",
                      "models.default.max_tokens=500")  # fmt: skip
    told = json.loads(said.out)
    assert told["spent_usd"] <= 1.5
    assert told["stopped"] == "usd"
    assert told["sampled"] < 20


def test_a_goal_of_accepted_rows_needs_fewer_seeds(command):
    _, said = command("--dry-run", "--json", "--accept", "50")
    told = json.loads(said.out)
    assert 50 <= told["used_seeds"] < 100
    assert any("enough for 50 accepted rows" in one for one in told["assumed"])


def test_few_seeds_are_all_run_and_the_forecast_is_certain(command):
    _, said = command("--dry-run", "--json", "--limit", "7")
    calls = json.loads(said.out)["total"]["calls"]
    assert calls["low"] == calls["estimate"] == calls["high"] > 0
