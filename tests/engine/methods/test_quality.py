"""Which instructions and answers are poor, and which only look so."""

import pytest

from backfeed.engine.grammar import grammars
from backfeed.engine.methods.quality import RULES, Turn, flaws, prose_of

ASKED = "Write a Python function that sorts a list of words by their length."
CODE = "```python\ndef by_length(words):\n    return sorted(words, key=len)\n```\n"
LONG = "".join(
    f"Step {n}: it looks at the words of {n} letters, and keeps them. " for n in range(9)
)


def found(question: str, answer: str, code: str = "", language: str = "python") -> list[str]:
    turn = Turn(question, answer, code, grammars()[language].marks)
    return [flaw.rule for flaw in flaws(turn)]


POOR = [
    ("empty-instruction", " \n", "Fine."),
    ("empty-answer", ASKED, ""),
    ("short-instruction", "sort", "Sorted."),
    ("short-answer", ASKED, "Yes, sir."),
    ("refusal", ASKED, "I'm sorry, but I can't help with that."),
    ("refusal", "Book a flight.", "I do not have the capability to book flights."),
    ("self-identification", ASKED, "As an AI language model, I can show you.\n" + CODE),
    ("self-identification", "Who are you?", "I am ChatGPT, and I was trained by OpenAI."),
    ("copy", "Name the capital city of France.", "Name the capital city of France."),
    ("copy", "Give a motto for a shop that sells ice.", "give a motto for a shop that sells ice"),
    ("placeholder", ASKED, "```python\ndef f(words):\n    # your code here\n```"),
    ("placeholder", ASKED, "```python\ndef f(words):\n    # TODO: sort\n    pass\n```"),
    ("truncated", ASKED, "```python\ndef by_length(words):\n    return sorted("),
    ("truncated", "What does sorted do?", LONG + "It is a part of the language that is used for"),
    ("repetition", "Tell me a story.", "There was a man. " + "He went to the sea. " * 9),
    ("prose-only", ASKED, "Compare the words by their length and then put the short ones first."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "question", "answer"), POOR)
def test_what_is_poor_is_told(rule, question, answer):
    assert rule in found(question, answer)


def test_every_rule_is_tried():
    assert {rule for rule, _, _ in POOR} == set(RULES)


GOOD = [
    (ASKED, CODE), (ASKED, "def by_length(words):\n    return sorted(words, key=len)"),
    ("2 + 2?", "4"), ("What is the capital of France?", "Paris"), ("写一首诗", "春天来了。"),
    ("Write a chatbot's greeting.", 'print("I am an AI assistant, I cannot help you")'),
    ("What is an AI engineer?", "As an AI engineer, one builds models. I like my work."),
    ("Why does it fail?", "It fails because the file cannot be opened."),
    ("Fix the spelling: I has a dog and he have a cat now", "I have a dog and he has a cat now"),
    ("Explain what a class is.", "A class is a template for objects, and it has methods."),
    ("Give me a skeleton of a function.", "def f():\n    # your code here\n    pass"),
    ("What would you do?", LONG), ("Name a link.", LONG + "- see https://docs.python.org/library"),
    ("Say hello five times.", "hello hello hello hello hello"),
    ("Identify the language used to write the given code.", "It is C."),
    (ASKED, "Use this:\n\n~~~python\nx = 1\n~~~\nand be happy"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer"), GOOD)
def test_what_is_good_is_let_pass(question, answer):
    assert found(question, answer) == []


def test_code_that_was_mended_is_no_copy():
    broken = (
        "def by_length(words):\n    for word in words: print(word, len(word))\n    return words"
    )
    mended = broken.replace("return words", "return sorted(words)")
    assert found(f"Mend it:\n{broken}", mended, code=mended) == []


def test_an_open_bracket_is_told_where_code_stands_bare():
    code = "x = sorted(\n    words, key=len"
    assert found(ASKED, code, code=code) == ["truncated"]
    assert found(ASKED, "x = '('", code="x = '('") == []


def test_thanks_are_fine_later_on():
    later = Turn("Thanks!", "You are welcome.", first=False)
    assert not list(flaws(later))


def test_a_flaw_names_the_line_of_the_answer():
    [flaw] = flaws(Turn(ASKED, f"Sure.\n\n{CODE}\nAs an AI model, I hope that helps."))
    assert (flaw.rule, flaw.line) == ("self-identification", 8)


def test_prose_keeps_its_lines():
    assert prose_of("a\n```\nb\n```\nc").split("\n") == ["a", "", "", "", "c"]
