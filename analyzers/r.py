"""R: its own parser says whether a text is well-formed; nothing of it runs."""

from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _batch, _record
from backfeed.engine.requests import Asks, CodeCheck

Plain = dict[str, Any]
_SCRIPT = r"""
command -v Rscript >/dev/null || { for f in s_*; do printf '== %s\n\n== 127\n' "$f"; done; exit; }
export R_DEFAULT_PACKAGES=NULL
exec Rscript --vanilla -e '
for (f in sort(list.files(pattern = "^s_"))) {
  said <- tryCatch(
    { parse(f, keep.source = FALSE, encoding = "UTF-8"); NULL },
    error = function(e) conditionMessage(e)
  )
  cat("== ", f, "\n| ", as.character(getRversion()), "\n", sep = "")
  if (!is.null(said)) cat("| ", gsub("\n", "\n| ", said, useBytes = TRUE), "\n", sep = "")
  cat("== ", if (is.null(said)) 0 else 1, "\n", sep = "")
}'
"""
_TOO_DEEP = ("contextstack overflow", "memory exhausted", "nested too deeply", "C stack")


class _R:
    language = "r"
    version = "1"
    hello = "1\n"
    kinds: tuple[str, ...] = ()
    needs = ("Rscript",)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What the parser says of each snippet, in one R for all."""
        codes = [request.code.replace("\0", "\ufffd") for request in batch]
        found = yield from _batch.told(codes, ".R", _SCRIPT, cpu_s=20 + 0.1 * len(codes))
        if found is None:
            return [_batch.no_tool("R") for _ in codes]
        return [_judged(text, status) for text, status in found]


def _judged(text: str, status: int) -> Plain:
    if status < 0:
        return _batch.ended("R")
    version, *said = [line.removeprefix("| ") for line in text.splitlines()]
    if status == 0:
        return _batch.analysis("R", version, word="ok", findings=[])
    message = " ".join(said)
    deep = any(words in message for words in _TOO_DEEP)
    finding = {
        "rule": "syntax", "level": "note" if deep else "error", "column": 0,
        "message": _record.first(r"^s_\d+\.R:\d+:\d+: (.*)", said[0])[:300] or message[:300],
        "line": int(_record.first(r"^s_\d+\.R:(\d+):", said[0]) or 0),
    }  # fmt: skip
    word = "unknown" if deep else "invalid"
    return _batch.analysis("R", version, word=word, findings=[finding])


PLUGIN = _R()
