"""TypeScript: types are taken off before a program runs; what tsc says hangs on no neighbour."""

import asyncio

import msgspec
import pytest

from backfeed.analyzers import typescript
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Analysis, CodeCheck, Limits, rejoined
from backfeed.engine.services import AnalyzerService
from backfeed.engine.stages._runs import run_tests

ADD = "export const add = (x: number, y: number): number => x + y;\n"
SPEC = "import { add } from './add';\nxtest('adds', () => expect(add(1, 2)).toBe(3));\n"
PRESETS = "module.exports = { presets: [require('@exercism/babel-preset-typescript')] };\n"


@pytest.fixture
def ran(answer):
    """What one test comes to, on some code."""

    def do(code, test, **more):
        sample = Sample(language="typescript", code=code, tests=(test,), **more)
        return rejoined(run_tests(sample, code, Limits(), check="test"), answer)

    return do


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test", "word"),
    [
        (ADD, "console.assert(add(1, 2) === 3);", "AC"),
        (ADD, "const wanted: number = 4;\nconsole.assert(add(1, 2) === wanted);", "WA"),
        ("enum E { A = 3 }\nconst add = (): E => E.A;", "console.assert(add() === 3);", "AC"),
        ("const add = (x: number => x;", "console.assert(add(1) === 1);", "CE"),
        ("const add = (): any => process.exit(0);", "console.assert(add() === 1);", "FORGED"),
    ],
)
def test_what_a_test_comes_to(ran, code, test, word):
    found = ran(code, Tested("script", code=test))
    assert found.word == word, found.detail


@pytest.mark.bwrap
@pytest.mark.parametrize(("code", "word"), [(ADD, "AC"), (ADD.replace("+", "*"), "WA")])
def test_what_jest_comes_to(ran, code, word):
    settings = '{"type": "module"}'
    files = (
        File("add.test.ts", SPEC), File("babel.config.cjs", PRESETS),
        File("package.json", settings),
    )  # fmt: skip
    test = Tested("framework", framework="jest", files=files)
    found = ran(code, test, files=(File("add.ts", code),))
    assert (found.word, found.executed) == (word, 1), found.detail


@pytest.mark.bwrap
def test_what_tsc_says(box):
    service = AnalyzerService(typescript.PLUGIN, {"sandbox": box})
    codes = [
        "import x from 'left-pad';\nexport const y: number = x(1);\n",
        "const x: number | string = 1 as number | string;\nx.toFixed();\n",
        "let x = 1;\nx = 'a';\nfunction (",
        "let x = 1;\nx = 'a';\n",
        "const many = (x) => x;\nmany(1);\n",
    ]
    requests = [CodeCheck("typescript", code) for code in codes]
    found = [msgspec.convert(one, Analysis) for one in asyncio.run(service.answer(requests))]
    assert [one.word for one in found] == ["unknown", "invalid", "invalid", "invalid", "ok"]
    assert [one.findings[0].rule for one in found[:4]] == ["TS2307", "TS2339", "syntax", "TS2322"]
