"""Perl: answers and tests as one program, Test::More, and what they come to in the sandbox."""

import pytest

from backfeed.analyzers import _perl_source
from backfeed.analyzers.perl import PLUGIN
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import CodeCheck, Limits, Outcome, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "use strict;\nuse warnings;\n\nsub add {\n    my ($x, $y) = @_;\n    return $x + $y;\n}\n"
TEST = "die 'not 3' if add(1, 2) != 3;\ndie 'not 4' unless add(2, 2) == 4;\n"
MORE = "use Test::More;\nis(add(1, 2), 3, 'adds');\nis_deeply([add(2, 2)], [4]);\ndone_testing();\n"
SUITE = """\
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;

use_ok('Adding');
is(Adding::add(1, 2), 3, 'adds');

SKIP: {
    skip 'not yet', 1;
    is(Adding::add(2, 2), 4, 'adds more');
}

done_testing();
"""
RECORD = '{"word": "x", "tests": [{"executed": 3, "phase": "test", "error": null}]}'


def package(code=ADD):
    return f"package Adding;\n{code}\n1;\n"


@pytest.mark.parametrize(
    ("answer", "test", "tail"),
    [
        ("sub f { 1 }\n\n__END__\ndata\n", "die;", "die;\n__DATA__\ndata\n"),
        ("sub f { 1 }\n=pod\n\nnever closed\n", "die;", "die;\n"),
        ("sub f { 1 }", "die;\n__DATA__\nmore", "die;\n\n__DATA__\nmore"),
    ],
)
def test_an_answer_and_its_test_are_one_program(answer, test, tail):
    text, before = _perl_source.joined(answer, test)
    lines = text.splitlines()
    assert "Backfeed::begin" in lines[before - 1]
    assert lines[before] == '# line 1 "test.pl"'
    assert text.endswith(f'# line 1 "test.pl"\n{tail}')


def test_an_answer_does_not_say_on_which_line_it_is():
    text, _ = _perl_source.joined('# line 9 "test.pl"\n#line 3\nsub f { 1 } # line 4\n', "die;")
    assert text.splitlines()[:3] == ['## line 9 "test.pl"', "##line 3", "sub f { 1 } # line 4"]


def test_a_stub_does_nothing():
    assert PLUGIN.stub(ADD, "add") == "use strict;\nuse warnings;\n\nsub add {}\n"
    assert PLUGIN.stub("print 1 + 1;\n", "").strip() == ";"
    assert "print" not in PLUGIN.stub(f"{ADD}print add(1, 2), $_ for 1 .. 3;\n", "")


def test_what_is_asked_for_is_a_function_or_the_script():
    assert PLUGIN.entry_point("Write `add`.", package()) == "add"
    assert PLUGIN.entry_point("Write `add`.", f"{ADD}main() unless caller;\n") == "add"
    assert PLUGIN.entry_point("Write a program.", f"{ADD}print add(1, 2);\n") == ""


@pytest.mark.parametrize(
    "body", ["", "...", "my ($x) = @_;\n    # TODO\n    return;", "die 'Not implemented';"]
)
def test_a_function_that_does_nothing_is_a_stub(body):
    code = f"sub add {{\n    {body}\n}}\n"
    assert [one["rule"] for one in PLUGIN.fit(code, "Write add.", "add")] == ["stub"]


@pytest.mark.parametrize(
    ("said", "absent"),
    [
        ("Can't locate Moose.pm in @INC (you may need to install", "Moose"),
        ("Perl v5.42.0 required--this is only v5.36.0, stopped at", "v5.42.0"),
        ('Feature "class" is not supported by Perl 5.36.0 at', "class"),
        ('Can\'t locate object method "new" via package', ""),
        ("syntax error at main.pl line 3, near", ""),
    ],
)
def test_what_the_sandbox_lacks_is_told_from_what_is_wrong(said, absent):
    assert _perl_source.lacking(said) == absent


@pytest.mark.parametrize(
    ("line", "switched"),
    [
        ("use Test::More skip_all => 'later';", "use Test::More;"),
        ("plan skip_all => 'later';", ""),
        ("    skip 'later', 2;", ""),
        ("    skip 'no network', 2 unless $online;", "    skip 'no network', 2 unless $online;"),
        ("    local $TODO = 'later';", ""),
    ],
)
def test_tests_are_switched_on(line, switched):
    assert PLUGIN.switched_on(File("a.t", f"{line}\nok(1);\n")).text == f"{switched}\nok(1);\n"


def test_the_word_of_a_record_must_be_ours():
    job = PLUGIN.test_job({"code": ADD, "tests": [{"code": TEST, "setup": ""}]})
    assert PLUGIN.results(job, Outcome("AC", report=RECORD)) == []


@pytest.fixture
def ran(answer):
    def do(code, *tests, path=""):
        files = (File(path, code),) if path else ()
        sample = Sample(language="perl", code=code, entry_point="add", tests=tests, files=files)
        return rejoined(run_tests(sample, code, Limits(), check="test"), answer)

    return do


def script(code, setup=""):
    return Tested("script", code=code, setup=setup)


def suite(*files):
    files = tuple(File(*file) for file in files)
    return Tested("framework", framework="test-more", files=files)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("test", "word", "executed"),
    [
        (TEST, "AC", 2),
        (MORE, "AC", 2),
        (MORE.replace("done_testing();", ""), "AC", 2),
        (MORE.replace("[4]", "[5]"), "WA", 2),
        ("use Test::More tests => 3;\nis(add(1, 2), 3);\n", "WA", 1),
        ("use Test::More tests => 1;\nok(add(1, 2) == 3);\nexit 0;\n", "AC", 1),
        ("if (add(1, 2) != 3) { print 'no'; exit 1 }\nexit;\n", "AC", 1),
        ("exit(add(1, 2) == 4 ? 0 : 1);\n", "WA", 0),
        ("use Test::More skip_all => 'later';\nok(add(1, 2) == 4);\n", "WA", 1),
        ("print add(1, 2);\n", "NONE", 0),
        ("use No::Such::Thing;\ndie if add(1, 2) != 3;\n", "NONE", 0),
        ("die if add(1, 2 != 3;\n", "NONE", 0),
        ("die if subtract(2, 1) != 1;\n", "RE", 0),
        ("use Test2::V0;\nis(add(1, 2), 3);\nlike([add(2, 2)], [4]);\ndone_testing;\n", "AC", 2),
        ("use Test::More;\nsubtest a => sub { is(add(1, 2), 4) };\ndone_testing;\n", "WA", 1),
        ("use Test::Exception;\nuse Test::More;\nlives_ok { add(1, 2) };\n", "AC", 1),
    ],
)  # fmt: skip
def test_tests_of_many_forms_are_run(ran, test, word, executed):
    found = ran(ADD, script(test))
    assert (found.word, found.executed) == (word, executed), found.detail


@pytest.mark.bwrap
def test_what_a_test_says_is_told(ran):
    wrong = ADD.replace("$x + $y", "$x * $y + 1")
    found = ran(wrong, script(TEST))
    assert (found.word, found.line) == ("WA", 2)
    assert found.detail.startswith("AssertionError: not 4 at test.pl line 2")
    found = ran(wrong, script(MORE))
    assert (found.word, found.line) == ("WA", 3), found.detail
    found = ran(ADD.replace("$x + $y", "$x->{a}->go"), script(TEST))
    assert found.word == "RE", found.detail


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "code",
    [
        f"{ADD}\nsub ok {{ print 'mine' }}\n__PACKAGE__->main() unless caller;\n",
        f"{ADD}\n1;\n\n__END__\n\n=head1 NAME\n\nadd - adds\n",
        f"{package()}\npackage main;\n*add = \\&Adding::add;\n",
        f"$SIG{{__DIE__}} = sub {{ print STDERR @_ }};\nlocal $| = 1;\n{ADD}",
        f"{ADD}my $n = 1",
    ],
)
def test_an_honest_answer_passes_in_many_forms(ran, code):
    for test in (TEST, MORE):
        found = ran(code, script(test))
        assert (found.word, found.executed) == ("AC", 2), found.detail


ATTACKS = (
    "exit 0;",
    "use POSIX (); POSIX::_exit(0);",
    "sub add { exit 0 }",
    "sub add { CORE::exit(0) }",
    "sub add { require POSIX; POSIX::_exit(0) }",
    "BEGIN { *CORE::GLOBAL::die = sub { 1 }; *CORE::GLOBAL::exit = sub { 1 } }",
    "BEGIN { *main::die = sub { 1 } } use subs 'die';",
    "$SIG{__DIE__} = sub { CORE::exit(0) };",
    "END { $? = 0 } BEGIN { $SIG{__DIE__} = sub { POSIX::_exit(0) } }",
    "BEGIN { require Test::More; no warnings; *Test::More::is = *Test::More::is_deeply = "
    "sub { 1 } }",
    "require Test::More; no warnings; *is = *is_deeply = *main::ok = sub { 1 };",
    "require Test::Builder; no warnings; *Test::Builder::ok = sub { 1 };",
    "sub add { no warnings; *is = *is_deeply = sub { 1 }; 8 }",
    "Backfeed::begin('main'); exit 0;",
    "*Backfeed::begin = sub { 1 };",
    "# line 1 \"test.pl\"\nsub add { exit 0 }",
    f"open my $r, '>&=', 3; print $r '{RECORD}'; exit 0;",
    f"for (3 .. 20) {{ open my $r, '>&=', $_ or next; syswrite $r, '{RECORD}' }}",
    f"print '{RECORD}'; print \"ok 1\\nok 2\\n1..2\\n\"; exit 0;",
    "kill 9, $$;",
    "exec 'true';",
    "fork; kill 9, getppid;",
)  # fmt: skip


@pytest.mark.bwrap
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_answer_does_not_pass_by_anything_but_its_answer(ran, attack):
    code = f"{'' if 'sub add' in attack else 'sub add { 8 }'}\n{attack}\n"
    for test in (TEST, MORE):
        found = ran(code, script(test))
        assert found.verdict == "failed", (test, found.word, found.detail)


@pytest.mark.bwrap
def test_a_suite_is_run_with_what_was_switched_off(ran):
    tests = suite(("adding.t", SUITE))
    found = ran(package(), tests, path="Adding.pm")
    assert (found.word, found.executed) == ("AC", 3), found.detail
    found = ran(package(ADD.replace("$x + $y", "3")), tests, path="Adding.pm")
    assert (found.word, found.line) == ("WA", 12), found.detail
    two = suite(("t/a.t", SUITE), ("t/b.t", "use Test::More tests => 1;\nok(0, 'never');\n"))
    found = ran(package(), two, path="lib/Adding.pm")
    assert (found.word, found.executed, found.detail[:21]) == ("WA", 4, "AssertionError: never")


@pytest.mark.bwrap
def test_a_suite_that_lacks_something_is_not_verified(ran):
    answer = package(f"use No::Such::Thing;\n{ADD}")
    tests = suite(("a.t", "use Test::More tests => 1;\nuse Adding;\nok(Adding::add(1, 2) == 3);\n"))
    assert ran(answer, tests, path="Adding.pm").word == "NONE"
    empty = suite(("a.t", "use Test::More;\nuse Adding;\ndone_testing;\n"))
    assert ran(package(), empty, path="Adding.pm").word in ("NONE", "WA")


@pytest.mark.bwrap
@pytest.mark.parametrize(
    "attack",
    [
        "exit 0;",
        "print \"ok 1\\n1..1\\n\"; CORE::exit(0);",
        "no warnings; *Test::More::is = *main::is = sub { 1 };",
        "sub add { no warnings; *main::is = sub { 1 }; 8 }",
        "require Test::Builder; no warnings; *Test::Builder::ok = sub { 1 };",
        f"open my $r, '>&=', 3; print $r '{RECORD}'; CORE::exit(0);",
    ],
)  # fmt: skip
def test_an_answer_does_not_talk_a_suite_round(ran, attack):
    code = f"package Adding;\n{'' if 'sub add' in attack else 'sub add { 8 }'}\n{attack}\n1;\n"
    found = ran(code, suite(("adding.t", SUITE)), path="Adding.pm")
    assert found.verdict == "failed", (found.word, found.detail)


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("use No::Such::Thing;\nif (\n", "unknown"),
        ("use v9.1;\n", "unknown"),
        ("BEGIN { die 'no' }\n", "unknown"),
        ("#!/bin/sh\nif [ 1 ]; then\n", "unknown"),
        ("#line 3 \"other.pl\"\nif (\n", "invalid"),
        ("use strict;\n$x = 1;\n", "invalid"),
        ("$x = 1;\n", "ok"),
        ("print \"-- $x\\n\"; sub f { return undefined() }\n", "ok"),
    ],
)  # fmt: skip
def test_code_comes_to_its_word(answer, code, word):
    batch = [CodeCheck("perl", code)]
    assert [one["word"] for one in rejoined(PLUGIN.check(batch), answer)] == [word]


@pytest.mark.bwrap
def test_a_program_that_lacks_something_is_not_verified(ran):
    test = Tested("stdio", stdin="", stdout="3\n")
    assert ran("use No::Such;\n", test).word == "NONE"
