"""Code in the rows of a file."""

import json
from collections import Counter

import pyarrow
import pyarrow.parquet
import pytest
from archives import CODE, digest

from backfeed.engine.contracts import ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.sources._open import pin_of, read, resolve

ROW = {"text": CODE, "language": "Python", "license": "mit", "path": "lib/a.py", "repo": "ann/x",
       "commit": "c0ffee", "stars": 3}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    """Write rows as JSON Lines; the address of their column."""

    def do(*rows: dict, name: str = "seeds.jsonl", column: str = "#text") -> str:
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return f"rows:{tmp_path / name}{column}"

    return do


def read_all(address, cache, **rules: object):
    return list(read(resolve(address, cache), rules))


def test_the_columns_are_used(file, cache):
    (sample,) = read_all(file(ROW), cache)
    origin = sample.origin
    assert (sample.code, sample.language, sample.rejected) == (CODE, "python", None)
    assert (origin.source, origin.repo, origin.commit) == (
        "rows:seeds.jsonl#text",
        "ann/x",
        "c0ffee",
    )
    assert (origin.path, origin.licence) == ("lib/a.py", "MIT")
    assert (origin.last_line, origin.sha256) == (2, digest(CODE.encode()))


def test_parquet(tmp_path, cache):
    table = pyarrow.table(
        {"content": [CODE], "lang": ["Go"], "detected_licenses": [["MIT", "ISC"]]}
    )
    pyarrow.parquet.write_table(table, tmp_path / "seeds.parquet")
    (sample,) = read_all(f"rows:{tmp_path}/seeds.parquet#content", cache)
    assert (sample.language, sample.origin.licence) == ("go", "ISC AND MIT")
    assert sample.origin.path == "row 1"


LICENCES = [
    ({}, "NOASSERTION"),
    ({"licence": "Apache 2"}, "Apache-2.0"),
    ({"license": "MIT", "licence": "GPL-3.0"}, "GPL-3.0-only"),
    ({"repo_license": "permissive"}, "LicenseRef-permissive"),
    ({"license": "who knows"}, "NOASSERTION"),
    ({"license": None, "licenses": ["MIT", "GPL-2.0-only"]}, "GPL-2.0-only"),
    ({"license": "MIT", "text": "# SPDX-License-Identifier: MPL-2.0\n" + CODE}, "MPL-2.0"),
]


@pytest.mark.parametrize(("columns", "expected"), LICENCES)
def test_the_licence_of_a_row(file, cache, columns, expected):
    address = file({"text": CODE, "language": "python", **columns})
    assert read_all(address, cache)[0].origin.licence == expected


def test_the_language_is_told_by_the_path_or_the_text_or_the_rules(file, cache):
    address = file({"text": CODE, "path": "a.rb"}, {"text": "#!/bin/sh\nx\n"}, {"text": CODE})
    found = read_all(address, cache)
    assert [s.language for s in found] == ["ruby", "bash", ""]
    assert found[2].rejected.reason == "no-language"
    assert [s.language for s in read_all(address, cache, languages=["python"])] == ["python"]


def test_rows_that_cannot_be_used_are_rejected(file, cache):
    address = file(ROW, {"text": None}, {"other": 1}, {"text": "a\0b", "language": "c"})
    found = read_all(address, cache)
    reasons = [s.rejected.reason if s.rejected else "read" for s in found]
    assert reasons == ["read", "no-code", "no-code", "binary"]


def test_a_row_without_a_letter_is_left_to_the_filter(file, cache):
    (sample,) = read_all(file({"text": "", "language": "python"}), cache)
    assert sample.rejected is None


def test_only_the_languages_asked_for(file, cache):
    address = file(ROW, {**ROW, "language": "go"})
    assert len(read_all(address, cache, languages=["go"])) == 1
    with pytest.raises(InputError, match="no source file in rows:seeds"):
        list(read(resolve(address, cache), ReadRules(languages=("rust",))))


def test_a_column_that_is_not_there_is_told_with_those_that_are(file, cache):
    with pytest.raises(InputError, match="no column 'body'; it has text, language"):
        resolve(file(ROW, column="#body"), cache)
    with pytest.raises(InputError, match=r"which column of .* holds code\? write rows:"):
        resolve(file({"a": CODE, "b": "c"}, column=""), cache)
    assert resolve(file(ROW, column=""), cache).address.endswith("seeds.jsonl#text")


def test_files_that_hold_no_rows(file, cache, tmp_path):
    with pytest.raises(InputError, match="is empty"):
        resolve(file(), cache)
    with pytest.raises(InputError, match="there is no file"):
        resolve(f"rows:{tmp_path}/nowhere.jsonl#text", cache)
    (tmp_path / "x.yaml").write_text("a: 1")
    with pytest.raises(InputError, match=r"nothing reads '\.yaml'"):
        resolve(f"rows:{tmp_path}/x.yaml#text", cache)


def test_a_file_that_changed_is_not_what_was_pinned(file, cache):
    address = file(ROW)
    pins = {address: pin_of(resolve(address, cache))}
    assert resolve(address, cache, pins)
    file(ROW, ROW)
    with pytest.raises(InputError, match="has changed since it was pinned"):
        resolve(address, cache, pins)


def test_a_hash_in_the_name_of_a_file(file, cache):
    assert len(read_all(file(ROW, name="a#b.jsonl"), cache)) == 1


OSS = {
    "python": "def f(x):\n    return x\n", "typescript": "const f = (x: number) => x;\n",
    "csharp": "class A { int F(int x) { return x; } }\n", "rust": "fn f(x: i32) -> i32 { x }\n",
    "swift": "func f(x: Int) -> Int { return x }\n",
    "php": "<?php\nfunction f($x) { return $x; }\n",
    "java": "class A { int f(int x) { return x; } }\n", "cpp": "int f(int x) { return x; }\n",
    "shell": "f() { echo \"$1\"; }\n",
}  # fmt: skip


def test_snippets_of_oss_instruct(file, cache):
    rows = [
        {"lang": lang, "raw_index": n, "index": n, "seed": code, "problem": "p", "solution": "s"}
        for n, (lang, code) in enumerate(OSS.items())
    ]
    samples = read_all(file(*rows, column="#seed"), cache)
    assert [sample.code for sample in samples] == list(OSS.values())
    assert Counter(sample.language for sample in samples) == Counter(
        "bash" if lang == "shell" else lang for lang in OSS
    )
    assert {sample.rejected for sample in samples} == {None}
