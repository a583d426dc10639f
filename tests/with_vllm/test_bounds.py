"""Why no schema of ours bounds the length of a text: xgrammar, vLLM's default, breaks code then."""

import json
from dataclasses import dataclass
from typing import Annotated

import msgspec
import pytest
import xgrammar

from backfeed.engine.models import _prompts


@dataclass
class Bounded:
    """A reply whose text may not be long: that is checked by us, and not by a decoder."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


CODE = {"code": 'def f():\n    return "x"\n'}
REPLY = json.dumps(CODE, separators=(",", ":"))


def takes(text, **bounds):
    """Would xgrammar let a model write this text, as an object with one string of such bounds?"""
    letters = [bytes([number]) for number in range(256)]
    known = xgrammar.TokenizerInfo([*letters, b"<end>"], stop_token_ids=[256])
    form = {
        "type": "object",
        "properties": {"code": {"type": "string", **bounds}},
        "required": ["code"],
        "additionalProperties": False,
    }
    made = xgrammar.GrammarCompiler(known).compile_json_schema(
        json.dumps(form), any_whitespace=False, separators=(",", ":")
    )
    return xgrammar.GrammarMatcher(made).accept_string(text)


def test_a_free_text_holds_code():
    assert takes(REPLY)


@pytest.mark.parametrize("bounds", [{"maxLength": 500}, {"minLength": 1}])
def test_a_bounded_text_holds_no_line_break(bounds):
    assert takes('{"code":"abc"}', **bounds)
    assert not takes(REPLY, **bounds)


def test_so_we_send_no_bounds():
    sent = _prompts.schema(Bounded)
    assert sent["properties"]["code"] == {"type": "string"}
    assert takes(REPLY, **sent["properties"]["code"])
