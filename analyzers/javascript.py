"""JavaScript: Node, oxlint, what tsc knows of it, and what Backfeed knows how to do with them."""

import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _tree, _tsc
from backfeed.analyzers._node import Node
from backfeed.engine.requests import Asks, CodeCheck

Plain = dict[str, Any]
_FLAGS = ("--allowJs", "--checkJs", "--lib", "esnext,dom,dom.iterable", *_tsc.LAX)
_EARLY = (2448, 2449)  # a name is read before its declaration was reached
_NOT_CALLABLE, _NOT_ITERABLE, _NO_PROPERTY = 2349, 2488, (2339, 2551)
_TOLD_OTHERWISE = (2322,)  # a name has values of several types: what is inferred of it is a guess
_PRIMITIVE = re.compile(r"Type '(?:Number|String|Boolean|number|string|boolean)'")
# Types that are the language's own, and have the methods that they have.
_OWN = re.compile(
    r"Property '(\w+)' does not exist on type '(?:string|number|boolean|.*\[\]|(?:Map|Set|WeakMap"
    r"|Promise|Array)<.*>|Math|JSON|Console|RegExp|Date|\w+Constructor)'"
)


class _JavaScript(Node):
    language = "javascript"
    suffix = ".js"
    answer_file, test_file = "answer.js", "answer.spec.js"

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """Oxlint reads each snippet; of those that it takes, tsc says what no value can do."""
        found = yield from super().check(batch)
        left = [n for n, one in enumerate(found) if one["word"] == "ok"]
        codes = [_tree.without_comments(self.language, batch[n].code) for n in left]
        told = yield from _tsc.said(_tsc.texts(codes, self.suffix), _FLAGS)
        for n, code, one in zip(left, codes, told, strict=True):
            wrong = _certain(code, one["findings"]) if one["word"] == "told" else []
            if wrong:
                findings = [*found[n]["findings"], *wrong]
                found[n] = {**one, "word": "invalid", "findings": findings}
        return found


def _certain(code: str, findings: list[Plain]) -> list[Plain]:
    """What ends in an error wherever the code is run. Types are inferred, and so may be wrong."""
    named = [one for one in findings if one["rule"].startswith("TS")]
    guessed = any(_tsc.number(one) in _TOLD_OTHERWISE for one in named) or ".prototype" in code
    kept = [one for one in named if _is_certain(code, one, guessed=guessed)]
    return [{**one, "level": "error"} for one in kept]


def _is_certain(code: str, finding: Plain, *, guessed: bool) -> bool:
    number, message = _tsc.number(finding), finding["message"]
    if number in _EARLY:
        return True
    if guessed:
        return False
    if number in (_NOT_CALLABLE, _NOT_ITERABLE):
        return bool(_PRIMITIVE.search(message)) and "Symbol.iterator" not in code
    owned = _OWN.match(message) if number in _NO_PROPERTY else None
    return bool(owned) and _is_only_called(code, owned[1] if owned else "")


def _is_only_called(code: str, name: str) -> bool:
    """Is the property called wherever it stands? What is asked for or given may be there."""
    uses = re.findall(rf"[.]\s*{name}\b(.?)", code)
    return bool(uses) and all(use == "(" for use in uses)


PLUGIN = _JavaScript()
