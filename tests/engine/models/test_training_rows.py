"""Rows of a training: read, made into tokens, and what of them is learnt."""

import json
from types import SimpleNamespace

import jinja2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine.errors import ConfigError, InputError
from backfeed.engine.models import _training_rows
from backfeed.engine.models._training_batch import IGNORED, batch, learnt, sees
from backfeed.engine.models._training_rows import Encoder, Form, conversations

BEGIN, END = 1, 2


class Letters:
    """A tokenizer of which each character is a token; with a chat template if it is given one."""

    eos_token_id, bos_token_id = END, BEGIN

    def __init__(self, template=None):
        self.chat_template = template

    def __call__(self, text, add_special_tokens=True):
        head = [BEGIN] if add_special_tokens else []
        return SimpleNamespace(input_ids=[*head, *(ord(one) + 10 for one in text)])

    def apply_chat_template(self, turns, tokenize, add_generation_prompt):
        made = jinja2.Environment().from_string(self.chat_template)
        refuse = {"refuse": _refuse}
        return made.render(messages=turns, ask=add_generation_prompt, **refuse)


def _refuse():
    raise jinja2.TemplateError("no system here")


CHAT = (
    "{% for one in messages %}{% if one.role == 'system' %}{{ refuse() }}{% endif %}"
    "<{{ one.role }}>{{ one.content }}|{% endfor %}{% if ask %}<assistant>{% endif %}"
)
FORGETFUL = "{% for one in messages[-2:] %}<{{ one.role }}>{{ one.content }}|{% endfor %}"
TALK = [("user", "a?"), ("assistant", "b"), ("user", "c?"), ("assistant", "dd"), ("user", "e?")]


def text(ids):
    return "".join({BEGIN: "^", END: "$"}.get(one) or chr(one - 10) for one in ids)


def test_by_a_chat_template():
    ids, parts = Encoder(Letters(CHAT)).encode(TALK)
    assert text(ids) == "<user>a?|<assistant>b|<user>c?|<assistant>dd|"
    assert [text(ids[a:b]) for a, b in parts] == ["b|", "dd|"]


@pytest.mark.parametrize(("template", "how"), [(None, "auto"), (CHAT, "plain")])
def test_plainly(template, how):
    ids, parts = Encoder(Letters(template), how).encode(TALK)
    assert text(ids) == (
        "^### User:\na?\n\n### Assistant:\nb$\n\n### User:\nc?\n\n### Assistant:\ndd$"
    )
    assert [text(ids[a:b]) for a, b in parts] == ["b$", "dd$"]


def test_templates_that_will_not_do():
    with pytest.raises(ConfigError, match="answers cannot be told from the rest"):
        Encoder(Letters(FORGETFUL)).encode(TALK)
    with pytest.raises(ConfigError, match='template = "chat": the tokenizer has no chat'):
        Encoder(Letters(), "chat")


def corpus(tmp_path, rows, most=40):
    form = Form(Encoder(Letters(CHAT)), most)
    return _training_rows.corpus(tmp_path / "rows.arrow", rows, form)


ROWS = [
    ("one", [("user", "a?"), ("assistant", "b")]),
    ("mute", [("user", "a?")]),
    ("old", [("system", "s"), ("user", "a?"), ("assistant", "b")]),
    ("long", [("user", "a" * 40), ("assistant", "b")]),
    ("cut", [("user", "a"), ("assistant", "b" * 40)]),
]


def test_a_corpus(tmp_path):
    found = corpus(tmp_path, ROWS)
    assert (found.ids, len(found), found.name(1)) == (["one", "cut"], 2, "cut")
    assert found.lengths.tolist() == [22, 40]
    assert found.tally.cut == 1
    assert found.tally.skipped == {"no-answer": 1, "template": 1, "too-long": 1}
    assert found.tally.ids == {"mute", "old", "long"}
    again = corpus(tmp_path, iter(()))
    assert again.ids == found.ids, "it is read from its file"
    ids, known = again.tokens(0)
    assert text(ids[known]) == "b|"


def test_rows_side_by_side(tmp_path):
    found = corpus(tmp_path, ROWS)
    one = batch(found, [[0], [1]], restart=False)
    assert one.ids.shape == (2, 40)
    assert one.owners[0].tolist() == [0] * 22 + [-1] * 18
    assert one.tokens == 62
    assert (one.labels != IGNORED).sum() == learnt(found, [[0], [1]]) == 2 + 21
    packed = batch(found, [[0, 1]], restart=True)
    assert packed.places[0].tolist() == [*range(22), *range(40)]
    assert batch(found, [[0, 1]], restart=False).places[0].tolist() == [*range(62)]


def test_who_sees_whom(tmp_path):
    found = corpus(tmp_path, ROWS)
    [[seen]] = sees(batch(found, [[0, 1]], restart=True).owners)
    assert seen[21, :22].all()
    assert not seen[22:, :22].any(), "the second row sees nothing of the first"
    assert not seen[0, 1:].any(), "nothing sees what is later"
    assert seen.diagonal().all()


def test_files_of_both_kinds_say_the_same(tmp_path):
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    rows = [{"id": "x", "messages": messages}, {"id": "y", "messages": messages}]
    lines, table = tmp_path / "rows.jsonl", tmp_path / "rows.parquet"
    lines.write_text("\n".join(json.dumps({**row, "more": 1}) for row in rows))
    rejected = {"id": "z", "messages": messages, "rejected": {"stage": "s"}}
    whole = [{**row, "rejected": None} for row in rows]
    pq.write_table(pa.Table.from_pylist([rejected, *whole]), table)
    assert list(conversations([str(lines)])) == list(conversations([str(table)]))
    assert _training_rows.digest_of([str(lines)]) == _training_rows.digest_of([str(table)])
    twice = [str(lines), str(table)]
    assert _training_rows.digest_of(twice) != _training_rows.digest_of([str(lines)])


def test_rows_without_ids_are_numbered(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"messages": []}\n\n{"messages": [], "id": 7}\n{"messages": []}')
    assert [name for name, _ in conversations([str(path)])] == ["1", "7", "3"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.jsonl", '{"messages": []}\n{"prompt": "a"}', r"r.jsonl, row 2: no conversation"),
        ("r.jsonl", "[]", r"row 1: no conversation to train on"),
        ("r.jsonl", "{", r"r.jsonl, line 1 is no JSON"),
        ("r.parquet", "PAR0", r"r.parquet cannot be read as Parquet"),
    ],
)
def test_what_is_no_conversation(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        list(conversations([str(tmp_path / name)]))


def test_no_file_at_all(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        list(conversations([str(tmp_path / "gone.jsonl")]))
