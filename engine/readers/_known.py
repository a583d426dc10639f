"""Data sets whose columns say more than their names: each is told by columns that only it has.

The columns are those that the data sets' own cards and loaders name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A shape of rows. Several columns of which one is enough are written `one|other`.

    `needs` tells the shape, `columns` says what they hold besides what any row has. `tests` is how
    tests are written (`readers._tests`), `answer` how the answer is, `many` what several samples
    are made from, `language` what the answers are written in if no column says it.
    """

    name: str
    needs: str
    columns: Mapping[str, str] = field(default_factory=dict)
    tests: str = ""
    answer: str = ""
    many: str = ""
    language: str = ""

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Has the row the columns by which the shape is known?"""
        return all(first(one, row) for one in self.needs.split())

    def found(self, row: Mapping[str, Any]) -> dict[str, str]:
        """The columns of the shape that the row has."""
        pairs = ((name, first(columns, row)) for name, columns in self.columns.items())
        return {name: column for name, column in pairs if column}


def first(columns: str, row: Mapping[str, Any]) -> str:
    """The first of `one|other` that the row has; empty if it has none."""
    return next((column for column in columns.split("|") if column in row), "")


KNOWN = (
    Known("reply-tree", "message_tree_id prompt", {"id": "message_tree_id", "tree": "prompt"},
          many="paths"),
    Known("self-instruct", "instruction instances",
          {"instruction": "instruction", "instances": "instances"}, many="instances"),
    Known("humaneval", "prompt canonical_solution test",
          {"instruction": "prompt", "response": "canonical_solution", "tests": "test"},
          tests="check", answer="behind-prompt", language="python"),
    Known("mbpp", "text|prompt code test_list",
          {"instruction": "text|prompt", "response": "code", "tests": "test_list",
           "setup": "test_setup_code|test_imports"}, tests="asserts", language="python"),
    Known("taco-apps", "question|problem|prompt solutions",
          {"instruction": "question|problem|prompt", "response": "solutions",
           "id": "id|problem_id|task_id", "tests": "input_output|tests", "starter": "starter_code"},
          tests="cases", answer="first", language="python"),
    Known("kodcode", "question solution test|test_code",
          {"instruction": "question", "response": "solution", "tests": "test|test_code",
           "about": "test_info"}, tests="pytest", language="python"),
    Known("opc-sft", "instruction output testcase",
          {"id": "seq_id", "instruction": "instruction", "response": "output", "tests": "testcase"},
          tests="asserts", language="python"),
    Known("opencodeinstruct", "input output unit_tests",
          {"instruction": "input", "response": "output", "tests": "unit_tests"},
          tests="asserts", language="python"),
    Known("magicoder", "lang raw_index seed problem solution",
          {"instruction": "problem", "response": "solution"}),
    Known("infinite-instruct", "prompt response type",
          {"instruction": "prompt", "response": "response", "question_type": "type"}),
)  # fmt: skip
"""In the order in which they are tried."""

__all__ = ("KNOWN", "Known", "first")
