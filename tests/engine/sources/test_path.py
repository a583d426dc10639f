"""Files and folders of this machine: what is read, what is passed over, what is rejected."""

import os

import pytest
from archives import CODE, digest, laid

from backfeed.engine.contracts import ReadRules
from backfeed.engine.errors import ConfigError, InputError, UnknownName
from backfeed.engine.sources._address import parse_address
from backfeed.engine.sources._open import pin_of, read, resolve

MIT = "SPDX-License-Identifier: MIT"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "shapes"


def read_all(place, cache, **rules: object):
    return list(read(resolve(str(place), cache), rules))


def told(samples) -> dict[str, str]:
    return {s.origin.path: s.rejected.reason if s.rejected else "read" for s in samples}


def test_the_files_come_in_order_of_their_path(folder, cache):
    laid(
        folder,
        {"b.py": CODE, "a/z.js": "f();", "a.go": "package a", "README.md": "x", "d.csv": "1"},
    )
    found = read_all(folder, cache)
    assert [s.origin.path for s in found] == ["a.go", "a/z.js", "b.py"]
    assert [s.language for s in found] == ["go", "javascript", "python"]


def test_a_file_says_where_it_is_from(folder, cache):
    laid(folder, {"a.py": CODE})
    (sample,) = read_all(folder, cache)
    origin = sample.origin
    assert (origin.source, origin.path, origin.sha256) == ("shapes", "a.py", digest(CODE.encode()))
    assert (origin.first_line, origin.last_line, origin.licence) == (1, 2, "NOASSERTION")


def test_the_tests_beside_a_file_go_with_it(folder, cache):
    laid(folder, {
        "a/sums.go": "package a", "a/sums_test.go": "package a // 1", "b/sums_test.go": "package b",
        "a/example_test.go": "package a // 2", "a/other_test.go": "package a // 3", "a/x.py": CODE,
    })  # fmt: skip
    found = {one.origin.path: one.support for one in read_all(folder, cache)}
    beside = [(file.path, file.text) for file in found["a/sums.go"]]
    assert beside == [
        ("a/sums_test.go", "package a // 1"), ("a/example_test.go", "package a // 2"),
    ]  # fmt: skip
    assert found["b/sums_test.go"] == found["a/x.py"] == ()


def test_a_script_is_known_by_its_first_line(folder, cache):
    laid(folder, {"run": "#!/usr/bin/env python3\nprint(1)\n", "LICENSE": MIT, "Makefile": "a:"})
    (sample,) = read_all(folder, cache)
    assert (sample.origin.path, sample.language) == ("run", "python")


def test_what_cannot_be_used_is_rejected_and_not_lost(folder, cache):
    laid(folder, {
        "good.py": CODE, "latin.py": "é = 1".encode("latin-1"), "zero.py": b"x = 1\0\0",
        "big.py": b"x = 1\n" * 200_000, "empty.py": "", "bom.py": b"\xef\xbb\xbfx = 1\r\ny = 2\r\n",
    })  # fmt: skip
    (folder / "link.py").symlink_to(folder / "good.py")
    os.mkfifo(folder / "pipe.py")
    found = read_all(folder, cache)
    assert told(found) == {
        "bom.py": "read", "good.py": "read", "empty.py": "read", "latin.py": "encoding",
        "zero.py": "binary", "big.py": "too-big", "link.py": "link", "pipe.py": "special",
    }  # fmt: skip
    assert next(s for s in found if s.origin.path == "bom.py").code == "x = 1\ny = 2\n"
    assert all(s.rejected.stage == "read" for s in found if s.rejected)


def test_a_link_to_a_folder_is_not_followed(folder, cache, tmp_path):
    laid(folder, {"a.py": CODE})
    laid(tmp_path / "elsewhere", {"secret.py": CODE})
    (folder / "there").symlink_to(tmp_path / "elsewhere")
    assert told(read_all(folder, cache)) == {"a.py": "read"}


def test_what_version_control_keeps_is_passed_over(folder, cache):
    laid(folder, {"a.py": CODE, ".git/hooks/x.py": CODE, ".hg/y.py": CODE, ".github/z.py": CODE})
    assert told(read_all(folder, cache)) == {".github/z.py": "read", "a.py": "read"}


def test_a_name_in_no_encoding_is_shown(folder, cache):
    laid(folder, {"a.py": CODE})
    with open(os.fsencode(folder) + b"/\xff.py", "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(CODE.encode())
    assert told(read_all(folder, cache)) == {"\\xff.py": "read", "a.py": "read"}


def test_one_file(folder, cache):
    laid(folder, {"a.py": CODE, "b.py": CODE, "LICENSE": MIT})
    (sample,) = read_all(folder / "b.py", cache)
    assert (sample.origin.path, sample.origin.licence) == ("b.py", "MIT")


def test_only_the_languages_asked_for(folder, cache):
    laid(folder, {"a.py": CODE, "b.js": "f();", "c.h": "int f(void);", "d.h": "namespace x { }"})
    assert set(told(read_all(folder, cache, languages=["python", "c"]))) == {"a.py", "c.h"}


def test_an_empty_folder_is_told(folder, cache):
    folder.mkdir()
    with pytest.raises(InputError, match=r"no source file in .*shapes, looked for .*python"):
        resolve(str(folder), cache)


def test_rows_are_not_taken_for_code(folder, cache):
    laid(folder, {"a.jsonl": "{}"})
    with pytest.raises(InputError, match=r"write rows:.*a\.jsonl#COLUMN"):
        resolve(str(folder / "a.jsonl"), cache)


def test_what_is_not_there_is_told(cache):
    with pytest.raises(InputError, match="no file or folder 'nowhere'"):
        resolve("nowhere", cache)


def test_a_folder_that_changed_is_not_what_was_pinned(folder, cache):
    laid(folder, {"a.py": CODE, "notes.txt": "x"})
    pinned = resolve(str(folder), cache)
    pins = {str(folder): pin_of(pinned)}
    laid(folder, {"notes.txt": "y"})
    assert resolve(str(folder), cache, pins) == pinned
    laid(folder, {"a.py": CODE + "\n"})
    with pytest.raises(InputError, match="has changed since it was pinned; add --update"):
        resolve(str(folder), cache, pins)


def test_a_licence_is_a_part_of_what_is_pinned(folder, cache):
    laid(folder, {"a.py": CODE})
    before = resolve(str(folder), cache).sha256
    laid(folder, {"LICENSE": MIT})
    assert resolve(str(folder), cache).sha256 != before


def test_the_licence_of_the_repository_around_it(folder, cache):
    laid(folder, {".git/HEAD": "", "LICENSE": MIT, "src/pkg/a.py": CODE})
    assert read_all(folder / "src" / "pkg", cache)[0].origin.licence == "MIT"
    assert read_all(folder / "src" / "pkg" / "a.py", cache)[0].origin.licence == "MIT"
    (folder / ".git" / "HEAD").unlink()
    (folder / ".git").rmdir()
    assert read_all(folder / "src" / "pkg", cache)[0].origin.licence == "NOASSERTION"


@pytest.mark.parametrize(
    ("text", "scheme", "rest"),
    [
        ("pypi:boltons==25.0.0", "pypi", "boltons==25.0.0"),
        ("git:https://host/x.git@v1", "git", "https://host/x.git@v1"),
        ("rows:a.jsonl#text", "rows", "a.jsonl#text"),
    ],
)
def test_addresses(text, scheme, rest):
    found = parse_address(text)
    assert (found.scheme, found.rest, str(found)) == (scheme, rest, text)


def test_a_file_that_is_there_is_a_path_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    laid(tmp_path, {"pipy:x": "", "c:a.py": CODE})
    assert parse_address("c:a.py").scheme == "path"
    assert str(parse_address("c:a.py")) == "c:a.py"


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("pyp:x", UnknownName, "did you mean 'pypi'"),
        ("https://host/x", InputError, "write git:https://host/x"),
        ("pypi:", InputError, "names nothing behind pypi:"),
        ("nowhere/x", InputError, "no file or folder"),
    ],
)
def test_addresses_of_nothing(text, kind, says):
    with pytest.raises(kind, match=says):
        parse_address(text)


def test_rules_are_checked(folder, cache):
    laid(folder, {"a.py": CODE})
    with pytest.raises(ConfigError, match="did you mean 'languages'"):
        read_all(folder, cache, language="python")
    assert told(read(resolve(str(folder), cache), ReadRules(max_bytes=3))) == {"a.py": "too-big"}
