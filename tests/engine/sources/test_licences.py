"""Which licence holds for a file: its package, its folders, itself."""

import json

import pytest
from archives import CODE, laid

from backfeed.engine.methods.licences import UNKNOWN
from backfeed.engine.sources import _licences, _manifests
from backfeed.engine.sources._licences import is_licence_file, speaks_for
from backfeed.engine.sources._manifests import declared
from backfeed.engine.sources._open import read, resolve

APACHE = "Licensed under the Apache License, Version 2.0 (the 'License'). " * 2
GPL = "This is under the GNU General Public License, version 3, or any later version. " * 2
LGPL = "This is under the GNU Lesser General Public License, version 3. " * 2
MIT = "This is released under the MIT license, and under nothing else, by its authors."
CUSTOM = "You may look at this work while the moon is full, and then forget it. " * 30


def package_json(licence: object) -> str:
    return json.dumps({"name": "x", "license": licence})


PYPROJECT = '[project]\nname = "x"\nlicense = "MIT"\n'

TWO = {"LICENSE-MIT": MIT, "LICENSE-APACHE": APACHE}
SETUP_BSD = {"setup.cfg": "[metadata]\nlicense = BSD\n"}

# Files beside src/a.py, what src/a.py says itself, and the licence that it is under.
CASES = [
    ({}, "", UNKNOWN),
    ({"LICENSE": MIT}, "", "MIT"),
    ({"pyproject.toml": PYPROJECT}, "", "MIT"),
    ({"pyproject.toml": PYPROJECT, "LICENSE": MIT}, "", "MIT"),
    ({"pyproject.toml": PYPROJECT, "LICENSE": GPL}, "", "GPL-3.0-or-later"),
    ({"LICENSE": MIT}, "# SPDX-License-Identifier: GPL-2.0-only\n", "GPL-2.0-only"),
    ({"LICENSE": GPL}, "# SPDX-License-Identifier: MIT\n", "GPL-3.0-or-later"),
    ({"LICENSE": MIT}, "# SPDX-License-Identifier: Apache-2.0\n", "Apache-2.0 AND MIT"),
    ({}, "# Licensed under the MIT license.\n", "MIT"),
    ({"LICENSE": MIT, "src/COPYING": GPL}, "", "GPL-3.0-or-later"),
    ({"LICENSE": MIT, "other/COPYING": GPL}, "", "MIT"),
    (TWO, "", "Apache-2.0 AND MIT"),
    ({**TWO, "package.json": package_json("MIT OR Apache-2.0")}, "", "MIT OR Apache-2.0"),
    ({**SETUP_BSD, "LICENSE": "BSD 2-Clause " * 8}, "", "BSD-2-Clause"),
    (SETUP_BSD, "", "BSD-3-Clause"),
    ({"COPYING": GPL, "COPYING.LESSER": LGPL}, "", "LGPL-3.0-only"),
    ({"LICENSE": CUSTOM}, "", UNKNOWN),
    ({"LICENSE": CUSTOM, "LICENSE.docs": MIT}, "", UNKNOWN),
    ({"LICENSE": CUSTOM, "pyproject.toml": PYPROJECT}, "", "MIT"),
    ({"LICENSE": "Either of the two beside this file.\n" * 3, "LICENSE.MIT": MIT}, "", "MIT"),
    ({"LICENSES/GPL-3.0-or-later.txt": GPL}, "", "GPL-3.0-or-later"),
    ({"NOTICE": "Thanks to all, and to the moon above. " * 3, "LICENSE": MIT}, "", "MIT"),
    ({"src/license.py": "# SPDX-License-Identifier: GPL-3.0-only\n"}, "", UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("files", "head", "expected"), CASES)
def test_the_licence_of_a_file(files, head, expected, tmp_path, cache):
    laid(tmp_path / "x", {**files, "src/a.py": head + CODE})
    found = {s.origin.path: s.origin.licence for s in read(resolve(str(tmp_path / "x"), cache))}
    assert found["src/a.py"] == expected


METADATA = "Metadata-Version: 2.1\nName: x\n"
APPROVED = "Classifier: License :: OSI Approved"
DECLARED = [
    ("PKG-INFO", METADATA + "License-Expression: MIT OR ISC\nLicense: GPL\n", ["MIT OR ISC"]),
    ("METADATA", METADATA + "License: MIT License\n", ["MIT"]),
    ("PKG-INFO", METADATA + "License: UNKNOWN\n", [UNKNOWN]),
    ("PKG-INFO", METADATA + f"{APPROVED} :: Apache Software License\n",
     ["Apache-2.0"]),
    ("PKG-INFO", METADATA + f"License: see LICENSE\n{APPROVED} :: MIT License\n",
     ["MIT"]),
    ("PKG-INFO", METADATA + f"{APPROVED}\n", []),
    ("PKG-INFO", METADATA + "\nLicense: a line of the description\n", []),
    ("pyproject.toml", '[project]\nlicense = {text = "MIT"}\n', ["MIT"]),
    ("pyproject.toml", '[project]\nlicense = {file = "LICENSE"}\n', []),
    ("pyproject.toml", '[tool.poetry]\nlicense = "Apache-2.0"\n', ["Apache-2.0"]),
    ("pyproject.toml",
     '[project]\nclassifiers = ["License :: OSI Approved :: MIT License"]\n', ["MIT"]),
    ("pyproject.toml", "[project\n", []),
    ("setup.cfg", "[metadata]\nclassifiers =\n  License :: OSI Approved :: MIT License\n", ["MIT"]),
    ("setup.py", 'setup(\n    license="BSD-2-Clause",\n)', ["BSD-2-Clause"]),
    ("setup.py", 'setup(classifiers=["License :: OSI Approved :: MIT License"])', ["MIT"]),
    ("setup.py", "setup(license=read('LICENSE'))", []),
    ("package.json", package_json("(MIT OR GPL-2.0)"), ["MIT OR GPL-2.0-only"]),
    ("package.json", package_json({"type": "ISC", "url": "x"}), ["ISC"]),
    ("package.json", '{"licenses": [{"type": "MIT"}, {"type": "ISC"}]}', ["MIT OR ISC"]),
    ("package.json", package_json("SEE LICENSE IN x.txt"), []),
    ("package.json", package_json("UNLICENSED"), ["LicenseRef-Proprietary"]),
    ("package.json", "{", []),
    ("package.json", "[]", []),
    ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"\n', ["MIT OR Apache-2.0"]),
    ("Cargo.toml", "[package]\nlicense.workspace = true\n", []),
    ("composer.json", '{"license": ["MIT", "GPL-2.0-only"]}', ["MIT OR GPL-2.0-only"]),
    ("pom.xml", "<licenses><license><name>Apache License 2.0</name></license></licenses>",
     ["Apache-2.0"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), DECLARED)
def test_what_metadata_declares(name, text, expected):
    assert declared(name, text) == expected


def test_names_of_licence_files():
    yes = [
        "LICENSE.html",
        "LICENSE",
        "licence.txt",
        "COPYING.LESSER",
        "UNLICENSE",
        "MIT-LICENSE.txt",
        "NOTICE",
    ]
    no = ["license.py", "LICENSE.json", "licenses.yml", "README.md", "relicensing.txt"]
    assert [path for path in (*yes, *no) if is_licence_file(path)] == yes


def test_metadata_of_an_installed_package_speaks_for_it_all():
    assert speaks_for("x-1.dist-info/licenses/x/_vendor/LICENSE") == ""
    assert speaks_for("src/x.egg-info/PKG-INFO") == "src"
    assert speaks_for("a/b/LICENSE") == "a/b"


@pytest.mark.parametrize("module", [_licences, _manifests])
def test_the_examples_hold(module):
    import doctest

    assert doctest.testmod(module).failed == 0
