"""In which language prose is, code left out."""

import builtins

import pytest

from backfeed.engine.errors import MissingExtra
from backfeed.engine.methods import prose_language
from backfeed.engine.methods.prose_language import foreign

pytest.importorskip("py3langid", reason="pip install 'backfeed[language]'")

OTHER = [
    ("fr", "Écris une fonction qui trie une liste de mots selon leur longueur."),
    ("de", "Schreibe eine Funktion, die eine Liste von Wörtern sortiert.\n```python\nx = 1\n```"),
    ("ru", "Напишите функцию, которая сортирует список слов по длине."),
    ("zh", "请用 Python 写一个函数，按长度对单词列表排序。"),
    ("ja", "単語のリストを長さで並べ替える関数を書いてください。"),
    ("es", "Define una función en Python que ordene una lista de palabras por longitud."),
]


@pytest.mark.parametrize(("code", "text"), OTHER, ids=[code for code, _ in OTHER])
def test_another_language_is_told(code, text):
    assert foreign(text, ("en",)) == code
    assert foreign(text, ("en", code)) == ""


ENGLISH = [
    "Write a function that sorts a list of words by their length.",
    "for i in range(10):\n    print(i)\n    total += values[i]",
    "const total = list.reduce((a, b) => a + b, 0);\nconsole.log(total);",
    "SELECT name FROM users WHERE id = 1;",
    "```\nÉcris une fonction qui trie une liste de mots.\n```",
    "cotton ball", "", "42", "déjà vu", "https://example.com/une/fonction/qui/trie",
]  # fmt: skip


@pytest.mark.parametrize("text", ENGLISH)
def test_code_names_and_short_texts_are_no_other_language(text):
    assert foreign(text, ("en",)) == ""


def test_without_the_extra_the_remedy_is_told(monkeypatch):
    real = builtins.__import__

    def absent(name, *arguments, **named):
        if name.startswith("py3langid"):
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    prose_language.identifier.cache_clear()
    with pytest.raises(MissingExtra, match=r"backfeed\[language\]"):
        foreign(OTHER[0][1], ("en",))
