"""C: gcc, and what Backfeed knows how to do with it."""

import re

from backfeed.analyzers import _record
from backfeed.analyzers._native import Native, Plain

_SUMMARY = re.compile(r"^(\d+) Tests (\d+) Failures (\d+) Ignored", re.MULTILINE)


class _C(Native):
    language = "c"
    version = "2"
    compiler = ("gcc", "-std=gnu17", "-O1", "-w")
    checks = (
        "-std=gnu17", "-O1", "-S", "-o", "/dev/null", "-Wall",
        *(f"-Werror={rule}" for rule in (
            "implicit-function-declaration", "implicit-int", "int-conversion",
            "incompatible-pointer-types", "return-type", "format", "uninitialized",
            "return-local-addr", "use-after-free",
        )),
    )  # fmt: skip
    hello = "int main(void) { return 0; }\n"
    suffix, main = ".c", "main.c"
    suite = (
        "gcc", "-std=gnu17", "-O1", "-w", "-DUNITY_SUPPORT_64", "-DUNITY_INCLUDE_DOUBLE",
    )  # fmt: skip
    answer_file, test_file = "answer.c", "test_answer.c"
    frameworks = ("unity",)
    kinds = ("script", "stdio", "unity")

    def told(self, output: str) -> list[Plain]:
        """What Unity's summary says."""
        plain = re.sub(r"\x1b\[\d*m", "", output)
        summary = _SUMMARY.search(plain)
        if summary is None:
            return []
        ran, failures, ignored = map(int, summary.groups())
        if not failures:
            return [{"executed": ran - ignored, "error": None, "phase": "test"}]
        said = _record.first(r":FAIL:? ?(.*)$", plain)
        return _record.failed("AssertionError", said, phase="test", executed=ran - ignored)


PLUGIN = _C()
