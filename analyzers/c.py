"""C: gcc, and what Backfeed knows how to do with it."""

from backfeed.analyzers._native import Native


class _C(Native):
    language = "c"
    version = "1"
    compiler = ("gcc", "-std=gnu17", "-O1", "-w")
    checks = (
        "-std=gnu17", "-O1", "-S", "-o", "/dev/null", "-Wall",
        *(f"-Werror={rule}" for rule in (
            "implicit-function-declaration", "implicit-int", "int-conversion",
            "incompatible-pointer-types", "return-type", "format", "uninitialized",
            "return-local-addr", "use-after-free",
        )),
    )  # fmt: skip
    suffix, main = ".c", "main.c"
    answer_file, test_file = "answer.c", "test_answer.c"


PLUGIN = _C()
