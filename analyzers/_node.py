"""Programs for Node: how they run, how their tests are counted, what oxlint says of them."""

import json
import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _batch, _node_absent, _record, _tree
from backfeed.analyzers._cutting import Cutting
from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
# Rules that say "this cannot work", and not "this could look better".
REJECT = (
    "constructor-super", "getter-return", "no-class-assign", "no-const-assign",
    "no-dupe-class-members", "no-dupe-keys", "no-func-assign", "no-import-assign",
    "no-invalid-regexp", "no-new-native-nonconstructor", "no-obj-calls", "no-setter-return",
    "no-this-before-super", "no-undef", "no-unsafe-optional-chaining", "use-isnan", "valid-typeof",
)  # fmt: skip
ENVIRONMENTS = (
    "builtin", "es2024", "browser", "node", "jest", "mocha", "commonjs", "jquery", "amd",
)  # fmt: skip
PACKAGES = "/usr/local/lib/backfeed/node/node_modules"
_OXLINT = "/opt/backfeed/bin/oxlint"
_TWO_MODULES = "2528"
_FLOW = re.compile(r"^\s*(?://|/?\*+)\s*@flow\b", re.MULTILINE)
_MODULE = ("import_statement", "export_statement")
_LIMITS = Limits(cpu_s=30.0, wall_s=60.0, memory_mb=2048, output_kb=16 * 1024, disk_mb=256)
_OWN_DOING = ("SIG", "TLE", "IDLE", "MLE", "OLE")
# Where a name is given a value without a declaration.
_GIVEN = {
    "assignment_expression": "left", "augmented_assignment_expression": "left",
    "update_expression": "argument", "for_in_statement": "left",
}  # fmt: skip
_VARIABLES = (("NODE_PATH", PACKAGES),)


class Node(Cutting):
    """What JavaScript and what becomes JavaScript share."""

    suffix = answer_file = test_file = ""
    tools = ("oxlint",)
    runtime_mb = 512
    suite_s = 10.0  # jest, with Babel
    frameworks = ("jest",)
    kinds = ("script", "stdio", "jest")
    reject: tuple[str, ...] = REJECT

    @property
    def version(self) -> str:  # type: ignore[override]
        """Of the rules, and of the tool that they are given to."""
        return f"3 oxlint {_batch.version_of('oxlint')}"

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that runs a program as its author would."""
        main = self.main_of(code)
        return Job(
            files=(File(main, code),), command=("node", main), stdin=stdin, variables=_VARIABLES
        )

    def main_of(self, code: str) -> str:
        """The file that a program lies in: how it is named says whether it is a module."""
        tree = _tree.tree(self.language, _tree.encoded(code))
        module = any(node.type in _MODULE for node in tree.root_node.children)
        return "main.mjs" if module else "main.js"

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, in one program."""
        [test] = spec["tests"]
        before = f"{test['setup']}{spec['code']}\n;__backfeed_test__();\n"
        code = f"{before}{test['code']}\n;__backfeed_end__();\n"
        main = self.main_of(code)
        told = {
            "main": main, "word": word(code, "script"), "before": before.count("\n"),
            "guards": self.guards(test["code"]),
        }  # fmt: skip
        files = (
            *extra, File(main, code), File("backfeed_spec.json", json.dumps(told)),
            *_record.guests(["backfeed_harness.cjs"]),
        )  # fmt: skip
        command = ("node", "backfeed_harness.cjs")
        return Job(files=files, command=command, report=True, variables=_VARIABLES)

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs jest on test files."""
        del framework
        files = (*answer, *tests, *_node_absent.settings((*answer, *tests)))
        paths = [file.path for file in tests if re.search(r"\.(spec|test)\.\w+$", file.path)]
        reporter = _record.guests(["backfeed_jest.cjs"], WORD=word(*(file.text for file in files)))
        linked = (
            f"{_node_absent.SETTLED} ln -s {PACKAGES} node_modules;"
            " [ -e package.json ] || echo {} >package.json; exec node node_modules/jest/bin/jest.js"
        )
        flags = "--ci --runInBand --reporters=./backfeed_jest.cjs --no-cache --silent=false"
        command = ("sh", "-c", f'{linked} {flags} "$@"', "jest", *(paths or [self.test_file]))
        return Job(files=(*files, *reporter), command=command, report=True)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to, as the harness or the reporter recorded it."""
        words = (_record.word_in(job, name) for name in ("backfeed_jest.cjs", "backfeed_spec.json"))
        return _node_absent.named(_record.read(outcome.report, next(filter(None, words), "")))

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        return lack(_node_absent.absent(self.language, job, outcome))

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """One oxlint for all snippets, without the comments that would switch rules off."""
        codes = [_tree.without_comments(self.language, request.code) for request in batch]
        found = yield from _batch.halved(codes, self._oxlint)
        told = [_batch.ended("oxlint")] if found is None else found
        return [_of_others(one, request.code) for one, request in zip(told, batch, strict=True)]

    def _oxlint(self, codes: Sequence[str]) -> Asks[list[Plain] | None]:
        files = [File(f"s_{n:06d}{self.suffix}", code) for n, code in enumerate(codes)]
        settings = {
            "env": dict.fromkeys(ENVIRONMENTS, True), "categories": {"correctness": "off"},
            "rules": dict.fromkeys(self.reject, "error"),
        }  # fmt: skip
        # It ends with 1 if it found anything; what a program that failed wrote is not kept whole.
        ended_well = '"$@"; [ $? -le 1 ]'
        command = (
            "sh", "-c", ended_well, "oxlint", _OXLINT, "-c", "oxlint.json", "-f", "json",
            "--no-ignore", ".",
        )  # fmt: skip
        try:
            outcome: Outcome = yield from Job(
                files=(*files, File("oxlint.json", json.dumps(settings))), command=command,
                limits=_LIMITS,
            )  # fmt: skip
        except AskFailed:
            return None
        if outcome.verdict in _OWN_DOING or outcome.exit_code == 1:
            return None
        if outcome.verdict != "AC":
            raise Outage(f"oxlint: {outcome.verdict} {outcome.stderr[:200]}")
        found = _sorted(outcome.stdout)
        for n, findings in found.items():
            findings[:] = [_excused(self.language, finding, codes[n]) for finding in findings]
        return [self._judged(found.get(n, [])) for n in range(len(codes))]

    def _judged(self, findings: list[Plain]) -> Plain:
        bad = any(finding["level"] == "error" for finding in findings)
        return self._told("invalid" if bad else "ok", findings)

    def _told(self, word: str, findings: list[Plain]) -> Plain:
        version = _batch.version_of("oxlint")
        return _batch.analysis("oxlint", version, word=word, findings=findings)


def _of_others(found: Plain, code: str) -> Plain:
    """What is said of types of Flow is no fault, nor that several modules stand in one text."""
    errors = [one for one in found["findings"] if one["level"] == "error"]
    apart = all(one["rule"] == _TWO_MODULES for one in errors)
    if not errors or not (apart or _FLOW.search(code)):
        return found
    return {**found, "word": "unknown", "findings": [{**one, "level": "note"} for one in errors]}


def word(*texts: str) -> str:
    """The word of a test program's record."""
    return _record.word_of("node", *texts)


def _sorted(output: str) -> dict[int, list[Plain]]:
    """Oxlint's findings by snippet. What it cannot read at all has no rule."""
    found: dict[int, list[Plain]] = {}
    for item in json.loads(output)["diagnostics"]:
        number = int(_record.first(r"s_(\d+)\.", item["filename"]) or 0)
        spans = [label["span"] for label in item.get("labels", ()) if "span" in label]
        place = spans[0] if spans else {}
        rule = _record.first(r"\(([\w-]+)\)", item.get("code") or "") or "syntax"
        found.setdefault(number, []).append({
            "rule": rule, "level": "error" if item["severity"] == "error" else "note",
            "message": item["message"][:300], "line": place.get("line", 0),
            "column": place.get("column", 0),
        })  # fmt: skip
    return found


def _excused(language: str, finding: Plain, code: str) -> Plain:
    """A name that the code gives a value without declaring it works, where it is not strict."""
    name = _record.first(r"^'([^']+)' is not defined", finding["message"])
    if finding["rule"] == "no-undef" and name and name in _given(language, code):
        return {**finding, "level": "note"}
    return finding


def _given(language: str, code: str) -> set[str]:
    """Names that the code gives a value where it does not declare them."""
    found, stack = set(), [_tree.tree(language, _tree.encoded(code)).root_node]
    while stack:
        node = stack.pop()
        stack += node.children
        bare = node.type != "for_in_statement" or node.child_by_field_name("kind") is None
        field = _GIVEN.get(node.type)
        given = node.child_by_field_name(field) if field and bare else None
        if given is not None and given.type == "identifier":
            found.add((given.text or b"").decode("utf-8", "replace"))
    return found
