"""Go: its tool chain, and what Backfeed knows how to do with it."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from backfeed.analyzers import (
    _batch,
    _go_build,
    _go_examples,
    _go_outcome,
    _go_source,
    _record,
    _tree,
)
from backfeed.analyzers._cutting import Cutting, Pairs
from backfeed.analyzers._go_source import Piece
from backfeed.engine.errors import Outage
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
# Garbage is collected before it is as much as a program may have.
_FRUGAL = (("GOMEMLIMIT", "400MiB"),)
_MAIN = "backfeed_main_test.go"
_IN_SHELL = """\
cd "{folder}" || exit 125
{program} -test.v
code=$?
[ $code = 0 ] && error=null || error='{{"type": "AssertionError", "message": "", "line": 0}}'
echo '{{"word": "{word}", "tests": [{{"executed": 0, "phase": "test", "error": '"$error"'}}]}}' >&3
exit $code
"""


class _Go(Cutting):
    language = "go"
    needs = ("go",)
    hello = "package main\n\nfunc main() {}\n"
    version = "3"
    kinds = ("script", "stdio", "gotest")
    frameworks = ("gotest",)
    answer_file, test_file = "answer.go", "answer_test.go"

    def stub(self, code: str, entry_point: str) -> str:
        """The code returning zero values."""
        return _go_source.stub(code, entry_point)

    def mutants(self, code: str, entry_point: str, most: int = 20) -> list[tuple[str, str]]:
        """The code with small faults; packages that one does not use any more stay imported."""
        made = super().mutants(code, entry_point, most)
        found: dict[str, str] = {}
        for operator, text in made:
            found.setdefault(_go_source.unused_quieted(text), operator)
        return [(operator, text) for text, operator in found.items()]

    def tests_beside(self, code: str, name: str, files: Sequence[str]) -> tuple[str, str]:
        """The kind and the text of a test that stands in files, beside the code or of it."""
        return "script", _go_examples.test_of(code, name, files)

    def shown(self, tests: Pairs, most: int = 2) -> str:
        """What an author's example does, if that is short; else calls that show the most."""
        examples = (_go_examples.shown(code) for _, code in tests)
        return next(filter(None, examples), "") or super().shown(tests, most)

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that builds a program and runs it."""
        whole = _go_source.outline(code).package
        text = code if whole else _go_source.joined([Piece("main.go", code)], complete=True)
        file = File("main.go", text)
        build, made = _go_build.program(file)
        files = (file, *made, _go_build.settings([file]))
        return Job(
            files=files, command=("./main",), stdin=stdin, build=build, variables=_FRUGAL
        )  # fmt: skip

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test: Go's own tests, or a main that panics."""
        [test] = spec["tests"]
        setup, tests, code = test["setup"], _as_main(test["code"]), spec["code"]
        tested = {name for text in (setup, tests) for name, _ in _go_source.functions(text)}
        code = _go_source.renamed(code, "main", "backfeedMain") if "main" in tested else code
        pieces = [Piece("setup.go", setup), Piece("answer.go", code), Piece("test.go", tests)]
        whole = bool(_go_source.outline(code).package)
        text = _go_source.joined(pieces, complete=not whole, quiet=("setup.go", "test.go"))
        name = _go_source.outline(text).package
        by_main = "main" in tested and not any(map(_is_test, tested))
        run = "backfeedProgram(main)" if by_main else "backfeedTests(m.Run())"
        guards = self.guards(test["code"]) if by_main else 0
        word = _record.word_of("go", text)
        harness = _record.guests([_MAIN], PACKAGE=name, RUN=run, GUARDS=str(guards), WORD=word)
        own = () if "TestMain" in tested else harness
        others = (file for file in extra if file.path.endswith(".go"))
        package = [File("main_test.go", text), *own, *others]
        build, made = _go_build.suite(package)
        files = (*extra, *package[: 1 + len(own)], *made, _go_build.settings(package))
        return Job(
            files=files, command=_command(word, own=bool(own)), report=True, build=build,
            variables=_FRUGAL,
        )  # fmt: skip

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs the tests of a package that lies beside them, in a module."""
        del framework
        files = *answer, *(File(one.path, _kept(one)) for one in tests)
        sources = [file for file in tests if file.path.endswith("_test.go")] or list(tests)
        folder = str(PurePosixPath(sources[0].path).parent) if sources else "."
        here = [file for file in sources if str(PurePosixPath(file.path).parent) == folder]
        word = _record.word_of("go", *(file.text for file in files))
        package = next((_go_source.outline(file.text).package for file in here), "") or "main"
        [harness] = _record.guests(
            [_MAIN], PACKAGE=package, RUN="backfeedTests(m.Run())", GUARDS="0", WORD=word
        )
        own = [] if any(_has_main(file.text) for file in here) else [harness]
        files += tuple(File(f"{folder}/{one.path}".removeprefix("./"), one.text) for one in own)
        here = _go_build.in_folder(files, folder)
        build, made = _go_build.suite(here, folder)
        command = _command(word, own=bool(own), folder=folder)
        files += (*made, _go_build.settings(here, "auto"))
        return Job(
            files=files, command=command, report=True, build=build, variables=_FRUGAL
        )  # fmt: skip

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; a package that is not there is a lack of the sandbox's."""
        return _go_outcome.results(job, outcome)

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """What the sandbox lacks, without which a program's end says nothing of it."""
        del job
        found = _go_outcome.absent(outcome) if outcome.verdict == "CE" else []
        return lack(found[0]["error"]["message"] if found else "")

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What Go's parser and type checker say of each snippet; one program of ours for all."""
        texts = json.dumps([_checked(request.code) for request in batch])
        source = _record.guests(["backfeed_check.go"])
        build, made = _go_build.program(*source)
        limits = Limits(
            cpu_s=0.2 * len(batch) + 20, wall_s=0.6 * len(batch) + 60, memory_mb=2048,
            processes=256, output_kb=16 * 1024,
        )  # fmt: skip
        job = Job(
            files=(*source, *made, _go_build.settings(source)), command=("./main",), stdin=texts,
            limits=limits, build=build,
        )  # fmt: skip
        outcome: Outcome = yield from job
        if _go_outcome.has_no_tool(outcome):
            return [_batch.no_tool("go") for _ in batch]
        if outcome.verdict == "AC":
            told = json.loads(outcome.stdout)
            return [_judged(found, told["version"]) for found in told["found"]]
        if len(batch) == 1 and outcome.verdict in ("RE", "SIG", "TLE", "IDLE", "MLE", "OLE"):
            return [_batch.analysis("go", "", word="unknown", findings=[_note(outcome)])]
        raise Outage(f"go: {outcome.verdict} {outcome.stderr[:200]}")


def _kept(file: File) -> str:
    """What is compiled of a file of tests."""
    is_test = file.path.endswith("_test.go")
    return _go_source.without_benchmarks(file.text) if is_test else file.text


def _command(word: str, *, own: bool, folder: str = ".") -> tuple[str, ...]:
    """How a test program is run: in its folder; by a shell where tests have a `TestMain`."""
    program = "../" * len(PurePosixPath(folder).parts) + "main"
    if own:
        return ("./main", "-test.v") if folder == "." else ("env", "-C", folder, program, "-test.v")
    program = program if "/" in program else f"./{program}"
    return ("sh", "-c", _IN_SHELL.format(folder=folder, word=word, program=program))


def _is_test(name: str) -> bool:
    kinds = ("Test", "Example", "Fuzz")
    return any(_go_build.is_named(kind, name) for kind in kinds) and name != "TestMain"


def _has_main(text: str) -> bool:
    return any(name == "TestMain" for name, _ in _go_source.functions(text))


def _as_main(test: str) -> str:
    """Bare statements are the body of a main."""
    nodes = _tree.tree("go", _tree.encoded(test)).root_node.named_children
    kinds = {node.type for node in nodes}
    declared = kinds & {
        "function_declaration", "method_declaration", "package_clause", "import_declaration",
    }  # fmt: skip
    bare = any(kind.endswith("_statement") for kind in kinds) and not declared
    return f"func main() {{ {test}\n}}" if bare else test


def _checked(code: str) -> str:
    """A snippet as a file. What came before it may be the imports of a test, which is not there."""
    text = _tree.without_comments("go", code)
    found = _go_source.outline(text)
    if _tree.tree("go", _tree.encoded(text)).root_node.has_error:
        return text if found.package else f"package main\n//line answer.go:1:1\n{text}"
    tests = [one for one in found.imports if one.name == "testing"]
    snippet = not found.package or (tests and "testing." not in text)
    if found.in_order and not snippet:
        return text
    return _go_source.joined([Piece("answer.go", text)], complete=bool(snippet))


def _judged(found: list[Plain], version: str) -> Plain:
    """What is said of one snippet. What a later Go would take is not held against it, nor what may
    follow from a package that is not there, nor a name that another file of a library may have.
    """
    later = any(_go_outcome.newer(one["message"]) for one in found)
    told = [one for one in found if one["rule"] != "import"]
    apart = {one["rule"] for one in found} & {"import", "elsewhere"}
    vague = ("types", "elsewhere") if apart else ()
    findings = [
        {**one, "level": "note" if later or one["rule"] in vague else "error"}
        | {"message": one["message"][:300]}
        for one in told
    ]
    wrong = any(one["level"] == "error" for one in findings)
    word = "invalid" if wrong else "unknown" if findings else "ok"
    return _batch.analysis("go", version, word=word, findings=findings)


def _note(outcome: Outcome) -> Plain:
    message = f"{outcome.verdict} {outcome.stderr[:200]}".strip()
    return {"rule": "not-analyzed", "level": "note", "message": message, "line": 0, "column": 0}


PLUGIN = _Go()
