"""JavaScript: what running a test of its comes to."""

import pytest

from backfeed.analyzers import javascript
from backfeed.engine.records import File, Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.stages._runs import run_tests

ADD = "const add = (x, y) => x + y;\n"
ASSERT = "const assert = require('assert');\n"


@pytest.fixture
def ran(answer):
    """What one test comes to, on some code."""

    def do(code, test, **more):
        sample = Sample(language="javascript", code=code, tests=(test,), **more)
        return rejoined(run_tests(sample, code, Limits(), check="test"), answer)

    return do


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "test", "word", "executed"),
    [
        (ADD, "console.assert(add(1, 2) === 3);", "AC", 1),
        (ADD, "console.assert(add(1, 2) === 4);", "WA", 1),
        (ADD, ASSERT + "assert(add(1, 2) === 3);\nassert.equal(add(1, 1), 2);", "AC", 2),
        (ADD, ASSERT + "assert.deepStrictEqual([add(1, 2)], [4]);", "WA", 1),
        (ADD, "const { strict } = require('node:assert');\nstrict.equal(add(1, 2), 4);", "WA", 1),
        (ADD, "if (add(1, 2) !== 3) throw new Error('no');", "AC", 1),
        (ADD, "if (add(1, 2) !== 4) throw 'no';", "RE", 0),
        (ADD, "add(1, 2);", "NONE", 0),
        (ADD, "const f = () => console.assert(add(1, 2) === 4);", "NONE", 0),
        (ADD, "setTimeout(() => console.assert(add(1, 2) === 4), 5);", "WA", 1),
        (ADD, "Promise.resolve(1).then(() => console.assert(add(1, 2) === 4));", "WA", 1),
        ("console.assert = () => {};\n" + ADD, "console.assert(add(1, 2) === 4);", "WA", 1),
        ("const add = () => process.exit(0);", "console.assert(add(1, 2) === 3);", "FORGED", 0),
        ("__backfeed_end__(); process.exit(0);", "console.assert(false);", "FORGED", 0),
        ("require('fs').writeSync(3, '{}'); process.exit(0);", "console.assert(0);", "FORGED", 0),
        ("const add = (", "console.assert(add(1, 2) === 3);", "RE", 0),
        ("require('no-such-package');\n" + ADD, "console.assert(add(1, 2) === 3);", "NONE", 0),
        ("export const add = (x, y) => x + y;\n", "console.assert(add(1, 2) === 3);", "AC", 1),
        ("import fs from 'fs';\nconst add = (x) => x;\n", "console.assert(add(1) === 2);", "WA", 1),
        ("import x from 'no-such-package';\n" + ADD, "console.assert(add(1) === 2);", "NONE", 0),
        ("while (true) {}", "console.assert(true);", "TLE", 0),
    ],
)
def test_what_a_test_comes_to(ran, code, test, word, executed):
    found = ran(code, Tested("script", code=test))
    assert (found.word, found.executed) == (word, executed), found.detail


SPEC = """import { add } from './add';
describe('add', () => {
  test('adds', () => expect(add(1, 2)).toBe(3));
  xtest('adds more', () => expect(add(2, 2)).toBe(4));
});
"""
MODULE = "export const add = (x, y) => x + y;\n"


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("code", "spec", "word", "executed"),
    [
        (MODULE, SPEC, "AC", 2),
        (MODULE.replace("+", "*"), SPEC, "WA", 2),
        ("export const add = (x, y) => (x === 1 ? 3 : 0);\n", SPEC, "WA", 2),
        ("export const add = () => process.exit(0);\n", SPEC, "FORGED", 0),
        (MODULE, "import { add } from './add';\n", "RE", 0),
        ("import x from 'no-such-package';\n" + MODULE, SPEC, "NONE", 0),
    ],
)
def test_what_jest_comes_to(ran, code, spec, word, executed):
    preset = "module.exports = { presets: ['@babel/preset-env'] };\n"
    files = (File("add.spec.js", spec), File("babel.config.js", preset))
    test = Tested("framework", framework="jest", files=files)
    found = ran(code, test, files=(File("add.js", code),))
    assert (found.word, found.executed) == (word, executed), found.detail


def test_tests_that_are_switched_off_are_switched_on():
    text = "xtest('a', f);\nxit('b', f);\nit.skip('c', f);\nxdescribe('d', f);\nnext('e');\n"
    found = javascript.PLUGIN.switched_on(File("a.spec.js", text)).text
    assert found == "test('a', f);\nit('b', f);\nit('c', f);\ndescribe('d', f);\nnext('e');\n"


def test_a_module_is_named_as_one():
    main = javascript.PLUGIN.main_of
    assert main("import x from 'x';") == main("export default 1;") == "main.mjs"
    assert main("const x = import('y'); // export default 1") == "main.js"
