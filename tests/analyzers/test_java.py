"""Java: how sources are read and joined, what javac's errors mean, what tests come to."""

import pytest

from backfeed.analyzers import _java_check, _java_source
from backfeed.analyzers.java import PLUGIN, lacking
from backfeed.engine import languages
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "import java.util.*;\n\nclass Solution {\n    int add(int x, int y) { return x + y; }\n}\n"
MAIN = "class Main {{ public static void main(String[] a) {{ {} }} }}\n"
JUNIT = (
    "import org.junit.jupiter.api.*;\nimport static org.assertj.core.api.Assertions.*;\n"
    "class SolutionTest {{\n{}\n}}\n"
)


@pytest.mark.parametrize(
    ("code", "path", "main"),
    [
        ("class A {}", "Main.java", "A"),
        (MAIN.format(""), "Main.java", "Main"),
        ("class B {}\npublic class A { }", "A.java", "A"),
        ("class B { static void main(String[] a) {} }\npublic class A { }", "A.java", "B"),
        ("package x.y;\npublic interface A { static void main(String[] a) {} }", "A.java", "x.y.A"),
        ("public enum A { B; public static void main(String[] a) {} }", "A.java", "A"),
        ("class A { void main() {} }\nclass B { static void main() {} }", "Main.java", "B"),
        ("", "Main.java", "Main"),
        ("class {", "Main.java", "Main"),
    ],
)
def test_a_program_lies_under_its_public_type_and_starts_at_its_main(code, path, main):
    assert (_java_source.placed("Main.java", code).path, _java_source.main_of(code)) == (path, main)


def test_of_several_public_types_one_stays_public():
    placed = _java_source.placed("a/b/X.java", "public class A {}\npublic class B {}\n")
    assert placed == File("a/b/A.java", "public class A {}\n       class B {}\n")


def test_files_are_joined_with_one_package_and_their_imports_first():
    joined = _java_source.joined(
        "package a;\n\nimport java.util.List;\npublic class A {}",
        "package b;\nimport java.util.List;\nimport static java.lang.Math.*;\nclass Main {}\n",
    )
    head, *rest = joined.split("\n")
    assert head.split(";")[:3] == [
        "package a", " import java.util.List", " import static java.lang.Math.*",
    ]  # fmt: skip
    assert [line.strip() for line in rest] == [
        "",
        "",
        "public class A {}",
        *[""] * 3,
        "class Main {}",
        "",
    ]


def test_the_program_of_the_test_takes_the_place_of_the_answers():
    joined = _java_source.joined(MAIN.format("f();"), MAIN.format("g();"))
    assert ("f();" in joined, "g();" in joined) == (False, True)
    assert "class Other" in _java_source.joined("class Other {}", MAIN.format(""))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("class A {}", ""),
        ("// only words", ""),
        ("int f() { return 1; }\nint g() { return 2; }", "members"),
        ("private int x = 1;\nint g() { return x; }", "members"),
        ("import java.util.*;\nint x = 1;\nSystem.out.println(x);", "statements"),
        ("class A {}\nnew A();", "statements"),
        ("int f() { return 1; }\nf();", "both"),
    ],
)
def test_bare_code_is_wrapped_in_place(code, kind):
    wrapped = _java_source.wrapped(code)
    assert (_java_source.loose(code), wrapped.count("\n")) == (kind, code.count("\n"))
    assert (wrapped != code) == (kind in ("members", "statements"))
    assert kind == "both" or _java_source.loose(wrapped) == ""


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("java.util.List", False), ("java.utils.List", False), ("javax.swing.JFrame", False),
        ("javax.xml.parsers", False), ("org.w3c.dom.Node", False), ("jdk.jfr", False),
        ("javax.servlet.http", True), ("javax.xml.bind.annotation", True), ("javaslang.List", True),
        ("org.junit.jupiter.api", True), ("com.example", True), ("com.sun.net.httpserver", False),
    ],
)  # fmt: skip
def test_what_is_not_of_the_jdk(name, foreign):
    assert _java_check.is_foreign(name) == foreign


def error(key="cant.resolve.location", name="x", kind="variable", **more):
    said = {"key": f"compiler.err.{key}", "name": name, "kind": kind, "syntax": False, "line": 1}
    return {**said, "known": False, "message": "m", "column": 1, **more}


IMPORTS = "import com.example.Thing;\n"
SAID = {
    "nothing": ("class A {}", [], "ok"),
    "a name": ("class A {}", [error()], "invalid"),
    "a constant": ("class A {}", [error(name="MAX")], "invalid"),
    "a type of the JDK": ("class A {}", [error(name="List", kind="class", known=True)], "invalid"),
    "a type of nobody": ("class A {}", [error(name="Thing", kind="class")], "unknown"),
    "a name, where types are missing": (f"{IMPORTS}class A {{}}", [error()], "unknown"),
    "more than names": (f"{IMPORTS}class A {{}}", [error(), error("missing.ret.stmt")], "invalid"),
    "syntax": (f"{IMPORTS}class A {{}}", [error("expected", syntax=True)], "invalid"),
    "a name in a bare method": ("int f() { return x; }", [error()], "unknown"),
    "a type in a bare method": ("int f() { return 1; }", [error("prob.found.req")], "invalid"),
    "a statement": ("return x;", [error("prob.found.req")], "unknown"),
    "broken statements": ("return x", [error("expected", syntax=True)], "invalid"),
    "a feature to come": ("class A {}", [error("preview.feature.disabled.plural")], "unknown"),
    "a pattern of records": (
        "class A { int f(Object o) { return o instanceof P(int x) ? x : 0; } }",
        [error("expected", syntax=True)], "unknown",
    ),
    "a method to come": ("class A {}", [error(name="getFirst", kind="method")], "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "errors", "word"), SAID.values(), ids=SAID)
def test_what_errors_say_of_a_snippet(code, errors, word):
    assert _java_check.judged(code, {"crash": "", "errors": errors}, 17)["word"] == word


def test_a_compiler_that_crashed_says_nothing():
    found = _java_check.judged("class A {}", {"crash": "StackOverflowError", "errors": []}, 17)
    assert found["word"] == "unknown"


ABSENT = "A.java:1: error: package com.x does not exist\nimport com.x.Y;\n"
SYMBOL = "A.java:3: error: cannot find symbol\n  Y y;\n"
OLDER = f"{SYMBOL}  ^\n  symbol:   method has(int)\n  location: class StringAssert<X>\n"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (ABSENT, "com.x"),
        (ABSENT + SYMBOL + "2 errors\n", "com.x"),
        (SYMBOL, ""),
        (f"{OLDER}1 error\n", "a newer org.assertj or org.junit"),
        (OLDER + SYMBOL, ""),
        (f"{ABSENT}A.java:4: error: ';' expected\n", ""),
        ("A.java:1: error: package java.utils does not exist\nimport java.utils.List;\n", ""),
        ("A.java:1: error: package Sytem does not exist\n  Sytem.out.println();\n", ""),
    ],
)
def test_only_the_want_of_a_package_is_the_sandboxs(said, name):
    assert lacking(said) == name


def test_a_stub_leaves_constructors_alone():
    code = (
        "class A {\n    final int x;\n    A() { x = 1; }\n    boolean b() { return x > 0; }\n"
        "    char c() { return 'c'; }\n    int[] d() { return null; }\n    void e() { b(); }\n}\n"
    )
    assert languages.call("java", "stub", code, "A") == (
        "class A {\n    final int x;\n    A() { x = 1; }\n    boolean b() { return false; }\n"
        "    char c() { return 0; }\n    int[] d() { return null; }\n    void e() {}\n}\n"
    )


def test_null_is_returned_only_where_it_can_be():
    code = "class A {\n    int f() { return a(); }\n    String g() { return b(); }\n}\n"
    made = languages.call("java", "mutants", code, "A")
    assert made == [("returned", code.replace("return b()", "return null"))]


@pytest.mark.parametrize(
    "body", ["{}", "{ ; }", '{ throw new UnsupportedOperationException("x"); }']
)
def test_a_method_that_nobody_has_written_yet_does_not_fit(body):
    [found] = languages.call("java", "fit", f"class A {{ int f() {body} }}", "Do.", "f")
    assert found["rule"] == "stub"


def test_tests_are_switched_on():
    test = JUNIT.format(
        '    @Disabled("Later (soon)") @Test void a() {}\n    @Disabled\n    @Test void b() {}'
    )
    assert "@Disabled" not in PLUGIN.switched_on(File("B.java", test)).text


@pytest.fixture
def ran(answer):
    """What tests of some code come to, in the sandbox."""

    def do(code, test, framework=""):
        kind = "framework" if framework else "script"
        tests = (Tested(kind, "author", code=test, framework=framework),)
        sample = Sample(language="java", code=code, entry_point="add", tests=tests)
        found = rejoined(run_tests(sample, code, Limits(), check="test"), answer)
        return found.word, found.executed, found.detail, found.line

    return do


EQUAL = 'if (new Solution().add(1, 2) != {}) throw new AssertionError("add");'
ENDS = ADD.replace("return x + y", "System.exit(0); return 1")
PACKAGED = ADD.replace("import", "package p.q;\nimport", 1).replace("class", "public class")
SCRIPTS = {
    "right": (ADD, MAIN.format(EQUAL.format(3)), ("AC", 1, "", 0)),
    "in a package, both public": (
        PACKAGED, f"public {MAIN.format(EQUAL.format(3))}", ("AC", 1, "", 0),
    ),
    "a bare method": (
        "public static int add(int x, int y) { return x + y; }\n",
        MAIN.format("assert add(1, 2) == 3; assert Solution.add(1, 2) == 3;"), ("AC", 2, "", 0),
    ),
    "wrong": (ADD, "\n" + MAIN.format(EQUAL.format(4)), ("WA", 1, "AssertionError: add", 2)),
    "an assertion": (ADD, MAIN.format("assert 1 > 2;"), ("WA", 1, "AssertionError", 1)),
    "only statements": (ADD, f"List<Integer> x;\n{EQUAL.format(3)}", ("AC", 1, "", 0)),
    "another error": (
        ADD, MAIN.format("int[] x = {}; x[1] = 1;".replace("{}", "{{}}").format()),
        ("RE", 0, "ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 0", 1),
    ),
    "nothing asserted": (ADD, MAIN.format(""), ("NONE", 0, "no assertion ran", 0)),
    "ends before the test": (ENDS, MAIN.format(EQUAL.format(3)), ("FORGED", 0, "", 0)),
    "a package is missing": (
        f"import org.nowhere.Thing;\n{ADD}", MAIN.format(EQUAL.format(3)),
        ("NONE", 0, "the sandbox lacks a package: org.nowhere", 0),
    ),
}  # fmt: skip


@pytest.mark.bwrap
@pytest.mark.parametrize(("code", "test", "expected"), SCRIPTS.values(), ids=SCRIPTS)
def test_scripts(ran, code, test, expected):
    assert ran(code, test) == expected


RIGHT = "@Test void a() { assertThat(new Solution().add(1, 2)).isEqualTo(3); }"
WRONG = "@Test void b() { Assertions.assertEquals(4, new Solution().add(1, 2)); }"
RAISES = '@Test void c() { throw new IllegalStateException("no"); }'
FRAMEWORK = {
    "right": (ADD, JUNIT.format(RIGHT), ("AC", 1, "", 0)),
    "its public class has another name": (
        ADD, JUNIT.format(RIGHT).replace("class SolutionTest", "public class Sums"),
        ("AC", 1, "", 0),
    ),
    "wrong": (
        ADD, JUNIT.format(f"{RIGHT}\n{WRONG}"),
        ("WA", 2, "AssertionError: expected: <4> but was: <3>", 5),
    ),
    "another error": (ADD, JUNIT.format(RAISES), ("RE", 1, "IllegalStateException: no", 4)),
    "switched off": (ADD, JUNIT.format(f"@Disabled {RIGHT}"), ("AC", 1, "", 0)),
    "no tests": (ADD, JUNIT.format("void a() {}"), ("NONE", 0, "no assertion ran", 0)),
    "none asserts": (
        ADD, JUNIT.format("// assertTrue(true)\n@Test void a() { new Solution().add(1, 2); }"),
        ("NONE", 0, "no assertion ran", 0),
    ),
    "ends before the test": (ENDS, JUNIT.format(RIGHT), ("FORGED", 0, "", 0)),
    "of JUnit 4": (
        ADD, JUNIT.format(RIGHT.replace("void", "public void")).replace("jupiter.api.*", "Test")
        .replace("class", "public class"), ("AC", 1, "", 0),
    ),
}  # fmt: skip


@pytest.mark.bwrap
@pytest.mark.parametrize(("code", "test", "expected"), FRAMEWORK.values(), ids=FRAMEWORK)
def test_files_of_tests(ran, code, test, expected):
    assert ran(code, test, "junit") == expected


@pytest.mark.bwrap
def test_a_snippet_knows_nothing_of_those_before_it(answer):
    codes = [
        "package p;\n\npublic class A {}\n",
        "package p;\n\nclass C { A a; }\n",
        "import p.A;\n\nclass B { A a; }\n",
        "class Alpha { static int one() { return 1; } }\n",
        "class D { int one = Alpha.one(); }\n",
    ]
    together = rejoined(PLUGIN.check([CodeCheck("java", code) for code in codes]), answer)
    alone = [rejoined(PLUGIN.check([CodeCheck("java", code)]), answer)[0] for code in codes]
    assert together == alone
    assert [one["word"] for one in together] == ["ok", "unknown", "unknown", "ok", "unknown"]
