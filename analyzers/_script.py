"""Languages whose programs may be statements without any function around them."""

import re
from typing import Any

import tree_sitter

from backfeed.analyzers import _tree, _tree_fit, _tree_mutants
from backfeed.analyzers._cutting import Cutting
from backfeed.analyzers._tree import Span

Plain = dict[str, Any]


class ScriptLanguage(Cutting):
    """Where no function is asked for, the script is: its stub and mutants are those of all of it.

    `nothing` is the least script that there is.
    """

    nothing = ""

    def acts(self, node: tree_sitter.Node) -> bool:
        """Does a statement outside of functions do something, and not only define?"""
        raise NotImplementedError

    def stub(self, code: str, entry_point: str) -> str:
        """The code doing nothing: functions stay, what the script itself does is left out."""
        if self._named(code, entry_point):
            return super().stub(code, entry_point)
        emptied = super().stub(code, "") or code
        text = _tree.encoded(emptied)
        left = _tree.edited(text, [(span, "") for span in self._acting(text)])
        bare = _tree.without_comments(self.language, left).strip()
        return left if bare else self.nothing

    def mutants(self, code: str, entry_point: str, most: int = 20) -> list[tuple[str, str]]:
        """The code with small faults."""
        whole = not self._named(code, entry_point)
        return _tree_mutants.mutants(self.language, code, entry_point, most=most, whole=whole)

    def fit(self, code: str, instruction: str, entry_point: str) -> list[Plain]:
        """Findings that say whether it fits its problem; a script of comments is a stub."""
        found = super().fit(code, instruction, entry_point)
        bare = _tree.without_comments(self.language, code)
        if not re.sub(r"\A#!.*", "", bare).strip():
            message = "the script does nothing"
            stub = {"rule": "stub", "level": "error", "message": message, "line": 1, "column": 0}
            return [*found, stub]
        if self._named(code, entry_point) or not self._acting(_tree.encoded(code)):
            return found
        return [one for one in found if one["rule"] != "stub"]

    def entry_point(self, instruction: str, code: str) -> str:
        """The name that the problem asks for; none if the script itself is asked for."""
        if self._acting(_tree.encoded(code)):
            return ""
        return _tree_fit.entry_point_of(self.language, instruction, code)

    def _named(self, code: str, entry_point: str) -> bool:
        found = _tree.definitions(self.language, code)
        return bool(entry_point) and any(one.name == entry_point for one in found)

    def _acting(self, text: bytes) -> list[Span]:
        root = _tree.tree(self.language, text).root_node
        return [(node.start_byte, node.end_byte) for node in root.children if self.acts(node)]
