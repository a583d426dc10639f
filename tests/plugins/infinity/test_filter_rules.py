"""Rules of each domain: what breaks one, and what does not."""

import pytest

from backfeed.plugin import Compute, ConfigError, File, Message, Sample, rejoined
from backfeed.plugins.infinity.filter_rules import FilterRules


def filtered(domain, question, answer="Yes, it is so.", *, code="", settings=None, **more):
    messages = (Message("user", question), Message("assistant", answer))
    kind = "code" if domain == "code" else "general"
    row = Sample(kind=kind, question_type=domain, messages=messages, code=code, **more)

    def answered(request):
        assert isinstance(request, Compute)
        return request.function(*request.arguments)

    [found] = rejoined(FilterRules(**(settings or {})).each(row), answered)
    return found


def reason(*row, **more):
    found = filtered(*row, **more)
    return found.rejected.reason if found.rejected else ""


@pytest.mark.parametrize(
    ("domain", "question", "answer", "expected"),
    [
        ("code", "Write a function that downloads a page.", "```python\nx\n```", "network"),
        ("code", "Write a REST API client in Go.", "```go\nx\n```", "network"),
        ("code", "Show the title.", "```python\nimport requests\n```", "network"),
        ("code", "Show the title.", "```go\nimport (\n  \"net/http\"\n)\n```", "network"),
        ("code", "Show the title.", "```js\nconst http = require('http');\n```", "network"),
        ("code", "Write a program that reads a CSV file.", "```python\nx\n```", "file-io"),
        ("code", "Count the words in all files in a directory.", "```sh\nwc\n```", "file-io"),
        ("code", "Sum all the numbers.", "```python\nwith open(path) as f: pass\n```", "file-io"),
        ("code", "Sum all the numbers.", "```c\nFILE *f = fopen(p, \"r\");\n```", "file-io"),
        ("code", "Sum all the numbers.", "```rust\nuse std::fs;\n```", "file-io"),
        ("code", "Write a function that adds.", "I'm sorry, I cannot help with that.", "refusal"),
        ("math", "How many eggs are left?", "It depends on who ate them, I think.", "no-result"),
        ("math", "Calculate it: 2 + 2.", "I cannot do that.", "refusal"),
        ("knowledge", "Who wrote it?", "As an AI language model, I have no opinion.",
         "self-identification"),
        ("knowledge", "Who wrote it?", "", "empty-answer"),
        ("knowledge", "Who was it?", "Ã© is â€™s and Ã¼ber.", "garbled"),
        ("chat", "Who are you?", "Hello! My name is {{name}}, from {{author}}.", "unfilled"),
        ("chat", "Tell a story.", "Good night. " * 40, "repetition"),
        ("chat", "Tell a story.", "word " * 6001, "repetition"),
        ("chat", "Tell a story.", " ".join(f"w{n}" for n in range(6001)), "too-long"),
        ("chat", " ".join(f"w{n}" for n in range(4001)), "No.", "too-long"),
    ],
)  # fmt: skip
def test_what_is_rejected(domain, question, answer, expected):
    assert reason(domain, question, answer) == expected


@pytest.mark.parametrize(
    ("domain", "question", "answer"),
    [
        ("code", "Write a function that opens a bracket.", "```python\ndef f(): return '('\n```"),
        ("code", "How do I centre a div in a web page?", "```css\ndiv { margin: auto }\n```"),
        ("code", "Profile a list; the file is main.py.", "```python\nx = [1]\n```"),
        ("code", "Read two numbers from standard input.", "```python\nprint(input())\n```"),
        ("code", "Open a modal.", "```js\nmodal.open();\n```"),
        ("math", "How many eggs are left?", "Three."),
        ("math", "Prove that the sum of two odd numbers is even.", "Write them as 2k + 1."),
        ("math", "Is 7 a prime?", "Yes."),
        ("knowledge", "Capital of Peru?", "Lima"),
        ("knowledge", "Download speeds: what are they?", "How fast a file comes from a server."),
        ("knowledge", "Fill in [insert name].", "It is Lima."),
        ("chat", "Hi", "Hello!"),
        ("chat", "Write a template with {{name}} in it.", "Dear {{name}}, ..."),
        ("chat", "Was ist das?", "Über Äpfel, Öl und Übung; Ärzte in Österreich."),
    ],
)
def test_what_is_kept(domain, question, answer):
    found = filtered(domain, question, answer)
    assert found.rejected is None
    assert [(c.name, c.verdict, c.findings) for c in found.checks] == [
        ("filter_rules", "passed", ())
    ]


def test_files_and_code_of_a_row_are_looked_at():
    assert reason(
        "code", "Do what is asked for.", "See the file.", files=(File("a.go", 'import "net/http"'),)
    )
    assert reason("code", "Do what is asked for.", "See.", code="import socket\n") == "network"


def test_a_rule_of_one_domain_is_none_in_another():
    question, answer = "Write a program that reads a CSV file.", "Use a library of your language."
    assert reason("chat", question, answer) == ""
    assert reason("knowledge", question, answer) == ""


def test_all_broken_rules_are_told():
    found = filtered("code", "Download a file and save it to disk.", "I cannot help with that.")
    [check] = found.checks
    assert check.verdict == "failed"
    assert [f.rule for f in check.findings] == ["refusal", "network"]
    assert found.rejected.detail.startswith("code: the answer declines")


@pytest.mark.parametrize("off", ["network", "code/network"])
def test_a_rule_can_be_left_out(off):
    row = ("code", "Write a function that downloads a page.", "```python\ndef f(): ...\n```")
    assert reason(*row, settings={"off": (off,)}) == ""
    assert reason(*row, settings={"off": ("math/network",)}) == "network"


def test_later_turns_are_judged():
    turns = [("user", "Hi"), ("assistant", "Hello!"), ("user", "And?"), ("assistant", "")]
    row = Sample(
        kind="general", question_type="chat", messages=tuple(Message(*turn) for turn in turns)
    )
    [found] = rejoined(FilterRules().each(row), lambda asked: asked.function(*asked.arguments))
    assert found.rejected.reason == "empty-answer"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"off": ("netwrk",)}, "'netwrk' is no rule"),
        ({"off": ("maths/network",)}, "'maths/network' is no rule"),
        ({"longest_answer": 0}, "longest_answer = 0"),
    ],
)
def test_a_setting_that_is_none_is_told(settings, said):
    with pytest.raises(ConfigError, match=said):
        FilterRules(**settings)


@pytest.mark.package("py3langid")
def test_prose_of_other_languages():
    german = "Der Bahnhof liegt am anderen Ende der Stadt, neben dem alten Rathaus und dem Fluss."
    row = ("knowledge", "Wo liegt der Bahnhof in dieser kleinen Stadt am Fluss?", german)
    assert reason(*row, settings={"natural": ("en",)}) == "language"
    assert reason(*row, settings={"natural": ("en", "de")}) == ""
