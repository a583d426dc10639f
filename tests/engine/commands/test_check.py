"""`check`: the data set comes back whole, with verdicts; samples say how far they may be off."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine.methods._intervals import wilson

RIGHT = {
    "id": "right", "instruction": "Double a number in Python.",
    "response": "def f(x):\n    return 2 * x\n", "weight": 1.5, "more": {"a": [None, "ü\u2028"]},
}  # fmt: skip
BROKEN = {**RIGHT, "id": "broken", "response": "def f(x:\n    return"}
AGAIN = {**RIGHT, "id": "again"}
PROSE = {**RIGHT, "id": "prose", "response": "It depends on what you want, as it always does."}
EMPTY = {**RIGHT, "id": "empty", "response": ""}
ROWS = [RIGHT, BROKEN, AGAIN, PROSE, EMPTY]
VERDICTS = ["passed", "failed", "failed", "unverified", "failed"]


def number(n):
    """Rows that are told apart, every fifth of them broken."""
    code = f"def f{n}(x):\n    return x * {n}" + ("(" if n % 5 == 0 else "")
    return {**RIGHT, "id": f"n{n}", "instruction": f"Write f{n} in Python.", "response": code}


@pytest.fixture
def check(backfeed):
    def run(path, *args, until="parse", out="out"):
        return backfeed("check", path, "-o", out, "--until", until, *args)

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def own(row):
    return {name: value for name, value in row.items() if not name.startswith("backfeed_")}


def test_every_row_comes_back_with_its_verdict(check, quick, tmp_path):
    assert check(quick(rows=ROWS)).code == 0
    found = lines(tmp_path / "out/checked.jsonl")
    assert [own(row) for row in found] == ROWS
    assert [row["backfeed_verdict"] for row in found] == VERDICTS
    assert [row["backfeed_line"] for row in found] == [1, 2, 3, 4, 5]
    right, broken, again, prose, empty = found
    assert (right["backfeed_level"], right["backfeed_language"]) == ("parsed", "python")
    assert (broken["backfeed_stage"], broken["backfeed_reason"]) == ("parse", "syntax")
    assert (again["backfeed_reason"], again["backfeed_detail"]) == (
        "duplicate", right["backfeed_id"],
    )  # fmt: skip
    assert "no-code" in prose["backfeed_remarks"]
    assert (empty["backfeed_stage"], empty["backfeed_reason"]) == ("read", "no-answer")
    assert lines(tmp_path / "out/accepted.jsonl") == [RIGHT, PROSE]


def test_a_line_that_cannot_be_read_comes_back_as_text(check, quick, tmp_path):
    path = quick(rows=[RIGHT])
    path.write_bytes(path.read_bytes() + b'\n{"a": \xff}\n[1]\n{"cut')
    assert check(path).code == 0
    found = lines(tmp_path / "out/checked.jsonl")
    assert [row.get("backfeed_raw") for row in found] == [None, '{"a": \ufffd}', "[1]", '{"cut']
    assert [row["backfeed_line"] for row in found] == [1, 3, 4, 5]
    assert lines(tmp_path / "out/accepted.jsonl") == [RIGHT]


def test_what_json_cannot_say_exactly_is_not_changed(check, tmp_path):
    row = json.dumps({**RIGHT, "big": 10**30, "odd": float("nan")})
    (tmp_path / "rows.jsonl").write_text(row + "\n")
    assert check("rows.jsonl").code == 0
    assert (tmp_path / "out/accepted.jsonl").read_text() == (
        json.dumps(json.loads(row), ensure_ascii=False).replace("\u2028", "\\u2028") + "\n"
    )


def test_an_array_stays_an_array(check, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    assert check("rows.json").code == 0
    assert json.loads((tmp_path / "out/accepted.json").read_text()) == [RIGHT, PROSE]
    assert len(lines(tmp_path / "out/checked.jsonl")) == 5


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
def test_csv_stays_csv(check, tmp_path, suffix, delimiter):
    names = ["id", "instruction", "response"]
    with (tmp_path / f"rows.{suffix}").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([names, *([row[name] for name in names] for row in ROWS)])
    assert check(f"rows.{suffix}").code == 0
    with (tmp_path / f"out/accepted.{suffix}").open(newline="") as file:
        found = list(csv.DictReader(file, delimiter=delimiter))
    assert found == [{name: row[name] for name in names} for row in (RIGHT, PROSE)]


def test_parquet_stays_parquet_with_its_types(check, tmp_path):
    table = pa.table({
        "instruction": [row["instruction"] for row in ROWS],
        "response": pa.array([row["response"] for row in ROWS]).dictionary_encode(),
        "when": pa.array([1, 2, 3, 4, 5], pa.timestamp("us")),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    assert check("rows.parquet").code == 0
    found = pq.read_table(tmp_path / "out/checked.parquet")
    assert found.select(table.column_names).equals(table)
    assert found["backfeed_verdict"].to_pylist() == VERDICTS
    kept = pq.read_table(tmp_path / "out/accepted.parquet")
    assert kept.equals(table.take([0, 3]))


def test_several_files_in_one(check, quick, tmp_path):
    (tmp_path / "in").mkdir()
    quick("in/b.jsonl", [BROKEN, PROSE])
    (tmp_path / "in/a.json").write_text(json.dumps([RIGHT]))
    assert check("in").code == 0
    found = lines(tmp_path / "out/checked.jsonl")
    assert [own(row) for row in found] == [RIGHT, BROKEN, PROSE]
    assert [row["backfeed_file"] for row in found] == ["in/a.json", "in/b.jsonl", "in/b.jsonl"]
    assert lines(tmp_path / "out/accepted.jsonl") == [RIGHT, PROSE]


def test_a_set_that_was_checked_is_checked_again(check, quick, tmp_path):
    check(quick(rows=ROWS))
    assert check("out/checked.jsonl", out="again").code == 0
    found = lines(tmp_path / "again/checked.jsonl")
    assert [own(row) for row in found] == ROWS
    assert [row["backfeed_verdict"] for row in found] == VERDICTS


def test_a_format_that_is_named_is_read_and_kept_in_the_recipe(backfeed, check, tmp_path):
    (tmp_path / "rows.data").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert check("rows.data").code == 2
    assert check("rows.data", "--format", "jsonl").code == 0
    assert lines(tmp_path / "out/accepted.jsonl") == [RIGHT, PROSE]
    assert backfeed("run", "out/recipe.toml", "-o", "again").code == 0
    said = check("rows.data", "--format", "jsnl", out="other")
    assert (said.code, "did you mean 'jsonl'" in said.err) == (2, True)


def test_nothing_of_another_shape_stays(check, quick, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    check("rows.json")
    assert check(quick(rows=ROWS), "--update").code == 0
    left = sorted(path.name for path in (tmp_path / "out").glob("accepted.*"))
    assert left == ["accepted.jsonl"]


def test_a_file_that_changes_meanwhile_is_told(check, quick, tmp_path, monkeypatch):
    from backfeed.engine.commands import _run

    path, execute = quick(rows=ROWS), _run.execute

    async def changing(plan):
        report = await execute(plan)
        path.write_text(json.dumps(PROSE) + "\n")
        return report

    monkeypatch.setattr(_run, "execute", changing)
    said = check(path)
    assert said.code == 2
    assert "changed while it was read" in said.last
    assert not list((tmp_path / "out").glob("checked.*"))


def test_the_summary_counts_what_the_rows_say(check, quick, tmp_path):
    check(quick(rows=ROWS))
    told = json.loads((tmp_path / "out/summary.json").read_text())["checked"]
    assert told["rows"] == 5
    assert told["verdicts"] == {"passed": 1, "unverified": 1, "failed": 3}
    assert told["levels"] == {"parsed": 1, "none": 1}
    assert told["reasons"] == {
        "parse": {"syntax": 1}, "deduplicate": {"duplicate": 1}, "read": {"no-answer": 1},
    }  # fmt: skip
    python = told["languages"]["python"]
    assert (python["rows"], python["failed"], python["passed"]) == (4, 2, 1)
    assert told["remarks"]["no-code"]["rows"] == 1
    assert told["remarks"]["no-code"]["places"][0]["line"] == 4
    assert told["files"] == ["checked.jsonl", "accepted.jsonl"]
    assert "sample" not in told


def test_the_terminal_ends_with_a_table(check, quick):
    said = check(quick(rows=ROWS)).out
    table = said[said.index("5 rows checked") :]
    words = " ".join(table.split())
    for part in (
        "accepted 2 40 %", "parsed 1 20 %", "none: unverified, nothing is known 1 20 %",
        "of these unverified 1 20 % parse: ",
        "rejected 3 60 %", "parse: syntax 1 20 %", "no-code 1 20 %", "out/report.html",
        "out/checked.jsonl",
    ):  # fmt: skip
        assert part in words


MANY = [number(n) for n in range(200)]


def test_a_sample_is_drawn_by_the_seed_and_says_how_far_it_may_be_off(check, quick, tmp_path):
    path = quick(rows=MANY)
    said = check(path, "--sample", "50", "--keep-duplicates")
    assert said.code == 0
    assert "50 rows checked, drawn from 200" in said.out
    found = lines(tmp_path / "out/checked.jsonl")
    places = [row["backfeed_line"] for row in found]
    assert len(set(places)) == 50
    assert places == sorted(places)
    assert [own(row) for row in found] == [MANY[place - 1] for place in places]
    told = json.loads((tmp_path / "out/summary.json").read_text())["checked"]
    share = told["sample"]["shares"]["reasons"]["parse: syntax"]
    gone = sum(row["backfeed_reason"] == "syntax" for row in found)
    low, high = wilson(gone, 50)
    assert (share["share"], share["low"], share["high"]) == (
        gone / 50, pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5),
    )  # fmt: skip
    assert low < 0.2 < high
    assert f"({100 * low:.1f} % to {100 * high:.1f} %)" in said.out


def test_a_larger_sample_holds_the_smaller_one(check, quick, tmp_path):
    def drawn(out, *args):
        check("rows.jsonl", "--keep-duplicates", *args, out=out)
        return [row["id"] for row in lines(tmp_path / out / "checked.jsonl")]

    quick(rows=MANY)
    small, large = drawn("a", "--sample", "20"), drawn("b", "--sample", "60")
    assert set(small) < set(large)
    assert drawn("c", "--sample", "20", "--seed", "5") != small
    assert drawn("d", "--sample", "200") == [row["id"] for row in MANY]
    told = json.loads((tmp_path / "d/summary.json").read_text())["checked"]["sample"]
    assert told["complete"] is True


def test_large_samples_are_drawn_in_two_passes_and_are_the_same(
    check, quick, tmp_path, monkeypatch
):
    from backfeed.engine.commands import _drawn

    path = quick(rows=MANY)
    check(path, "--sample", "50", "--keep-duplicates")
    monkeypatch.setattr(_drawn, "MOST_HELD", 10)
    check(path, "--sample", "50", "--keep-duplicates", out="two")
    one, two = ((tmp_path / out / "checked.jsonl").read_bytes() for out in ("out", "two"))
    assert one == two


def test_a_sample_goes_on_and_is_made_again_from_its_recipe(backfeed, check, quick, tmp_path):
    path = quick(rows=MANY)
    for _ in range(2):
        assert check(path, "--sample", "30", "--keep-duplicates").code == 0
    said = check(path, "--sample", "31", "--keep-duplicates")
    assert said.code == 2
    assert "given.sample" in said.err
    assert backfeed("run", "out/recipe.toml", "-o", "again").code == 0
    one, two = (json.loads((tmp_path / d / "summary.json").read_text()) for d in ("out", "again"))
    assert one["stages"] == two["stages"]


def test_a_sample_and_a_limit_are_too_much(check, quick):
    said = check(quick(rows=ROWS), "--sample", "2", "--limit", "2")
    assert said.code == 2
    assert "--sample draws from all rows" in said.err


def test_nearly_equal_answers_stay_if_asked(check, quick, tmp_path):
    long = "def f(x):\n" + "".join(f"    x = x + {n} * {n + 1}\n" for n in range(30))
    rows = [{**RIGHT, "response": long}, {**RIGHT, "id": "b", "response": long + "    x = 1\n"}]
    path = quick(rows=rows)
    check(path)
    [_, twin] = lines(tmp_path / "out/checked.jsonl")
    assert twin["backfeed_reason"] == "near-duplicate"
    check(path, "--keep-duplicates", out="all")
    assert len(lines(tmp_path / "all/accepted.jsonl")) == 2
