"""Licence expressions: how strict, which holds, which is allowed; and what names mean."""

import doctest

import pytest

from backfeed.engine.methods import licence_names, licence_texts, licences
from backfeed.engine.methods.licence_names import of_name
from backfeed.engine.methods.licences import (
    CLOSED,
    NETWORK,
    PERMISSIVE,
    STRONG,
    UNKNOWN,
    WEAK,
    combined,
    covers,
    is_allowed,
    is_known,
    nearest,
    rank,
    refused,
)

RANKS = [
    ("MIT", PERMISSIVE),
    ("Apache-2.0 WITH LLVM-exception", PERMISSIVE),
    ("CC0-1.0", PERMISSIVE),
    ("MPL-2.0", WEAK),
    ("LGPL-2.1-or-later", WEAK),
    ("GPL-2.0-only WITH Classpath-exception-2.0", WEAK),
    ("GPL-3.0", STRONG),
    ("AGPL-3.0-only", NETWORK),
    ("BUSL-1.1", CLOSED),
    ("LicenseRef-Proprietary", CLOSED),
    ("NOASSERTION", CLOSED),
    ("Nobody-1.0", CLOSED),
    ("see the file", CLOSED),
    ("MIT OR AGPL-3.0-only", PERMISSIVE),
    ("MIT AND AGPL-3.0-only", NETWORK),
    ("(MIT OR GPL-2.0-only) AND MPL-2.0", WEAK),
]


@pytest.mark.parametrize(("expression", "expected"), RANKS)
def test_how_strict_an_expression_is(expression, expected):
    assert rank(expression) == expected


ALLOWED = [
    ("MIT", ()),
    ("MIT OR GPL-3.0-only", ()),
    ("BSD-3-Clause AND Zlib", ()),
    ("GPL-3.0-only", ("GPL-3.0",)),
    ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only",)),
    ("MIT AND MPL-2.0", ("MPL-2.0",)),
    ("LicenseRef-Proprietary", ("LicenseRef-Proprietary",)),
]
REFUSED = [
    ("GPL-3.0-only", ()),
    ("MIT AND GPL-3.0-only", ()),
    ("GPL-3.0-or-later", ("GPL-2.0-only",)),
    ("MPL-2.0 AND GPL-3.0-only", ("MPL-2.0",)),
    ("NOASSERTION", ()),
    ("", ()),
]


@pytest.mark.parametrize(("expression", "allow"), ALLOWED)
def test_allowed(expression, allow):
    assert is_allowed(expression, allow)


@pytest.mark.parametrize(("expression", "allow"), REFUSED)
def test_not_allowed(expression, allow):
    assert not is_allowed(expression, allow)


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ([], UNKNOWN),
        (["MIT"], "MIT"),
        (["mit", "MIT"], "MIT"),
        (["MIT", "GPL-2.0"], "GPL-2.0-only"),
        (["Apache-2.0", "MIT"], "Apache-2.0 AND MIT"),
        (["MPL-2.0", "AGPL-3.0-only", "MIT"], "AGPL-3.0-only"),
        (["MIT", UNKNOWN], UNKNOWN),
        (["LicenseRef-Proprietary", UNKNOWN], "LicenseRef-Proprietary"),
        (["MIT OR Apache-2.0", "MIT"], "MIT"),
    ],
)
def test_the_strictest_holds(said, holds):
    assert combined(said) == holds


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("MIT AND GPL-3.0-only AND MPL-2.0", ["GPL-3.0-only", "MPL-2.0"]),
        ("GPL-3.0-only OR LGPL-3.0-only", ["LGPL-3.0-only"]),
        ("MIT", []),
    ],
)
def test_what_would_have_to_be_allowed(expression, missing):
    assert refused(expression) == missing
    assert is_allowed(expression, missing)


@pytest.mark.parametrize(
    ("expression", "other", "expected"),
    [
        ("MIT OR Apache-2.0", "Apache-2.0", True),
        ("GPL-3.0-or-later", "GPL-3.0-only", True),
        ("MIT", "Apache-2.0", False),
        ("MIT", "no licence at all", False),
    ],
)
def test_what_an_expression_covers(expression, other, expected):
    assert covers(expression, other) is expected


def test_known_and_near_ids():
    assert is_known("MIT AND LicenseRef-Proprietary")
    assert not is_known("Apache2")
    assert nearest("Apache2") == "Apache-2.0"
    assert is_known(nearest("gpl-3"))
    assert nearest("@@@@") == ""


NAMES = [
    ("MIT", "MIT"),
    ("The MIT License (MIT)", "MIT"),
    ("MIT/X11", "MIT"),
    ("Apache License, Version 2.0", "Apache-2.0"),
    ("Apache Software License", "Apache-2.0"),
    ("BSD License", "BSD-3-Clause"),
    ("BSD (3-clause)", "BSD-3-Clause"),
    ("Simplified BSD", "BSD-2-Clause"),
    ("ISC License (ISCL)", "ISC"),
    ("GPLv3+", "GPL-3.0-or-later"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("LGPL", "LGPL-2.0-or-later"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("Zero-Clause BSD (0BSD)", "0BSD"),
    ("Public Domain", "LicenseRef-scancode-public-domain"),
    ("MIT or Apache 2", "MIT OR Apache-2.0"),
    ("UNLICENSED", "LicenseRef-Proprietary"),
    ("Other/Proprietary License", "LicenseRef-Proprietary"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_what_a_name_means(name, expected):
    assert of_name(name) == expected


@pytest.mark.parametrize("name", ["", "see LICENSE", "OSI Approved", "Dual License", "custom", "?"])
def test_what_names_nothing(name):
    assert of_name(name) == UNKNOWN


@pytest.mark.parametrize("module", [licences, licence_names, licence_texts])
def test_the_examples_hold(module):
    assert doctest.testmod(module).failed == 0
