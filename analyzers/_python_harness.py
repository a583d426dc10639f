"""Runs an answer and its tests inside a sandbox. Standard library only, and never imported.

`backfeed_spec.json` holds `code` and either `tests` (kinds script, doctest, unittest, pytest; each
with its own setup) or `calls` (expressions whose values are recorded, after `setup`). A child
process runs them; it holds no descriptor above 2. What it found goes through a shared page, under a
random word, to this process, which alone holds descriptor 3: a program that ends early leaves no
record. Where there are calls, `backfeed_recorder.py` lies beside this file; for pytest,
`backfeed_pytest.py` does, and the answer lies in its files.

The answer is imported as the module `answer`, as the one that its file is named for, and as any
that a test takes its names from; a test is the program, and a name that the answer binds is there
for it. An answer that walks the frames of its caller can find page and word: this holds programs
that end early, catch everything or compare equal to everything, not an attacker.
"""

import ast
import builtins
import contextlib
import doctest
import io
import json
import linecache
import mmap
import os
import pathlib
import signal
import sys
import traceback
import unittest

from backfeed_honest import Dishonest, kept, put_back, reduced, shut
from backfeed_reading import counted, guards, module_of, taken_from

PAGE = 1 << 20
LONGEST = 4000


class Run:
    """The state of one program: its namespace, and what has been found so far."""

    def __init__(self, spec):
        self.spec = spec
        self.ticks = 0
        self.text, self.before = "", ()
        self.phase = "setup"
        self.modules = {"answer", spec.get("module", "answer")}

    def tick(self):
        self.ticks += 1

    def ticked(self, function):
        self.ticks += 1
        return function

    def namespace(self, setup=""):
        module = type(sys)("answer")
        module.__dict__.update(
            __builtins__=__builtins__,
            __file__="answer.py",
            __backfeed_tick__=self.tick,
            __backfeed_ticked__=self.ticked,
            __backfeed_plain__=self.plain,
        )
        sys.modules["__main__"] = module
        sys.modules.update(dict.fromkeys(self.modules, module))
        self.phase = "setup"
        run_source(setup, "setup.py", module)
        self.phase = "code"
        run_source(self.spec["code"], "answer.py", module)
        put_back(self.before)
        module.__name__ = "__main__"
        return module

    def test(self, test):
        """The result of one test: how many assertions ran, and the error if there was one."""
        before, error = self.ticks, None
        self.text, self.before = text_of(test), kept()
        try:
            self.phase = "reading"
            if test["kind"] == "pytest":
                return self.test_with_pytest(test)
            program = READERS[test["kind"]](test["code"])
            module = self.namespace(test.get("setup", ""))
            if test["kind"] != "doctest":
                names = taken_from(ast.parse(test["code"]), {*module.__dict__})
                sys.modules.update(dict.fromkeys(names, module))
            self.phase = "test"
            error = RUNNERS[test["kind"]](self, program, module) or self.changed()
        except BaseException as failure:
            error = explain(failure)
        return {"executed": self.ticks - before, "error": error, "phase": self.phase}

    def test_with_pytest(self, test):
        import backfeed_pytest

        for name in ("tick", "ticked", "plain"):
            setattr(builtins, f"__backfeed_{name}__", getattr(self, name))
        self.modules |= set(map(module_of, test["answers"]))
        executed, error, phase = backfeed_pytest.run(test, sys.argv[1])
        return {"executed": executed, "error": error or self.changed(), "phase": phase}

    def changed(self):
        """The error of an answer that changed what tests rest on while it was tested."""
        name = put_back(self.before)
        return explain(Dishonest(f"the answer changed {name}")) if name else None

    def plain(self, value):
        """What is compared: in builtin types, or behind a guard."""
        return reduced(value, self.text)

    def call(self, expression, described):
        """The value of one expression, as a literal if it is one."""
        try:
            module = self.namespace(self.spec.get("setup", ""))
            self.phase = "test"
            return described(eval(expression, module.__dict__))
        except BaseException as failure:
            return {"error": explain(failure)}


def text_of(test):
    """What a test says, in its own text or in its files."""
    paths = map(pathlib.Path, test.get("paths", ()))
    return "\n".join([test.get("code", ""), *(path.read_text("utf-8") for path in paths)])


def run_source(text, name, module):
    """Run a text in a module; tracebacks can read its lines."""
    if text.strip():
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)


def read_script(text):
    linecache.cache["test.py"] = (len(text), None, text.splitlines(True), "test.py")
    return compile(counted(text), "test.py", "exec", dont_inherit=True)


def read_doctest(text):
    if not text:
        return None
    return doctest.DocTestParser().get_doctest(text, {}, "examples", "test.py", 0)


READERS = {"script": read_script, "doctest": read_doctest, "unittest": read_script}


def run_script(run, program, module):
    exec(program, module.__dict__)
    run.ticks += guards(run.text)  # none of them was reached


def run_doctest(run, program, module):
    """The examples of a test, or of the answer's own docstrings."""
    if program is not None:
        program.globs = module.__dict__
        found = [program]
    else:
        finder = doctest.DocTestFinder(exclude_empty=True)
        found = finder.find(module, "answer", module=False, globs=module.__dict__)
    output = io.StringIO()
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    for case in found:
        runner.run(case, out=output.write, clear_globs=False)
        shown = (example for example in case.examples if example.want)
        run.ticks += sum(not example.options.get(doctest.SKIP) for example in shown)
    if runner.failures:
        return {"type": "AssertionError", "message": output.getvalue()[:LONGEST], "line": 0}
    return None


def run_unittest(run, program, module):
    tests = type(sys)("test_answer")
    tests.__dict__.update(module.__dict__, __name__="test_answer")
    sys.modules["test_answer"] = tests
    exec(program, tests.__dict__)
    before = run.ticks
    suite = unittest.defaultTestLoader.loadTestsFromModule(tests)
    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
    run.ticks = before + result.testsRun - len(result.skipped)
    told = [f"{case.id()}: skipped by the answer" for case, _ in result.skipped if is_own(case)]
    if result.wasSuccessful() and not told:
        return None
    told += [f"{case.id()}: {text.strip().splitlines()[-1]}" for case, text in unsuccessful(result)]
    told += [f"{case.id()}: unexpected success" for case in result.unexpectedSuccesses]
    return {"type": "AssertionError", "message": "; ".join(told)[:LONGEST], "line": 0}


def is_own(case):
    """Was a test skipped that nowhere says so?"""
    method = getattr(case, getattr(case, "_testMethodName", ""), None)
    marked = getattr(case, "__unittest_skip__", False) or getattr(
        method, "__unittest_skip__", False
    )
    text = "".join(linecache.cache.get("test.py", (0, None, ""))[2])
    return not marked and "skip" not in text.lower()


def unsuccessful(result):
    return [*result.failures, *result.errors]


RUNNERS = {"script": run_script, "doctest": run_doctest, "unittest": run_unittest}


def explain(failure):
    """An exception as plain data; `line` is in the test, else in the answer."""
    frames = traceback.extract_tb(failure.__traceback__)
    line = next((f.lineno for f in reversed(frames) if f.filename == "test.py"), 0)
    line = line or next((f.lineno for f in reversed(frames) if f.filename == "answer.py"), 0)
    try:
        message = str(failure)[:500]
    except Exception:
        message = "?"
    kind = "AssertionError" if isinstance(failure, Dishonest) else type(failure).__name__
    return {"type": kind, "message": message, "line": line}


def work(spec, page, word):
    """The child: run everything, leave the record, end."""
    os.closerange(3, 256)
    shut(False)
    unittest.main = lambda *args, **keywords: None
    dumps, run, code = json.dumps, Run(spec), 0
    if "calls" in spec:
        from backfeed_recorder import described

        record = {"calls": [run.call(expression, described) for expression in spec["calls"]]}
    else:
        record = {"tests": [run.test(test) for test in spec["tests"]]}
        code = int(any(result["error"] for result in record["tests"]))
    raw = word + dumps(record).encode()
    if len(raw) > PAGE - 8:
        raw = word + dumps(summary(record)).encode()
    page[8 : 8 + len(raw)] = raw
    page[:8] = len(raw).to_bytes(8, "big")
    with contextlib.suppress(Exception):  # closed, or replaced by something else
        sys.stdout.flush()
    os._exit(code)


def summary(record):
    """A record that has room: of many tests, what they came to together."""
    if "calls" in record:
        return {"calls": [{"skip": "long"} for _ in record["calls"]]}
    executed = sum(result["executed"] for result in record["tests"])
    worst = next((result for result in record["tests"] if result["error"]), record["tests"][0])
    return {"tests": [{**worst, "executed": executed}]}


def main():
    with pathlib.Path("backfeed_spec.json").open(encoding="utf-8") as file:
        spec = json.load(file)
    pathlib.Path("backfeed_spec.json").unlink()
    page, word = mmap.mmap(-1, PAGE), os.urandom(16)
    shut(True)  # else the child could reach descriptor 3 through /proc
    child = os.fork()
    if child == 0:
        try:
            work(spec, page, word)
        finally:
            os._exit(70)
    _, status = os.waitpid(child, 0)
    size = int.from_bytes(page[:8], "big")
    raw = page[8 : 8 + size] if 16 < size <= PAGE - 8 else b""
    if raw[:16] == word:
        with os.fdopen(3, "wb") as report:
            report.write(raw[16:])
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL) if os.WTERMSIG(status) != 9 else None
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 255)


if __name__ == "__main__":
    main()
