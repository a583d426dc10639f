"""An answer of several files: each is looked at with the others, and with no other answer's."""

import pytest

from backfeed.analyzers import c, cpp, java, typescript
from backfeed.engine.records import File
from backfeed.engine.requests import CodeCheck, rejoined

HEADER = "#ifndef S_H\n#define S_H\nstruct pair { int x; };\n#endif\n"
USER = '#include "s.h"\nint first(struct pair *one) { return one->x; }\n'
NO_MEMBER = USER.replace("->x", "->y")


@pytest.mark.bwrap
@pytest.mark.parametrize("plugin", [c.PLUGIN, cpp.PLUGIN], ids=["c", "cpp"])
def test_an_answers_own_header_is_seen_by_its_files_and_by_no_others(answer, plugin):
    header = File("src/s.h", HEADER)
    up = USER.replace("s.h", "../include/s.h")
    batch = [
        CodeCheck(plugin.language, *rest)
        for rest in (
            (USER, "src/s.c", (header,)), (NO_MEMBER, "src/s.c", (header,)),
            (USER,), (USER, "src/s.c", (File("t.h", HEADER),)),
            (up, "src/s.c", (File("include/s.h", HEADER),)), (HEADER, "src/s.h", (header,)),
            (USER, "../s.c", (File("../s.h", HEADER),)), (USER, "s.c", (File("s.h/s.h", HEADER),)),
        )
    ]  # fmt: skip
    found = rejoined(plugin.check(batch), answer)
    words = ["ok", "invalid", "unknown", "unknown", "ok", "ok", "unknown", "unknown"]
    assert [one["word"] for one in found] == words


@pytest.mark.bwrap
def test_a_fault_of_a_header_is_told_with_its_place(answer):
    beside = (File("s.h", HEADER.replace("int x", "number x")), File("plain.h", USER))
    request = CodeCheck("c", USER.replace("s.h", "plain.h"), "s.c", beside)
    [found] = rejoined(c.PLUGIN.check([request]), answer)
    finding = found["findings"][0]
    assert (finding["line"], finding["message"]) == (0, "s.h:3: unknown type name ‘number’")


def test_a_batch_names_its_files_so_that_none_can_say_where_another_lies():
    header = (File("s.h", HEADER),)
    one, other = CodeCheck("c", USER, "s.c", header), CodeCheck("c", HEADER)
    named = [_names(batch) for batch in ([one, one], [one, other], [other, one])]
    assert not named[0] & named[1]
    assert not named[1] & named[2]
    assert len([name for name in named[0] if name.endswith("/s.h")]) == 2


def _names(batch):
    """The names of files of a batch, but for those that hold nothing of an answer."""
    [job] = next(iter(c.PLUGIN.check(batch))).parts
    return {file.path for file in job.files if file.path.endswith((".c", ".h"))}


POINT = "export interface Point { x: number }\n"
READS = "import { Point } from './point';\nexport const x = (p: Point): number => p.x;\n"
NO_VALUE = READS.replace("p.x", "p.y")


@pytest.mark.bwrap
def test_a_module_is_looked_at_with_those_of_its_answer_and_with_no_others(answer):
    beside = File("src/point.ts", POINT)
    declared = "declare global { interface String { point(): number } }\n"
    batch = [
        CodeCheck("typescript", *rest)
        for rest in (
            (READS, "src/a.ts", (beside,)), (NO_VALUE, "src/a.ts", (beside,)),
            (NO_VALUE,), (READS, "a.ts", (beside,)),
            (READS, "a.ts", (File("point.ts", POINT + "function ("),)),
            ("export const x = 'a'.point();\n", "a.ts", (File("b.ts", POINT + declared),)),
        )
    ]  # fmt: skip
    found = rejoined(typescript.PLUGIN.check(batch), answer)
    assert [one["word"] for one in found] == [
        "ok",
        "invalid",
        "unknown",
        "unknown",
        "ok",
        "invalid",
    ]
    assert "b_" not in str(found)


PAIR = "package a.b;\n\npublic class Pair { public int x; int y; }\n"
CLASS = "package a.c;\nimport a.b.Pair;\nclass User { int first(Pair one) { return one.x; } }\n"
NO_FIELD = CLASS.replace("one.x", "one.z")


@pytest.mark.bwrap
def test_a_class_is_looked_at_with_those_of_its_answer_and_with_no_others(answer):
    pair, broken = File("a/b/Pair.java", PAIR), File("a/b/Pair.java", PAIR + "}")
    user = "a/c/User.java"
    batch = [
        CodeCheck("java", *rest)
        for rest in (
            (CLASS, user, (pair,)), (NO_FIELD, user, (pair,)), (NO_FIELD,),
            (CLASS.replace("one.x", "one.y"), user, (pair,)), (CLASS, user, (broken,)),
            (PAIR, "a/b/Pair.java", (File(user, NO_FIELD),)), (PAIR, "Pair.java", (pair,)),
            ("class A {}\nclass A {}\n",),
        )
    ]  # fmt: skip
    found = rejoined(java.PLUGIN.check(batch), answer)
    words = ["ok", "invalid", "unknown", "invalid", "unknown", "ok", "ok", "invalid"]
    assert [one["word"] for one in found] == words
