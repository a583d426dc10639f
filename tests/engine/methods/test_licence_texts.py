"""Which licence a text is."""

import pytest

from backfeed.engine.methods.licence_texts import of_file, of_head
from backfeed.engine.methods.licences import PROPRIETARY, UNKNOWN

MIT = """MIT License

Copyright (c) 2024 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
ISC = """Copyright (c) 2024 Somebody

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES.
"""
GPL_HEAD = """# This program is free software: you can redistribute it and/or modify
# it under the terms of the GNU General Public License as published by
# the Free Software Foundation, either version 3 of the License, or
# (at your option) any later version.
#
# You should have received a copy of the GNU General Public License
# along with this program.
"""
LGPL_HEAD = """/* This library is free software; you can redistribute it and/or
 * modify it under the terms of the GNU Lesser General Public
 * License as published by the Free Software Foundation; either
 * version 2.1 of the License, or (at your option) any later version.
 */
"""

FILES = [
    (MIT, "MIT"),
    (ISC, "ISC"),
    ("MIT", "MIT"),
    (MIT + "\n\nThe parser is under another licence:\n\n" + ISC, "ISC AND MIT"),
    (MIT + "\nThe Software is under the Commons Clause: no right to sell.", PROPRIETARY),
    ("This work may be used for non-commercial purposes. " + MIT, PROPRIETARY),
    ("Parts are under the GNU Lesser General Public License v2.1. " * 3 + MIT, "LGPL-2.1-only"),
    ("All rights reserved by the owner of this text, who grants nothing. " * 20, UNKNOWN),
    ("", UNKNOWN),
]


@pytest.mark.parametrize(("text", "expected"), FILES, ids=[x for _, x in FILES])
def test_the_licence_of_a_file(text, expected):
    assert of_file(text) == expected


def test_the_detector_is_asked_once_for_one_wording(monkeypatch):
    import askalono

    asked = []
    identify = askalono.identify
    monkeypatch.setattr(askalono, "identify", lambda text: asked.append(text) or identify(text))
    for holder in ("2019 Ann", "(c) 2020, 2021 Bob", "(c) 2022 The Authors of All of This"):
        assert of_file(MIT.replace("(c) 2024 Somebody", holder) + "Thanks.") == "MIT"
    assert len(asked) == 1


HEADS = [
    ("SPDX-License-Identifier: Apache-2.0", ["Apache-2.0"]),
    (" SPDX-License-Identifier: MIT */", ["MIT"]),
    ("SPDX-License-Identifier: (GPL-2.0-only OR MIT)", ["GPL-2.0-only OR MIT"]),
    ("SPDX-License-Identifier: see the file", [UNKNOWN]),
    (GPL_HEAD, ["GPL-3.0-or-later"]),
    (LGPL_HEAD, ["LGPL-2.1-or-later"]),
    ("version 2 of the GNU General Public License as published", ["GPL-2.0-only"]),
    ("Released under the GPLv2+ licence", ["GPL-2.0-or-later"]),
    ("# Licensed under the Apache License,\n# Version 2.0 (the License)", ["Apache-2.0"]),
    ("Use of this source code is governed by a BSD-style\nlicense", ["BSD-3-Clause"]),
    ("Licensed under the MIT license. See LICENSE.", ["MIT"]),
    ("@license MIT", ["MIT"]),
    ("License: GPL-3.0", ["GPL-3.0-only"]),
    ("subject to the terms of the Mozilla Public\n// License, v. 2.0.", ["MPL-2.0"]),
    ("Proprietary and confidential. Unauthorized copying is forbidden.", [PROPRIETARY]),
]
SILENT = [
    "",
    "Copyright 2024 Somebody. All rights reserved.",
    "Reads licence files, and tells MIT from the rest.",
    "Converts RGPL3 to GPLX notation.",
    "Licensed drivers only.",
]


@pytest.mark.parametrize(("head", "expected"), HEADS)
def test_what_a_head_states(head, expected):
    assert of_head(head) == expected


@pytest.mark.parametrize("head", SILENT)
def test_what_states_nothing(head):
    assert of_head(head) == []
