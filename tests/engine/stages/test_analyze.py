"""The stage that asks a language's own tools: its dialogue, by hand."""

from backfeed.engine.records import File, Finding, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, rejoined
from backfeed.engine.stages.analyze import Analyze

CODE = "def f(x):\n    return y\n"


def finding(line=2, level="error", rule="F821"):
    return {"rule": rule, "level": level, "message": "Undefined name", "line": line, "column": 12}


def analyzed(sample, word="ok", *findings, asked=None, **settings):
    """What becomes of a sample if the analyzer says so."""

    def answer(request):
        (asked if asked is not None else []).append(request)
        return {"word": word, "tool": "ruff", "version": "1", "findings": list(findings)}

    [found] = rejoined(Analyze(**settings).each(sample), answer)
    return found


def test_good_code_is_analyzed():
    found = analyzed(Sample(language="python", code=CODE))
    [check] = found.checks
    assert (found.level, found.rejected, check.verdict) == ("analyzed", None, "passed")
    assert (check.name, check.tool, check.version) == ("analyze", "ruff", "1")


def test_what_cannot_work_is_rejected_by_its_rule():
    found = analyzed(Sample(code=CODE), "invalid", finding(level="note", rule="W1"), finding())
    assert (found.rejected.stage, found.rejected.reason) == ("analyze", "F821")
    assert found.rejected.detail == "line 2: Undefined name"
    assert (found.level, found.checks[0].verdict) == ("none", "failed")
    assert [one.rule for one in found.checks[0].findings] == ["W1", "F821"]


def test_a_remark_is_told_and_held_against_nobody():
    found = analyzed(Sample(code=CODE), "ok", finding(level="note"))
    assert (found.level, found.rejected) == ("analyzed", None)
    assert found.checks[0].findings[0].message == "Undefined name"


def test_unknown_is_neither_good_nor_bad():
    found = analyzed(Sample(code=CODE), "unknown", finding(level="note"))
    assert (found.level, found.rejected, found.checks[0].verdict) == ("none", None, "unverified")


def test_without_code_nothing_is_asked():
    asked = []
    found = analyzed(Sample(language="python"), asked=asked)
    assert (asked, found.checks[0].verdict, found.rejected) == ([], "unverified", None)


def test_the_analyzer_of_the_language_is_asked():
    asked = []
    analyzed(Sample(language="go", code=CODE), asked=asked)
    assert asked == [CodeCheck("go", CODE)]


SETUP = (Tested("script", setup="import os"), Tested("script"), Tested("script", setup="a = 1\nb"))


def test_what_the_tests_set_up_stands_before_the_code_and_lines_count_without_it():
    asked = []
    sample = Sample(code=CODE, tests=SETUP)
    found = analyzed(sample, "invalid", finding(5), finding(0), asked=asked)
    assert asked[0].code == "import os\na = 1\nb\n" + CODE
    assert [one.line for one in found.checks[0].findings] == [2, 0]
    assert found.rejected.detail == "line 2: Undefined name"


def test_a_fault_of_the_setup_is_not_the_answers():
    found = analyzed(Sample(code=CODE, tests=SETUP), "invalid", finding(3))
    assert (found.rejected, found.checks[0].verdict) == (None, "passed")
    assert found.checks[0].findings == ()


def test_findings_are_kept_as_they_are():
    found = analyzed(Sample(code=CODE), "invalid", finding())
    assert found.checks[0].findings == (Finding("F821", "error", "Undefined name", 2, 12),)


def test_every_file_is_analyzed_and_a_finding_says_where_it_is():
    files = (File("f.py", CODE), File("g.py", "y"), File("notes.txt", "y"))

    def answer(request):
        bad = request.code == "y"
        word, told = ("invalid", [finding(1)]) if bad else ("ok", [])
        return {"word": word, "tool": "ruff", "version": "1", "findings": told}

    sample = Sample(language="python", code=CODE, files=files)
    [found] = rejoined(Analyze().each(sample), answer)
    assert found.rejected.detail == "line 1: g.py: Undefined name"


def test_files_of_an_answer_are_looked_at_side_by_side_where_the_analyzer_does():
    given = (File("given.h", "z"), File("notes.txt", "y"))
    files = (File("src/f.c", CODE), File("src/f.h", "y"))
    asked = []
    sample = Sample(language="c", code=CODE, files=files, support=given, tests=SETUP[:1])
    analyzed(sample, asked=asked)
    main, header = File("src/f.c", "import os\n" + CODE), files[1]
    assert asked == [
        CodeCheck("c", main.text, main.path, (header, given[0])),
        CodeCheck("c", header.text, header.path, (main, given[0])),
    ]


def test_a_file_without_others_is_asked_of_as_a_snippet():
    asked = []
    analyzed(Sample(language="c", code=CODE, files=(File("f.c", CODE),)), asked=asked)
    assert asked == [CodeCheck("c", CODE)]


def looked_deeper(sample, deep, **words):
    """What becomes of a sample that the analyzer lets pass, and what was asked, by tool."""
    asked = []

    def answer(request):
        asked.append((request.deep, request.code))
        word, findings = words.get(request.deep, ("ok", []))
        tool = request.deep or "ruff"
        return {"word": word, "tool": tool, "version": "1", "findings": findings}

    [found] = rejoined(Analyze(deep=deep).each(sample), answer)
    return found, asked


BOTH = ("pylint", "ast-grep")


def test_deep_passes_are_asked_and_each_has_a_check():
    remark = finding(1, level="warning", rule="python-debugger")
    sample = Sample(language="python", code=CODE)
    found, asked = looked_deeper(sample, BOTH, **{"ast-grep": ("ok", [remark])})
    assert asked == [("", CODE), ("ast-grep", CODE), ("pylint", CODE)]
    assert [(one.name, one.verdict) for one in found.checks] == [
        ("analyze", "passed"), ("ast-grep", "passed"), ("pylint", "passed"),
    ]  # fmt: skip
    assert found.checks[1].findings[0].rule == "python-debugger"
    assert (found.rejected, found.level) == (None, "analyzed")


def test_a_deep_pass_rejects_by_its_rule():
    sample = Sample(language="python", code=CODE)
    found, _ = looked_deeper(sample, BOTH, pylint=("invalid", [finding(2, rule="not-callable")]))
    assert (found.rejected.stage, found.rejected.reason) == ("analyze", "not-callable")
    assert [one.verdict for one in found.checks] == ["passed", "passed", "failed"]


def test_a_deep_pass_is_not_asked_about_what_is_rejected_or_in_another_language():
    bad = [finding()]
    _, asked = looked_deeper(Sample(language="python", code=CODE), BOTH, **{"": ("invalid", bad)})
    assert asked == [("", CODE)]
    found, asked = looked_deeper(Sample(language="lua", code=CODE), BOTH)
    assert asked == [("", CODE)]
    assert [one.name for one in found.checks] == ["analyze"]


def test_what_other_tools_let_go_is_not_analyzed_by_that():
    found, _ = looked_deeper(Sample(language="python", code=CODE), BOTH, **{"": ("unknown", [])})
    assert (found.level, found.rejected) == ("none", None)


def test_a_deep_pass_looks_at_every_file_and_counts_lines_without_the_setup():
    files = (File("f.py", CODE), File("g.py", "y"))
    sample = Sample(language="python", code=CODE, files=files, tests=SETUP)
    told = [finding(5, level="note", rule="N")]
    found, asked = looked_deeper(sample, ("pylint",), pylint=("ok", told))
    assert [code for deep, code in asked if deep] == ["import os\na = 1\nb\n" + CODE, "y"]
    assert [(one.line, one.message) for one in found.checks[1].findings] == [
        (2, "Undefined name"), (5, "g.py: Undefined name"),
    ]  # fmt: skip
