"""Lua: its interpreter, busted, and what Backfeed knows how to do with them."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import tree_sitter

from backfeed.analyzers import _batch, _lua_source, _record
from backfeed.analyzers._script import ScriptLanguage
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Outcome

Plain = dict[str, Any]
_LUA = "lua5.4"
_CHECK = """\
if ! command -v {lua} >/dev/null; then
for f in s_*.lua; do printf '== %s\\n== 127\\n' "$f"; done
exit
fi
exec {lua} - s_*.lua <<'BACKFEED'
{guest}
BACKFEED
"""
_TOLD = re.compile(r"^s_\d+\.lua:(\d+): (.*)$", re.MULTILINE)
# What is no fault: depths that differ from one Lua to the next, and numbers of LuaJIT.
_LIMIT = re.compile(r"overflow|too many|limit is|malformed number near '[\da-fA-FxX.]*[uUlLi]+'")
_DIALECT = re.compile(r"\A\s*--!(?:strict|nonstrict|nocheck|native|optimize)\b")
_ABSENT = r"module '([^'\n]+)' not found"
# What programs have that Lua is a part of.
_HOST = (
    r"nil value \(global '(love|ngx|game|workspace|script|Instance|vim|redis|minetest|awesome|core|"
    r"turtle|peripheral|component|computer|wx|mp|hs|gg|CreateFrame|RegisterNetEvent|playdate|corona"
    r"|display|tarantool|box|naughty|renoise|reaper|cc|fx_version|exports|ESX|Citizen)'\)"
)
_SPEC = "backfeed_spec"


class _Lua(ScriptLanguage):
    language = "lua"
    hello = nothing = "return\n"
    version = "1"
    kinds = ("script", "stdio", "busted")
    frameworks = ("busted",)
    answer_file, test_file = "answer.lua", "answer_spec.lua"

    def acts(self, node: tree_sitter.Node) -> bool:
        """Does a statement outside of functions do the script's work?"""
        return _lua_source.acts(node)

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program."""
        return Job(files=(File("main.lua", code),), command=(_LUA, "main.lua"), stdin=stdin)

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, as one chunk."""
        [test] = spec["tests"]
        code, before = _lua_source.joined(f"{test['setup']}{spec['code']}", test["code"])
        word = _record.word_of("lua", code)
        files = (
            *extra, File("main.lua", code),
            File(_SPEC, f"{word}\n{self.guards(test['code'])}\n{before}\n"),
            *_record.guests(["backfeed_harness.lua", "backfeed_kept.lua"]),
        )  # fmt: skip
        return Job(files=files, command=(_LUA, "backfeed_harness.lua"), report=True)

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs busted."""
        del framework
        files = (*answer, *tests)
        suites = [file.path for file in tests if PurePosixPath(file.path).stem.endswith("_spec")]
        suites = suites or [file.path for file in tests if file.path.endswith(".lua")]
        word = _record.word_of("busted", *(file.text for file in files))
        guests = _record.guests(["backfeed_busted.lua", "backfeed_kept.lua"])
        command = (_LUA, "backfeed_busted.lua", *suites)
        return Job(files=(*files, File(_SPEC, f"{word}\n"), *guests), command=command, report=True)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; a module that is not there is a lack of the sandbox's."""
        found = _record.read(outcome.report, _record.word_in(job, _SPEC))
        absent = _record.first(_ABSENT, outcome.stderr) if outcome.exit_code else ""
        return _record.lacks(absent) if absent and not found else found

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        del job
        if not outcome.exit_code:
            return ""
        host = _record.first(_HOST, outcome.stderr)
        return lack(_record.first(_ABSENT, outcome.stderr) or host)

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What Lua's own parser says of each snippet; one process for all."""
        codes = [request.code for request in batch]
        script = _CHECK.format(lua=_LUA, guest=_record.guest("backfeed_check.lua"))
        found = yield from _batch.told(codes, ".lua", script, cpu_s=0.05 * len(codes) + 20)
        if found is None:
            return [_batch.no_tool(_LUA) for _ in batch]
        return [_judged(*one, code) for one, code in zip(found, codes, strict=True)]


def _judged(output: str, status: int, code: str) -> Plain:
    """What is said of one snippet. What another Lua may take is not held against it."""
    if status < 0:
        return _batch.ended(_LUA)
    version, _, said = output.partition("\n")
    told = _TOLD.search(said)
    line, message = (int(told[1]), told[2]) if told else (0, said.strip())
    other = bool(_LIMIT.search(message) or _DIALECT.match(code))
    finding = {"rule": "syntax", "level": "note" if other else "error",
               "message": message[:300], "line": line, "column": 0}  # fmt: skip
    word = "ok" if not status else "unknown" if other else "invalid"
    return _batch.analysis(_LUA, version, word=word, findings=[finding] if status else [])


PLUGIN = _Lua()
