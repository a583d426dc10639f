"""Files of a suite that no answer can change: which ones they are, and that they are made once."""

import pytest

from backfeed.analyzers import _native_parts, c, cpp
from backfeed.engine.records import File
from backfeed.engine.requests import Limits

MAIN = '#define OURS\n#include "small.hpp"\n'
SMALL = "#include <cstdio>\nvoid failed(const char *);\nint sum();\n"


def parts(answer, **tests):
    files = [File(path.replace("__", "/").replace("_cpp", ".cpp"), text) for path, text in
             tests.items()]  # fmt: skip
    made = _native_parts.parts(
        [File(path, "") for path in answer], [*files, File("t/small.hpp", SMALL)], ("g++", "-O0"),
        suffix=".cpp", limits=Limits(),
    )  # fmt: skip
    return {path: [file.path for file in part.files] for path, part in made.items()}


def test_a_file_that_includes_only_the_suites_own_is_one():
    found = parts(
        ["sum.hpp"], t__main_cpp=MAIN, sum_test_cpp='#include "sum.hpp"\n#include <map>\n'
    )
    assert found == {"t/main.cpp": ["t/main.cpp", "t/small.hpp"]}


@pytest.mark.parametrize(
    "text",
    [
        '#include "../sum.hpp"\n', "#include NAMED\n", '#import "../t/../sum.hpp"\n',
        '#include "/a/sum.hpp"\n', '#include "../../a/sum.hpp"\n', "#include_next <x.hpp>\n",
        '#inc\\\nlude "../sum.hpp"\n', '#if __has_include("../sum.hpp")\n#endif\n',
        '  #  include_next "x.hpp"\n',
    ],
)  # fmt: skip
def test_a_file_that_may_see_the_answer_is_none(text):
    assert parts(["sum.hpp"], t__main_cpp=MAIN + text) == {}


def test_what_is_not_there_is_nobodys():
    found = parts(["sum.hpp"], t__main_cpp=MAIN + '#ifdef OLD\n#include "other.hpp"\n#endif\n')
    assert found == {"t/main.cpp": ["t/main.cpp", "t/small.hpp"]}


def test_a_file_of_which_the_answer_has_one_of_the_same_name_is_none():
    assert parts(["t/small.hpp"], t__main_cpp=MAIN) == {}
    assert parts(["t/main.cpp"], t__main_cpp=MAIN) == {}


def test_a_path_that_a_shell_would_read_is_none():
    assert parts([], **{"a b_cpp": "int x;\n", "c'd_cpp": "int y;\n"}) == {}


@pytest.mark.bwrap
@pytest.mark.parametrize(("plugin", "suffix"), [(c.PLUGIN, "c"), (cpp.PLUGIN, "cpp")])
def test_a_source_that_a_test_includes_is_not_compiled_besides(answer, plugin, suffix):
    own = File(f"add.{suffix}", "int add(int a, int b) { return a + b; }\n")
    suite = File(
        f"add_test.{suffix}",
        f'#include <stdio.h>\n#include "add.{suffix}"\n'
        'int main(void) { puts(add(1, 2) == 3 ? "yes" : "no"); }\n',
    )
    job = plugin.ahead(plugin.framework_job("unity", (own,), (suite,)), (own,))
    assert job.decode(answer(job)).stdout == "yes\n"


@pytest.mark.bwrap
@pytest.mark.parametrize(("plugin", "suffix"), [(c.PLUGIN, "c"), (cpp.PLUGIN, "cpp")])
def test_two_answers_share_what_is_made_of_the_suite(answer, box, plugin, suffix):
    suite = (
        File(f"frame.{suffix}", '#include <stdio.h>\n#include "frame.h"\nint main(void) {\n'
             '  int n = test();\n  puts(n ? "no" : "yes");\n  return n;\n}\n'),
        File("frame.h", "int test(void);\n"),
        File(f"add_test.{suffix}", '#include "frame.h"\n#include "add.h"\n'
             "int test(void) { return add(1, 2) != 3; }\n"),
    )  # fmt: skip
    header = File("add.h", "int add(int, int);\n")

    def told(body):
        own = File(f"add.{suffix}", f'#include "add.h"\nint add(int a, int b) {{ {body} }}\n')
        job = plugin.framework_job("unity", (header, own), suite)
        job = plugin.ahead(job, (header, own))
        assert [file.path for part in job.parts for file in part.files] == [f"frame.{suffix}",
            "frame.h"]  # fmt: skip
        return job.decode(answer(job)).stdout

    assert told("return a + b;") == "yes\n"
    before = box.counts["built"]
    assert told("return a - b;") == "no\n"
    assert box.counts["built"] - before <= 1
