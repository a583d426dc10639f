"""Runs test files with pytest, for `backfeed_harness.py`, beside which it lies inside a sandbox.

pytest comes as an archive (see `engine/bundles.py`) and loads no plug-ins but its own, so that a
verdict hangs on nothing else. Test files are compiled as scripts are, with their assertions counted
and watched, and then rewritten by pytest. What went wrong is laid at the answer's door if an error
passed through its files, or names them; else the test file itself is at fault.
"""

import ast
import contextlib
import importlib
import importlib.machinery
import io
import os
import sys

from backfeed_reading import bound_by, bound_in, counted, module_of, taken_from, used_by

OPTIONS = (
    "-q",
    "--color=no",
    "--tb=short",
    "--capture=sys",
    "-p",
    "no:cacheprovider",
    "-o",
    "addopts=",
)
NOT_FOR_ASYNC = "async def functions are not natively supported"


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a test file with its assertions counted."""

    def __init__(self, name, path, watch):
        super().__init__(name, path)
        self.watch = watch

    def source_to_code(self, data, path, *, _optimize=-1):
        from _pytest.assertion.rewrite import rewrite_asserts

        tree = self.watch.read(data)
        rewrite_asserts(tree, data, path, self.watch.config)
        return compile(tree, path, "exec", dont_inherit=True)


class Watch:
    """A pytest plug-in, and a finder of test files."""

    def __init__(self, tests, answers):
        self.main, self.bound = answers[0], bound_by(answers[0])
        self.tests = {os.path.abspath(path) for path in tests}
        self.answers = {os.path.abspath(path) for path in answers}
        self.names = set(map(module_of, answers))
        self.config = None
        self.called = 0
        self.failures = []

    def read(self, data):
        """The tree of a test file, in which a name that the answer binds is there for it."""
        tree = counted(data)
        aliases = taken_from(tree, self.bound)
        module = module_of(self.main)
        for name in aliases:
            sys.modules[name] = importlib.import_module(module)
        imported = aliases | {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
        imported |= {
            a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names
        }
        free = sorted(self.bound & used_by(tree) - bound_in(tree))
        if free and module not in imported and not aliases:
            names = [ast.alias(name) for name in free]
            at = next((n for n, node in enumerate(tree.body) if not is_head(node)), 0)
            tree.body.insert(at, ast.ImportFrom(module, names, 0))
        return ast.fix_missing_locations(tree)

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin in self.tests:
            spec.loader = Loader(name, spec.origin, self)
            return spec
        return None

    def pytest_configure(self, config):
        self.config = config
        sys.meta_path.insert(0, self)

    def pytest_runtest_logreport(self, report):
        told = report.when == "call" and not hasattr(report, "wasxfail")
        self.called += told and report.outcome in ("passed", "failed")
        if report.skipped and told and str(report.longrepr[0]) in self.answers:
            self.failures.append(("test", "AssertionError", "skipped by the answer"))
        if report.failed:  # pytest shows the error itself after this, where there is one
            text = str(report.longrepr).strip()[-400:]
            self.failures.append(("test", "AssertionError", text))

    def pytest_exception_interact(self, node, call, report):
        error, collecting = call.excinfo.value, report.when == "collect"
        phase, type_ = self.blamed(error, collecting)
        text = f"{node.name}: {last(error)}" if type_ != "ModuleNotFoundError" else last(error)
        if not collecting:
            self.failures.pop()
        self.failures.append((phase, type_, text))

    def blamed(self, error, collecting):
        """The phase and the type of an error: who caused it."""
        chain = list(linked(error))
        absent = next((e for e in chain if self.is_absent(e)), None)
        if any(self.is_answers(e) for e in chain) and absent is None:
            return "test", kind_of(error if not collecting else chain[-1])
        if absent is not None:
            return "test", "ModuleNotFoundError"
        if type(error).__name__ == "FixtureLookupError" or NOT_FOR_ASYNC in str(error):
            return "setup", type(error).__name__
        return ("reading" if collecting else "test"), kind_of(error)

    def is_absent(self, error):
        if not isinstance(error, ModuleNotFoundError) or not error.name:
            return False
        return error.name not in self.names and error.name.partition(".")[0] not in self.names

    def is_answers(self, error):
        if isinstance(error, ImportError) and (
            error.name in self.names or error.path in self.answers
        ):
            return True
        if isinstance(error, SyntaxError) and error.filename in self.answers:
            return True
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self.answers:
                return True
            trace = trace.tb_next
        return False


def is_head(node):
    """A docstring, or an import that must stand first."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def linked(error):
    """An error and those that it came from."""
    known = set()
    while error is not None and id(error) not in known:
        known.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def kind_of(error):
    """What is an assertion for pytest is one here."""
    failed = isinstance(error, AssertionError) or type(error).__name__ == "Failed"
    return "AssertionError" if failed else type(error).__name__


def last(error):
    """What a person needs of an error's text: of a failed import, what failed."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return "?"
    lines = [line.strip() for line in lines if "__backfeed_" not in line]
    return " ".join(lines[:3] if type(error).__name__ != "CollectError" else lines[-1:])[:400]


def run(test, archive):
    """How many tests ran, the error that says most or None, and its phase."""
    sys.path.insert(0, archive)
    sys.dont_write_bytecode = True
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest

    watch = Watch(test["paths"], test["answers"])
    options = [*OPTIONS, f"--rootdir={os.getcwd()}", *test["paths"]]
    if any(path.endswith("conftest.py") for path in test["answers"]):
        options.insert(0, "--noconftest")
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        ended = int(pytest.main(options, plugins=[watch]))
    if watch.failures:
        order = {"test": 0, "setup": 1, "reading": 2}
        phase, type_, text = min(watch.failures, key=lambda told: order[told[0]])
        return watch.called, {"type": type_, "message": text, "line": 0}, phase
    if ended in (0, 5):
        return watch.called, None, "test"
    told = err.getvalue().strip()[-300:] or f"pytest ended with {ended}"
    whose = "reading" if ended == 4 else "test"
    return watch.called, {"type": "RuntimeError", "message": told, "line": 0}, whose
