"""What tool chains and programs say at their end of what is not there."""

import pytest

from backfeed.analyzers import _native_absent, _python_absent
from backfeed.engine import languages
from backfeed.engine.methods.lacks import lacked
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Outcome

CAUGHT = "try:\n    import a\nexcept ImportError:\n    print('no a')\n    raise SystemExit(1)\n"
ENDS = [
    ("python", "", "ModuleNotFoundError: No module named 'a.b'", "a.b"),
    ("python", "", "ModuleNotFoundError: No module named 'a'\nValueError: x", ""),
    ("python", "", "ImportError: libGL.so.1: cannot open shared object file", "libGL.so.1"),
    ("python", "from .a import b\n", "ImportError: attempted relative import with no", ".a"),
    ("python", "", "ImportError: cannot import name 'b' from 'a' (/usr/lib/a.py)",
     "another a, with b"),
    ("python", "", "ImportError: cannot import name 'b' from 'json' (/usr/lib/json.py)", ""),
    ("python", CAUGHT, "no a", "what it tries to import"),
    ("python", "print(1)\n", "no a", ""),
    ("javascript", "", "Error: Cannot find module 'a/b'\nRequire stack:", "a/b"),
    ("javascript", "", "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'a' imported from", "a"),
    ("javascript", "", "ReferenceError: document is not defined\n    at", "a browser (document)"),
    ("javascript", "", "ReferenceError: docment is not defined\n    at", ""),
    ("javascript", "const a = <b>c</b>;\n", "SyntaxError: Unexpected token '<'", "JSX"),
    ("javascript", "const a = <;\n", "SyntaxError: Unexpected token '<'", ""),
    ("java", "", "Caused by: java.lang.ClassNotFoundException: com.my.Driver", "com.my.Driver"),
    ("java", "", "java.lang.ClassNotFoundException: Missing", ""),
    ("java", "", "SQLException: No suitable driver found for jdbc:mysql://host/a", "jdbc:mysql"),
    ("java", "", 'Exception in thread "main" java.awt.HeadlessException:', "HeadlessException"),
    ("ruby", "", "a.rb: cannot load such file -- a/b (LoadError)", "a/b"),
    ("ruby", "gem 'rails'\n", "Could not locate Gemfile or .bundle/ (Bundler::GemfileNotFound)",
     "rails"),
    ("ruby", "", "a.rb:1: uninitialized constant ApplicationRecord (NameError)",
     "ApplicationRecord"),
    ("ruby", "", "a.rb:1: uninitialized constant Counter (NameError)", ""),
    ("php", "use A\\B;\n", "Uncaught Error: Failed opening required 'vendor/autoload.php'", "A\\B"),
    ("php", "", "Uncaught Error: Failed opening required 'db.php' (include_path='.')", "db.php"),
    ("php", "", "Uncaught Error: Call to undefined function add_action() in", "add_action"),
    ("php", "", "Uncaught Error: Call to undefined function add_acton() in", ""),
    ("lua", "", "lua: main.lua:1: attempt to index a nil value (global 'love')", "love"),
    ("lua", "", "lua: main.lua:1: attempt to index a nil value (global 'lost')", ""),
    ("perl", "", "Can't locate A/B.pm in @INC (you may", "A::B"),
    ("bash", "", "env: 'a-tool': No such file or directory", "a-tool"),
    ("bash", "", "xargs: a-tool: No such file or directory", "a-tool"),
    ("bash", "", "main.sh: line 3: /usr/bin/a-tool: No such file or directory", "/usr/bin/a-tool"),
    ("bash", "", "main.sh: line 3: ./lib.sh: No such file or directory", "./lib.sh"),
    ("bash", "command -v a-tool\n", "a-tool is required", "a-tool"),
    ("bash", "which a-tool\n", "done with a-tool", ""),
    ("bash", "twice() {\n:\n}\n", "main.sh: line 3: twise: command not found", ""),
]  # fmt: skip
MAIN = {"python": "main.py", "javascript": "main.js", "ruby": "main.rb", "php": "main.php"}


@pytest.mark.parametrize(("language", "code", "said", "name"), ENDS)
def test_what_is_not_there_is_told_from_what_is_wrong(language, code, said, name):
    main = MAIN.get(language, "main.sh")
    job = Job(files=(File(main, code),), command=("run", main))
    told = languages.load(language).lacking(job, Outcome("RE", exit_code=1, stderr=f"{said}\n"))
    assert lacked(told) == name
    assert languages.load(language).lacking(job, Outcome("TLE", stderr="")) == ""


NO_SUCH = "a.c:1:10: fatal error: a/b.h: No such file or directory"
LINKED = "ld: a.c: undefined reference to `initscr'\ncollect2: error: ld returned 1 exit status"


@pytest.mark.parametrize(
    ("code", "said", "name"),
    [
        ("#include <a/b.h>\n", NO_SUCH, "a/b.h"),
        ('#include "b.h"\n', NO_SUCH.replace("a/", ""), "./b.h"),
        ("#include <b.h>\n", NO_SUCH.replace("a/", ""), "b.h"),
        ("#include <ncurses.h>\nint main() { initscr(); }\n", LINKED, "a library for ncurses.h"),
        ("#include <stdio.h>\nint main() { initscr(); }\n", LINKED, ""),
        ("#include <ncurses.h>\nint initscr(int);\nint main() { initscr(); }\n", LINKED, ""),
        ("#include <ncurses.h>\n", f"implicit declaration of function 'initscr'\n{LINKED}", ""),
        ("#include <ncurses.h>\n", f"a.c:2:3: error: expected\n{LINKED}", ""),
        ("#include <boost/x.hpp>\n", LINKED.replace("initscr", "boost::x::y(int)"),
         "a library for boost/x.hpp"),
        ("#include <boost/x.hpp>\nclass A { };\n", LINKED.replace("initscr", "A::b()"), ""),
    ],
)  # fmt: skip
def test_what_a_build_lacks_is_a_header_or_a_library(code, said, name):
    assert _native_absent.absent(said, [code]) == name


MANY = "test_answer.T.test_a: ModuleNotFoundError: No module named 'a'"


@pytest.mark.parametrize(
    ("kind", "message", "found"),
    [
        ("ModuleNotFoundError", "E  ModuleNotFoundError: No module named 'a'",
         ("ModuleNotFoundError", "a")),
        ("AssertionError", f"{MANY}; {MANY}", ("ModuleNotFoundError", "a")),
        ("AssertionError", f"{MANY}; test_answer.T.test_b: AssertionError: 1 != 2",
         ("AssertionError", None)),
        ("KeyError", "a", ("KeyError", "a")),
    ],
)  # fmt: skip
def test_what_a_suite_says_of_imports_is_read(kind, message, found):
    [one] = _python_absent.named([{"error": {"type": kind, "message": message}}])
    assert (one["error"]["type"], one["error"]["message"]) == (found[0], found[1] or message)
