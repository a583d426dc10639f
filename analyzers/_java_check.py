"""What javac has against Java snippets: one program of ours looks at a whole batch.

Snippets come without what they import. Where one uses a type that is not Java's own, names that are
not found say nothing, nor do errors that follow from them: what is left is `unknown`.
"""

import base64
import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from backfeed.analyzers import _java_source, _record, _tree
from backfeed.engine.errors import Outage, Refused
from backfeed.engine.requests import Asks, Build, CodeCheck, Job, Limits, Outcome

Plain = dict[str, Any]
VERSION = "4"  # of the rules
_GUEST = "BackfeedCheck.java"
_LIMITS = Limits(
    cpu_s=60.0, wall_s=120.0, memory_mb=1536, output_kb=16 * 1024, processes=128, disk_mb=64
)
_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_INSIDE = ("--add-exports", "jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED")
_BUILD = Build(
    command=("javac", *(f"-J{one}" for one in _OPTIONS), *_INSIDE, "-d", "out", _GUEST),
    outputs=("out",),
)
_COMMAND = (
    "java", *_OPTIONS, *_INSIDE, "-Xms64m", "-Xmx768m", "-Duser.language=en", "-cp", "out",
    "BackfeedCheck",
)  # fmt: skip

# The packages that every JDK has.
_JDK = re.compile(
    r"(java|jdk|sun|com\.sun|netscape|org\.(w3c\.dom|xml\.sax|ietf\.jgss)|javax\.(accessibility"
    r"|annotation\.processing|crypto|imageio|lang\.model|management|naming|net|print|rmi|script"
    r"|security|smartcardio|sound|sql|swing|tools|transaction\.xa"
    r"|xml(?!\.(bind|ws|soap))))(\.|$)"
)
# What a compiler says (to people) of names that a missing package would have brought.
FOLLOWS = (
    r"package \S+ does not exist|cannot find symbol|static import only from classes"
    r"|method does not override or implement|cannot access "
)
# Keys of errors that a missing type causes.
_ABSENT = re.compile(
    r"compiler\.err\.(doesnt\.exist|cant\.resolve|static\.imp\.only|import\.requires\.canonical"
    r"|cant\.apply|method\.does\.not\.override|does\.not\.override\.abstract|cant\.access"
    r"|except\.never\.thrown|unreported\.exception|var\.might|var\.not\.initialized"
    r"|cant\.inherit|incomparable|not\.def\.public|expression\.not\.allowed"
    r"|attribute\.value\.must\.be\.constant|const\.expr\.req|string\.const\.req"
    r"|enum\.label\.must|ref\.ambiguous|no\.annotation\.member)"
)
# What is inferred from a missing type is an Object.
_BLURRED = re.compile(r"incompatible types: (java\.lang\.Object cannot|inference variable)")
# Names that a bare member or statement takes from what stood around it.
_AROUND = re.compile(
    r"compiler\.err\.(doesnt\.exist|cant\.resolve|non-static\.cant\.be\.ref|cant\.ref\.non\.eff"
    r"|method\.does\.not\.override|invalid\.meth\.decl\.ret\.type\.req)"
)
# A JDK that is too old says so, or does not know the syntax or the method at all.
_TOO_OLD = re.compile(r"compiler\.err\.(feature\.not\.supported|preview\.feature|underscore\.as)")
_NEW_SYNTAX = re.compile(
    r"\b(case|instanceof)\s+(final\s+)?[A-Z][\w.]*(<[^<>;]*>)?\s*\("
    r"|\bcase\s+(final\s+)?[A-Z][\w.<>?, ]*\s+[a-z_]\w*\s*(->|:|when\b|&&)|\bcase\s+null\b"
    r"|\bimport\s+module\b|^\s*void\s+main\s*\(",
    re.MULTILINE,
)
_NEWEST = {
    **dict.fromkeys(
        ("getFirst", "getLast", "removeFirst", "removeLast", "addFirst", "addLast", "reversed",
         "clamp", "ofVirtual", "newVirtualThreadPerTaskExecutor", "startVirtualThread",
         "firstEntry", "lastEntry", "putFirst", "putLast", "isEmoji", "splitWithDelimiters"), 21,
    ),
    "gather": 24, "ofPlatform": 21,
}  # fmt: skip
_SYNTAX = "syntax"
# What a name of a package begins with, where it is written out.
_DOMAIN = re.compile(r"(?:android|androidx|com|edu|io|jakarta|net|org)\.\w")
_TWICE = "compiler.err.duplicate.class"  # what lies beside it has another version of it
_PACKAGE = re.compile(r"\s*package\s+\w+(?:\.\w+)*\s*;(?!\s*package\b)")


def is_absent(name: str, line: str) -> bool:
    """Is a package that does not exist one that a line asks for, and not a name with a member?"""
    imported = bool(re.match(r"\s*import\b", line))
    return is_foreign(name) and (imported or bool(_DOMAIN.match(name)))


def is_foreign(name: str) -> bool:
    """Is this package, or what it holds, none of the JDK's?"""
    return not _JDK.match(name)


def check(batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
    """One analysis for each snippet; raises `Outage` where the tool did not come to its end."""
    codes = [_tree.without_comments("java", request.code) for request in batch]
    near = [_near(request) for request in batch]
    codes = [code if more else _unpacked(code) for code, more in zip(codes, near, strict=True)]
    sent = [[_java_source.wrapped(code), *more] for code, more in zip(codes, near, strict=True)]
    lines = "".join(f"{' '.join(map(_coded, texts))}\n" for texts in sent)
    job = Job(_record.guests([_GUEST]), _COMMAND, lines, _LIMITS, build=_BUILD)
    try:
        outcome: Outcome = yield from job
    except Refused as refused:
        if refused.reason != "no-command":
            raise
        return [_analysis("", [_note("no-tool", refused.detail)]) for _ in batch]
    told = [json.loads(line) for line in outcome.stdout.splitlines()]
    if outcome.verdict != "AC" or len(told) != len(batch) + 1:
        raise Outage(f"javac: {outcome.verdict} {outcome.stderr[:200]}")
    release = told[0]["release"]
    found = zip(codes, told[1:], near, strict=True)
    return [judged(code, said, release, near=more) for code, said, more in found]


def _near(request: CodeCheck) -> list[str]:
    """The other classes of its answer."""
    return [file.text for file in request.beside if file.path.endswith(".java")]


def _coded(text: str) -> str:
    return base64.b64encode(_tree.encoded(text)).decode()


def _unpacked(code: str) -> str:
    """The code without the package that it says it is in: it would stay for those after it."""
    found = _PACKAGE.match(code)
    return re.sub(r"\S", " ", found[0]) + code[found.end() :] if found else code


def judged(code: str, said: Plain, release: int, *, near: Sequence[str] = ()) -> Plain:
    """The analysis of one snippet, by what javac said of it beside the others."""
    if said["crash"]:
        return _analysis("javac", [_note("not-analyzed", f"javac: {said['crash']}")])
    excuse = _excuse(code, said["errors"], release, near=near)
    excused = [excuse(error) for error in said["errors"]]
    findings = [
        {
            "rule": _rule(error), "level": "note" if excuse else "error",
            "message": error["message"], "line": max(error["line"], 0),
            "column": max(error["column"], 0),
        }
        for error, excuse in zip(said["errors"], excused, strict=True)
    ]  # fmt: skip
    return _analysis("javac", findings)


def _rule(error: Plain) -> str:
    key = str(error["key"]).removeprefix("compiler.err.")
    return _SYNTAX if error["syntax"] else key


def _excuse(code: str, errors: list[Plain], release: int, *, near: Sequence[str]) -> Any:
    """Says of an error whether it may come of what the snippet was taken from, or of an old JDK."""
    around = _java_source.loose(code)
    own = {place for text in near if (place := _java_source.package(text))}
    brought = [one for one in _java_source.imports(code) if not _is_own(one, own)]
    foreign = any(map(is_foreign, brought)) or any(map(_is_undeclared, errors))
    foreign = foreign or any(map(_is_written_out, errors))
    old = any(_TOO_OLD.match(error["key"]) for error in errors)
    if release < 25:
        old = old or bool(_NEW_SYNTAX.search(code) and any(error["syntax"] for error in errors))

    def excuse(error: Plain) -> bool:
        key = error["key"]
        if near and key == _TWICE:
            return True
        if old or around == "both":
            return True
        if around and (not error["syntax"] if around == "statements" else _AROUND.match(key)):
            return True
        if release < _NEWEST.get(error["name"], 0):
            return True
        return foreign and bool(_ABSENT.match(key) or _BLURRED.match(error["message"]))

    return excuse


def _is_own(name: str, places: Collection[str]) -> bool:
    """Is what is imported in a package of the answer's own?"""
    return any(name.startswith(f"{place}.") for place in places)


def _is_written_out(error: Plain) -> bool:
    """Is this a package that is not there, named without an import?"""
    name = _record.first(r"^package (\S+) does not exist", error["message"])
    return is_foreign(name) and bool(_DOMAIN.match(name))


def _is_undeclared(error: Plain) -> bool:
    """Is this the name of a type that neither the snippet nor the JDK has?"""
    named = error["kind"] in ("class", "variable", "package") and error["name"][:1].isupper()
    constant = error["kind"] == "variable" and error["name"].isupper()
    return named and not error["known"] and not constant


def _note(rule: str, message: str) -> Plain:
    return {"rule": rule, "level": "note", "message": message, "line": 0, "column": 0}


def _analysis(tool: str, findings: list[Plain]) -> Plain:
    levels = {finding["level"] for finding in findings}
    word = "invalid" if "error" in levels else "unknown" if levels else "ok"
    return {"word": word, "tool": tool, "version": f"{VERSION} javac", "findings": findings}
