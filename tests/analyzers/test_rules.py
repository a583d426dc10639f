"""Our own rules: each flags its wrong snippets and not its right ones, by each tool that has it."""

import asyncio

import pytest

from backfeed.analyzers import _deep, _rules
from backfeed.engine import languages, passes
from backfeed.engine.grammar import grammars
from backfeed.engine.requests import CodeCheck, rejoined
from backfeed.engine.services import open_sandbox

TOOLS = ("ast_grep", "semgrep")
LANGUAGES = ("bash", "c", "go", "java", "javascript", "php", "python", "ruby", "rust", "typescript")


@pytest.fixture(scope="module", params=TOOLS)
def found(request):
    """What a tool says of all snippets of its rules, in one batch: (rule, snippet) -> rules."""
    one = languages.deep(request.param)
    if why := passes.lack(one):
        pytest.skip(why)
    box = open_sandbox("bubblewrap", {"tools": passes.tools(one), "prepared": {}}, jobs=1)
    cases = [
        (rule, code)
        for rule in _rules.of(request.param).values()
        for code in rule.wrong + rule.right
    ]

    def answer(job):
        async def ask():
            [outcome] = await box.answer([job])
            return outcome

        return asyncio.run(ask())

    batch = [CodeCheck(rule.language, code) for rule, code in cases]
    told = rejoined(one.check(batch), answer)
    asyncio.run(box.close())
    pairs = zip(cases, told, strict=True)
    return {
        (rule.id, code): {finding["rule"] for finding in analysis["findings"]}
        for (rule, code), analysis in pairs
    }


@pytest.mark.bwrap
def test_a_rule_flags_what_is_wrong_and_nothing_that_is_right(found):
    expected = {key: key[1] in _rules.rules()[key[0]].wrong for key in found}
    assert {key for key, rules in found.items() if (key[0] in rules) != expected[key]} == set()


@pytest.mark.bwrap
def test_a_rule_is_that_of_its_language_alone(found):
    known = _rules.rules()
    for (rule, code), rules in found.items():
        assert {known[other].language for other in rules} <= {known[rule].language}, code


@pytest.mark.parametrize("rule", _rules.rules().values(), ids=lambda rule: rule.id)
def test_a_rule_says_what_is_needed(rule):
    assert rule.level in _rules.LEVELS
    assert rule.language in grammars()
    assert rule.message
    assert rule.wrong
    assert rule.right
    assert rule.ast_grep is not False or rule.semgrep is not False


@pytest.mark.parametrize("tool", TOOLS)
def test_the_common_languages_have_rules(tool):
    assert set(_rules.languages(tool)) >= set(LANGUAGES)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_changed_rule_is_another_version(tool, monkeypatch):
    one = languages.deep(tool)
    before = one.version
    monkeypatch.setattr(_rules, "_made", lambda table, language: _changed(table, language))
    clear()
    after = one.version
    monkeypatch.undo()
    clear()
    assert before == one.version != after


def _changed(table, language):
    lists = {key: tuple(table.get(key, ())) for key in ("wrong", "right", "patterns")}
    made = {**table, **lists, "id": f"{language}-{table['id']}", "language": language}
    return _rules.Rule(**{**made, "level": "note"})


def clear():
    for cached in (_rules.rules, _rules.for_ast_grep, _rules.for_semgrep):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("language", "code", "bare"),
    [
        ("python", "x = 1  # pylint: skip-file\n", "x = 1                    \n"),
        ("python", "x = '# no comment'\n", "x = '# no comment'\n"),
        ("python", "x = 'é'  # é\ny = 2\n", "x = 'é'     \ny = 2\n"),
        ("go", "package a // nosemgrep\n", "package a             \n"),
    ],
)
def test_comments_are_blanked_where_they_stand(language, code, bare):
    assert _deep.without_comments(language, code).split() == bare.split()
    assert len(_deep.without_comments(language, code).splitlines()) == len(code.splitlines())
    assert "#" not in _deep.without_comments("python", "x  # a\n")
