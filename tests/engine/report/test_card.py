"""The data set card and the attribution: what they say, and that they say it every time."""

import json
import re

import pytest
from finished import finish, sample
from small_run import RECIPE

from backfeed.engine.records import Lineage, Origin
from backfeed.engine.report import attribution, card
from backfeed.engine.report._header import licence, size
from backfeed.engine.report._words import code
from backfeed.engine.report.facts import gather
from backfeed.engine.report.write import NAMES, write_all


def yaml_of(text):
    yaml = pytest.importorskip("yaml", reason="comes with another package")
    return yaml.safe_load(text.split("---\n")[1])


def section(text, title):
    """The lines under a heading."""
    return text.split(f"## {title}\n")[1].split("\n## ")[0].splitlines()


def test_header(run):
    found = yaml_of(card.text(gather(run)))
    assert found["license"] == "other"
    assert found["license_name"] == "unknown-and-bsd-3-clause-and-mit"
    assert found["language"] == ["code", "en"]
    assert found["size_categories"] == ["n<1K"]
    assert found["tags"] == [
        "backfeed", "code", "instruction-tuning", "synthetic", "verified", "python", "go",
    ]  # fmt: skip
    [config] = found["configs"]
    assert config["data_files"] == [{"split": "train", "path": "corpus/train-*.parquet"}]
    info = found["dataset_info"]
    assert info["splits"][0]["num_examples"] == 4
    assert info["download_size"] == sum(f.stat().st_size for f in (run / "corpus").iterdir())
    features = {feature["name"]: feature for feature in info["features"]}
    assert features["messages"]["list"][0] == {"name": "role", "dtype": "string"}
    assert features["lineage"]["struct"][1] == {"name": "parents", "list": "string"}
    assert features["scores"]["list"][1] == {"name": "value", "dtype": "float64"}


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["MIT"], {"license": "mit"}),
        (["Apache-2.0"], {"license": "apache-2.0"}),
        (["GPL-3.0-or-later"], {"license": "gpl-3.0"}),
        (["MIT OR Apache-2.0"], "mit-or-apache-2.0"),
        (["0BSD"], "0bsd"),
        (["Apache-2.0", "MIT", "Apache-2.0 AND MIT"], "apache-2.0-and-mit"),
        (["MIT", ""], "unknown-and-mit"),
        ([""], {"license": "unknown"}),
    ],
)
def test_licence(licences, expected):
    if isinstance(expected, str):
        expected = {
            "license": "other", "license_name": expected, "license_link": "ATTRIBUTION.md",
        }  # fmt: skip
    assert licence(licences) == expected


@pytest.mark.parametrize(
    ("rows", "word"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**9, "n>100M")]
)
def test_size(rows, word):
    assert size(rows) == word


def test_funnel_is_a_table(run):
    lines = section(card.text(gather(run)), "From sources to rows")
    assert "| `cut` | 5 | 3 | 5 | 3 | 0 | `too-short` 2, `odd` 1 |" in lines
    assert "| `run` | 5 | 0 | 4 | 0 | 1 |  |" in lines
    columns = {line.count("|") for line in lines if line.startswith("|")}
    assert columns == {8}


def test_says_how_it_was_verified(run):
    told = "\n".join(section(card.text(gather(run)), "How it was verified"))
    assert "| `prove` | 2 | 1 |" in told
    assert "in the sandbox `bubblewrap`, without network" in told
    assert "| `stub, test` | 5.0 | 512 | 17.0 |" in told
    assert f"`{'e' * 32}`" in told


def test_says_if_nothing_isolates_or_nothing_ran(tmp_path, run):
    (run / "recipe.toml").write_text('[sandbox]\nuse = "process"\n')
    assert "`process`, which does not isolate them" in card.text(gather(run))
    assert "No program was run." in card.text(gather(finish(tmp_path / "still", [sample("a")])))


def test_says_what_held_the_programs(run):
    held = {"memory": "cgroup2", "seccomp": "x86_64, 9 instructions", "python": "/usr/bin/python3"}
    whole = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**whole, "sandbox": held}))
    told = card.text(gather(run))
    assert "What held them: memory (cgroup2), seccomp (x86_64, 9 instructions).\n" in told
    assert "/usr/bin" not in told


def test_says_that_a_run_was_stopped(run):
    text = (run / "summary.json").read_text()
    (run / "summary.json").write_text(text.replace('"complete": true', '"complete": false'))
    assert "**The run was not finished" in card.text(gather(run))


def test_names_no_place_of_this_machine(run):
    write_all(run)
    told = (run / "README.md").read_text() + (run / "ATTRIBUTION.md").read_text()
    assert "`pypi:a 1.0`, `rows.jsonl (sha256 cdcdcdcdcdcd)`" in told
    assert "/home" not in told
    assert str(run) not in told


@pytest.mark.parametrize("name", NAMES)
def test_the_same_directory_gives_the_same_bytes(run, name):
    write_all(run)
    before = (run / name).read_bytes()
    write_all(run)
    assert (run / name).read_bytes() == before


def test_what_rows_say_cannot_break_the_card(tmp_path):
    nasty = "| `x`\n\n# <script>alert(1)</script> {{ 7 * 7 }} "
    rows = [sample("a", language=nasty, question_type=nasty, origin=Origin(nasty, path=nasty,
                   licence=nasty, commit=nasty))]  # fmt: skip
    write_all(finish(tmp_path, rows, [sample("b").no(nasty, nasty)], recipe=RECIPE))
    for name in ("README.md", "ATTRIBUTION.md"):
        text = (tmp_path / name).read_text()
        assert "\n# <script>" not in text
        spans = re.sub(r"(`+)(?:(?!\1).)+\1", "", text.split("---\n")[-1])
        assert "<script>" not in spans
    assert yaml_of((tmp_path / "README.md").read_text())["tags"][-1] == nasty


@pytest.mark.parametrize(
    ("text", "span"), [("a", "`a`"), ("``", "``` `` ```"), ("a\nb", "`a\ufffdb`"), ("", "`-`")]
)
def test_code_span(text, span):
    assert code(text) == span


def test_attribution(run):
    text = attribution.text(attribution.sources(run))
    assert "2 files of 2 sources" in text
    assert text.index("## `pypi:a==1.0`") < text.index("## `pypi:b==2.0`")
    assert f"| `a/x.py` | `MIT` | 1-20 | `{'f' * 12}` |" in text
    assert "| `b\\|y.py` | `BSD-3-Clause` | 3-4 | not known |" in text


def test_a_composed_row_without_its_parts_stands_for_itself(tmp_path):
    made = sample("c", origin=Origin("p:a + p:b", path="x + y"), lineage=Lineage("m", ("a", "b")))
    again = sample("d", lineage=Lineage("m", ("c", "c2")), origin=Origin("p:a + p:z", path="x + z"))
    found = attribution.sources(finish(tmp_path, [made, again]))
    assert sorted(found) == ["p:a + p:b", "p:a + p:z"]


def test_parts_of_parts_are_found(tmp_path):
    base = [sample(name, origin=Origin(f"p:{name}", path=name)) for name in "ab"]
    made = sample("c", origin=Origin("p:a + p:b"), lineage=Lineage("m", ("a", "b")))
    again = sample("d", origin=Origin("p:a + p:b"), lineage=Lineage("m", ("c", "b")))
    gone = [row.no("deduplicate", "duplicate") for row in (*base, made)]
    assert sorted(attribution.sources(finish(tmp_path, [again], gone))) == ["p:a", "p:b"]


def test_rows_without_a_source(tmp_path):
    text = attribution.text(attribution.sources(finish(tmp_path, [sample("a", origin=Origin())])))
    assert "name no source" in text
