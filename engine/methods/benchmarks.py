"""Benchmarks that a data set is compared with: their tasks, whatever the columns are called.

HumanEval (prompt, canonical_solution, test, entry_point), MBPP (text or prompt, code, test_list)
and rows of any other shape: what is asked, a solution, and tests where there are some.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.engine.methods._python_tree import Function, functions_in, python_tree

NAMES = ("task_id", "id", "question_id", "problem_id", "name", "source_id")
ASKS = (
    "prompt", "text", "instruction", "problem", "question", "query", "problem_statement",
    "question_content", "complete_prompt", "instruct_prompt", "description", "content",
)  # fmt: skip
SOLUTIONS = (
    "canonical_solution", "solution", "code", "reference_code", "response", "output", "completion",
    "answer", "solutions",
)  # fmt: skip
TESTS = ("test", "test_list", "tests", "unit_tests", "test_code")
BEFORE = ("test_setup_code", "test_imports", "test_setup")
_TURNS = ("messages", "conversations", "data")
_EXAMPLES = re.compile(
    r"^[ \t]*(?:>>>|[#\[*-]*[ \t]*(?:examples?|for (?:example|instance)|sample)\b)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a benchmark; what it does not have is empty.

    `prompt` is all that is asked, `docstring` that of the function to be written, `description`
    what is said before the examples. `code` is a whole solution, `tests` a program that calls its
    `entry_point`, and `setup` what has to stand before the solution when it is tested.
    """

    name: str
    file: str
    prompt: str = ""
    docstring: str = ""
    description: str = ""
    code: str = ""
    language: str = ""
    entry_point: str = ""
    tests: str = ""
    setup: str = ""


def tasks_of(rows: Iterable[Mapping[str, Any]], file: str) -> Iterator[Task]:
    """The tasks of a file's rows, in order; rows that neither ask nor solve anything are left out.

    >>> row = {"task_id": 7, "text": "Write a function to add one.", "code": "def f(x): return x+1"}
    >>> [(task.name, task.description) for task in tasks_of([row, {"n": 1}], "mbpp.jsonl")]
    [('7', 'Write a function to add one.')]
    """
    for number, row in enumerate(rows, 1):
        if task := _task(row, file, number):
            yield task


def _task(row: Mapping[str, Any], file: str, number: int) -> Task | None:
    asked, solved = _first(row, ASKS), _first(row, SOLUTIONS)
    turns: list[Any] = next((row[key] for key in _TURNS if isinstance(row.get(key), list)), [])
    asked = asked or _said(turns, ("user", "human"))
    solved = solved or _said(turns, ("assistant", "gpt"))
    if not asked.strip() and not solved.strip():
        return None
    name = next((str(row[key]) for key in NAMES if row.get(key) is not None), str(number))
    code = _whole(asked, solved)
    tree = python_tree(code)
    tests = _lines(next((row[key] for key in TESTS if row.get(key)), ""))
    entry = str(row.get("entry_point") or "") or _entry(tree, tests)
    before = [_lines(row.get(key)) for key in BEFORE]
    docstring = _docstring(tree, entry) if code != solved else ""
    return Task(
        name, file, asked, docstring, _description(docstring or asked, entry), code,
        "python" if tree is not None else str(row.get("language") or ""), entry,
        _called(tests, entry) if tree is not None else "",
        "\n".join(text for text in (*before, _helpers(asked, entry)) if text),
    )  # fmt: skip


def _first(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """The text of the first column that has one; of a list of texts, the first."""
    for column in columns:
        value = row.get(column)
        if isinstance(value, str) and value.lstrip().startswith('["'):
            value = _decoded(value)
        if isinstance(value, list) and value and isinstance(value[0], str):
            value = value[0]
        if isinstance(value, str) and value.strip():
            return value.replace("\r\n", "\n")
    return ""


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _said(turns: Sequence[Any], roles: Sequence[str]) -> str:
    """What one side says first in a conversation."""
    for turn in turns:
        if isinstance(turn, Mapping) and str(turn.get("role", turn.get("from"))) in roles:
            return str(turn.get("content") or turn.get("value") or "")
    return ""


def _lines(value: Any) -> str:
    """A text, or a list of lines, as a text; empty for anything else."""
    found = _decoded(value) if isinstance(value, str) and value.startswith("[") else value
    if isinstance(found, list):
        return "\n".join(one for one in found if isinstance(one, str)).replace("\r\n", "\n")
    return found.replace("\r\n", "\n") if isinstance(found, str) else ""


def _whole(asked: str, solved: str) -> str:
    """The solution with what the prompt gives of it: a prompt that is code is its beginning."""
    if not re.search(r"^\s*(?:async )?(?:def|class) ", asked, re.MULTILINE):
        return solved
    for begun in (asked, asked.rstrip() + "\n"):
        tree = python_tree(begun + solved)
        if tree is not None and solved.strip() and python_tree(begun) is not None:
            return begun + solved
    return solved


def _entry(tree: ast.Module | None, tests: str) -> str:
    """The function of the solution that its tests call the most; the last one without tests."""
    names = [function.name for function in functions_in(tree)] if tree is not None else []
    program = python_tree(tests)
    if program is None or not tests:
        return names[-1] if names else ""
    called = [
        node.func.id
        for node in ast.walk(program)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return max(reversed(names), key=called.count, default="")


def _docstring(tree: ast.Module | None, entry: str) -> str:
    functions: list[Function] = functions_in(tree) if tree is not None else []
    named = [function for function in functions if function.name == entry]
    return next((ast.get_docstring(function) or "" for function in named), "")


def _description(text: str, entry: str) -> str:
    """What stands before the examples; all of it if that is next to nothing."""
    call = re.compile(rf"^[^\w\n]*{re.escape(entry)}\(", re.MULTILINE) if entry else _EXAMPLES
    ends = [match.start() for one in (_EXAMPLES, call) if (match := one.search(text))]
    before = text[: min(ends, default=len(text))]
    return before if len(before.split()) >= 3 else text


def _called(tests: str, entry: str) -> str:
    """The tests as a program: HumanEval's are a function `check`, which has to be called."""
    tree = python_tree(tests)
    if tree is None or not entry:
        return ""
    checks = any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in tree.body)
    calls = any(isinstance(node, ast.Expr) and "check(" in ast.unparse(node) for node in tree.body)
    return f"{tests}\ncheck({entry})\n" if checks and not calls else tests


def _helpers(asked: str, entry: str) -> str:
    """What a prompt that is code gives besides the function to be written."""
    tree = python_tree(asked)
    if tree is None:
        return ""
    kept = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
        and getattr(node, "name", "") != entry
    ]
    return "\n".join(ast.unparse(node) for node in kept)
