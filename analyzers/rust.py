"""Rust: rustc and cargo, and what Backfeed knows how to do with them."""

import re
from collections.abc import Sequence
from typing import Any

import tree_sitter

from backfeed.analyzers import _batch, _record, _rust_check, _rust_outcome, _rust_tests, _tree
from backfeed.analyzers._cutting import Cutting, Pairs
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Build, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
_BUILD = Limits(
    cpu_s=30.0, wall_s=60.0, memory_mb=2048, processes=128, file_mb=256, disk_mb=512, inodes=16384
)
_FLAGS = (
    "-A", "warnings", "-C", "opt-level=1", "-C", "debuginfo=0", "-C", "overflow-checks=on",
    "-L", "/usr/local/lib/backfeed/rust",
)  # fmt: skip
CRATES = ("md5", "rand", "regex")  # compiled ahead
# Cargo's own file of settings in the home inside: a test program is kept instead of run.
_SETTINGS = """\
[build]
target-dir = "/tmp/target"
[net]
offline = true
[profile.dev]
debug = 0
[source.crates-io]
replace-with = "here"
[source.here]
directory = "/usr/share/cargo/registry"
[target."cfg(all())"]
runner = "sh backfeed_keep.sh"
"""
_KEEP = 'mkdir -p backfeed_out && cp "$1" backfeed_out/\n'
_RUN = """\
code=0
for program in {programs}; do
    "$program" --test-threads=1 || code=$?
done
[ $code = 0 ] && error=null || error='{{"type": "exit", "message": "", "line": 0}}'
echo '{{"word": "{word}", "tests": [{{"executed": 0, "phase": "test", "error": '"$error"'}}]}}' >&3
exit $code
"""
_ENTRY = "\n#[cfg(test)]\nmod backfeed_main {\n    #[test]\n    fn main() -> "
_ENTRY += "impl std::process::Termination {\n        super::main()\n    }\n}\n"


class _Rust(Cutting):
    language = "rust"
    hello = "fn main() {}\n"
    version = "1"
    kinds = ("script", "stdio", "cargotest")
    frameworks = ("cargotest",)
    answer_file, test_file = "src/lib.rs", "tests/test.rs"

    def tests_beside(self, code: str, name: str, files: Sequence[str]) -> tuple[str, str]:
        """The kind and the text of the tests that stand in the file of the code."""
        del code
        return "script", _rust_tests.test_of(name, files)

    def shown(self, tests: Pairs, most: int = 2) -> str:
        """Calls that show the most, of those that stand alone; else what a short test does."""
        alone = [(kind, _rust_tests.telling(code)) for kind, code in tests]
        whole = (_rust_tests.shown(code) for _, code in tests)
        return super().shown(alone, most) or next(filter(None, whole), "")

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that builds a program and runs it."""
        files = (File("main.rs", code),)
        return Job(files=files, command=("./main",), stdin=stdin, build=_built(code))

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test: Rust's own tests, or a main that asserts."""
        [test] = spec["tests"]
        tests, setup = _as_main(test["code"]), test["setup"]
        by_main = not re.search(r"#\s*\[\s*(?:\w+::)*test\b", tests) and "main" in _functions(tests)
        code = _renamed(spec["code"]) if "main" in _functions(tests) else spec["code"]
        begun = f"{setup}{code}".rstrip() + "\n"
        text = begun + _without_repeated(tests, begun) + (_ENTRY if by_main else "")
        word = _record.word_of("rust", text)
        command = ("sh", "-c", _RUN.format(programs="./main", word=word))
        guards = str(self.guards(test["code"]) if by_main else 0)
        about = File("backfeed_tests", f"{begun.count(chr(10)) + 1} {guards}")
        files = (*extra, File("main.rs", text), about)
        return Job(files=files, command=command, report=True, build=_built(text, "--test"))

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs the tests of a package."""
        del framework
        word = _record.word_of("rust", *(file.text for file in (*answer, *tests)))
        own = (File(".cargo/config.toml", _SETTINGS), File("backfeed_keep.sh", _KEEP))
        command = ("cargo", "test", "--quiet", "--offline", "--tests", "--no-fail-fast")
        build = Build(command=command, outputs=("backfeed_out",), limits=_BUILD)
        run = ("sh", "-c", _RUN.format(programs="backfeed_out/*", word=word))
        places = "\n".join(file.path for file in tests)
        files = (*answer, *tests, *own, File("backfeed_tests", f"0 0\n{places}"))
        return Job(files=files, command=run, report=True, build=build)

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; a crate that is not there is a lack of the sandbox's."""
        [about] = [file.text for file in job.files if file.path == "backfeed_tests"]
        numbers, *places = about.split("\n")
        begin, guards = map(int, numbers.split())
        programs = 0 if places else 1
        found = _rust_outcome.Tests(tuple(places or ["main.rs"]), begin, guards, programs)
        return _rust_outcome.results(job, outcome, found)

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        said = outcome.stdout + outcome.stderr
        code = "\n".join(file.text for file in job.files if file.path.endswith(".rs"))
        return lack(_rust_outcome.absent(said, code) if outcome.verdict == "CE" else "")

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What the compiler says of each snippet."""
        found = yield from _rust_check.checked([request.code for request in batch])
        return [_batch.no_tool("rustc") for _ in batch] if found is None else found


def _built(code: str, *more: str) -> Build:
    """How one file is made a program, with the crates that it names and does not define."""
    named = [name for name in CRATES if re.search(rf"\b{name}\b\s*(?:::|;|as\b|,|\}})", code)]
    named = [name for name in named if not re.search(rf"\bmod {name}\b", code)]
    crates = [word for name in named for word in ("--extern", name)]
    edition = _rust_check.edition(code)
    command = ("rustc", "--edition", edition, *_FLAGS, *crates, *more, "-o", "main", "main.rs")
    return Build(command=command, outputs=("main",), limits=_BUILD)


def _top(text: str) -> list[tree_sitter.Node]:
    return _tree.tree("rust", _tree.encoded(text)).root_node.named_children


def _named(text: str) -> list[tuple[str, tree_sitter.Node]]:
    names = [one.child_by_field_name("name") for one in _top(text) if one.type == "function_item"]
    return [((name.text or b"").decode("utf-8", "replace"), name) for name in names if name]


def _functions(text: str) -> set[str]:
    return {name for name, _ in _named(text)}


def _renamed(code: str) -> str:
    """An answer without a main of that name."""
    spans = [(node.start_byte, node.end_byte) for name, node in _named(code) if name == "main"]
    return _tree.edited(_tree.encoded(code), [(span, "backfeed_answer") for span in spans])


def _as_main(test: str) -> str:
    """Bare statements are the body of a main."""
    return f"fn main() {{ {test}\n}}" if _rust_check.is_bare(test) else test


def _without_repeated(tests: str, before: str) -> str:
    """The tests without the imports that stand before them already."""
    there = {one.text for one in _top(before) if one.type == "use_declaration"}
    again = [one for one in _top(tests) if one.type == "use_declaration" and one.text in there]
    return _tree.edited(
        _tree.encoded(tests), [((one.start_byte, one.end_byte), "") for one in again]
    )


PLUGIN = _Rust()
