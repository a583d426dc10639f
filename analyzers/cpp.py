"""C++: g++, and what Backfeed knows how to do with it."""

import re

from backfeed.analyzers import _record
from backfeed.analyzers._native import Native, Plain

_ALL = re.compile(r"^All tests passed \((\d+) assertion", re.MULTILINE)
_SOME = re.compile(r"^assertions:\s+(\d+)", re.MULTILINE)
_FAILED = re.compile(r": FAILED:\n(.*\n.*(?:\n.*)?)", re.MULTILINE)

# Headers that most programs ask for: reading them is most of what a look at a program costs.
_COMMON = "iostream vector string algorithm map"
_FLAGS = ("-std=gnu++20", "-w")


class _Cpp(Native):
    language = "cpp"
    version = "2"
    compiler = ("g++", *_FLAGS, "-O1")
    checks = (*_FLAGS, "-fsyntax-only", "-include", "backfeed_common.h")
    include = f'for h in {_COMMON}; do echo "#include <$h>"; done > backfeed_common.h'
    prepared = f"g++ {' '.join(_FLAGS)} -x c++-header backfeed_common.h"
    hello = "int main() {}\n"
    suffix, main = ".cpp", "main.cpp"
    suite = ("g++", "-std=gnu++17", "-O0", "-w")
    answer_file, test_file = "answer.cpp", "test_answer.cpp"
    frameworks = ("catch2",)
    kinds = ("script", "stdio", "catch2")

    def told(self, output: str) -> list[Plain]:
        """What the summary of Catch says."""
        whole, some = _ALL.search(output), _SOME.search(output)
        if whole is not None:
            return [{"executed": int(whole[1]), "error": None, "phase": "test"}]
        if some is None:
            return []
        found = _FAILED.search(output)
        said = " ".join(found[1].split())[:300] if found else ""
        kind = "exception" if "unexpected exception" in said else "AssertionError"
        return _record.failed(kind, said, phase="test", executed=int(some[1]))


PLUGIN = _Cpp()
