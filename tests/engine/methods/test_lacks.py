"""What a program does not find: a package, a file, or a file by another name."""

import pytest

from backfeed.engine.methods import lacks
from backfeed.engine.records import File


@pytest.mark.parametrize(
    ("name", "packaged"),
    [
        ("numpy", True), ("@scope/name/part", True), ("org.apache.commons", True), ("a.h", True),
        ("vendor/autoload.php", True), ("/usr/bin/convert", True), ("Moose::Role", True),
        ("./models", False), ("../lib/a.js", False), (".models", False), ("helpers.php", False),
        ("self::stack", False), ("/data/names.txt", False),
    ],
)  # fmt: skip
def test_packages_are_told_from_files(name, packaged):
    said = lacks.lack(name)
    assert said.startswith(lacks.LACKS if packaged else lacks.UNFOUND)
    assert lacks.lacked(said) == name


def test_nothing_is_lacking_where_nothing_is_named():
    assert (lacks.lack(""), lacks.lacked("TLE"), lacks.misspelt("", ())) == ("", "", "")


@pytest.mark.parametrize(
    ("name", "files", "meant"),
    [
        ("helpers", {"helper.py": ""}, "helper.py"),
        ("./Helper", {"helper.js": ""}, "helper.js"),
        ("crate::helpers", {"src/helper.rs": ""}, "src/helper.rs"),
        ("shape.Square", {"shapes/Square.java": "package shapes;"}, "shapes/Square.java"),
        ("helper", {"helper.py": ""}, ""),
        ("numpy", {"helper.py": ""}, ""),
        ("os2", {"os1.py": ""}, ""),
        ("mains", {"main.py": ""}, ""),
        ("requests", {"request.py": "", "main.py": "import request\nimport requests\n"}, ""),
        ("requests", {"request.py": "", "main.py": "import requests\n"}, "request.py"),
        ("backfeed_harnes", {"backfeed_harness.py": ""}, ""),
    ],
)
def test_a_name_may_be_meant_for_a_file(name, files, meant):
    assert lacks.misspelt(name, [File(*item) for item in files.items()]) == meant
