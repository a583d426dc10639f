"""C++: g++, and what Backfeed knows how to do with it."""

from backfeed.analyzers._native import Native

# Headers that most programs ask for: reading them is most of what a look at a program costs.
_COMMON = "iostream vector string algorithm map"
_FLAGS = ("-std=gnu++20", "-w")


class _Cpp(Native):
    language = "cpp"
    version = "1"
    compiler = ("g++", *_FLAGS, "-O1")
    checks = (*_FLAGS, "-fsyntax-only", "-include", "backfeed_common.h")
    include = f'for h in {_COMMON}; do echo "#include <$h>"; done > backfeed_common.h'
    prepared = f"g++ {' '.join(_FLAGS)} -x c++-header backfeed_common.h"
    suffix, main = ".cpp", "main.cpp"
    answer_file, test_file = "answer.cpp", "test_answer.cpp"


PLUGIN = _Cpp()
