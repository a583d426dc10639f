"""Java: javac, JUnit, and what Backfeed knows how to do with it."""

import re
from collections.abc import Sequence
from typing import Any

from backfeed.analyzers import _java_check, _java_source, _record, _tree
from backfeed.analyzers._cutting import Cutting
from backfeed.engine.methods.lacks import lack
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Build, CodeCheck, Job, Outcome

Plain = dict[str, Any]
JARS = "/usr/share/java"
JUNIT = (
    "junit-jupiter-api", "junit-jupiter-params", "junit-jupiter-engine", "junit-platform-launcher",
    "junit-platform-engine", "junit-platform-commons", "opentest4j", "apiguardian-api",
    "univocity-parsers", "assertj-core", "byte-buddy", "hamcrest",
)  # fmt: skip
JUNIT_4 = ("junit4", "junit-vintage-engine")
# A heap that is small until it is needed: the limit on memory is the sandbox's. What runs for long
# is compiled as well as anywhere, but later: what does not costs no more than the first level's.
RUN = (
    "java", "-XX:+UseSerialGC", "-Xshare:auto", "-Xms16m", "-Xmx1g",
    "-XX:CompressedClassSpaceSize=128m", "-XX:ReservedCodeCacheSize=64m",
    "-XX:Tier3InvocationThreshold=1000",
    "-XX:Tier3MinInvocationThreshold=500", "-XX:Tier3CompileThreshold=3000",
    "-XX:Tier4InvocationThreshold=15000", "-XX:Tier4CompileThreshold=30000",
    "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8",
    "-Duser.language=en",
)  # fmt: skip
COMPILE = (
    "javac", "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-J-Xshare:auto",
    "-J-Xms96m", "-J-Duser.language=en", "-encoding", "UTF-8", "-proc:none", "-nowarn", "-d", "out",
)  # fmt: skip
SOURCES = (".", "src/main/java", "src/test/java")
RESOURCES = ("out", "src/main/resources", "src/test/resources")
RECORD = "BackfeedRecord.java"
BARE = "Solution"  # the type that bare methods are given
# How tests say what they expect, in any of the libraries for that.
_ASSERTS = re.compile(
    r"\b(assert|verify|expect|andExpect)\w*\s*\(|\bfail\s*\(|\bexpected\s*=|\bassert\b"
)
# A method that is sought in a type of the packages for tests, and is not there.
_TOO_OLD = re.compile(
    r": error: cannot find symbol\n.*\n.*\n\s*symbol: +method .*\n"
    r"\s*location: \w+ \w*Assert(ions)?\b"
)
# What a program says that loads by name what is not there, or has no screen.
_ABSENT = re.compile(
    r"(?:ClassNotFoundException|NoClassDefFoundError): ((?:com|org|net|io|oracle)[./][\w./$]+)"
    r"|No suitable driver found for (jdbc:\w+)|java\.awt\.(HeadlessException)"
)


class _Java(Cutting):
    """The plug-in."""

    language = "java"
    looks_beside = True
    hello = "class Main { public static void main(String[] words) {} }\n"
    version = f"1 {_java_check.VERSION}"
    kinds = ("script", "stdio", "junit")
    frameworks = ("junit",)
    answer_file, test_file = "src/main/java/Solution.java", "src/test/java/SolutionTest.java"

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What javac says of each snippet, apart from names that others would bring."""
        return (yield from _java_check.check(batch))

    def run_job(self, code: str, stdin: str = "") -> Job:
        """A job that builds a program and runs it."""
        code = _java_source.wrapped(code)
        main = _java_source.placed("Main.java", code)
        command = (*RUN, "-cp", "out", _java_source.main_of(code))
        return Job((main,), command, stdin, build=_build([main.path]))

    def test_job(self, spec: Plain, extra: tuple[File, ...] = ()) -> Job:
        """A job that runs an answer and one test, which has a `main`, in one program."""
        [test] = spec["tests"]
        answer, asked = test["setup"] + spec["code"], _java_source.wrapped(test["code"])
        if _java_source.loose(answer) == "members":
            answer, asked = _java_source.wrapped(answer, BARE), _java_source.heir(asked, BARE)
        code = _java_source.joined(answer, asked)
        main = _java_source.placed("Main.java", code)
        own = _record.guests([RECORD, "BackfeedMain.java"], WORD=_record.word_of("java", code))
        words = (
            _java_source.full_name(code, _java_source.main_of(asked).rpartition(".")[2]),
            main.path, str(answer.count("\n") + 1), str(self.guards(test["code"])),
        )  # fmt: skip
        return Job(
            files=(*extra, main, *own),
            command=(*RUN, "-ea", "-cp", "out", "BackfeedMain", *words),
            report=True,
            build=_build([main.path, *(file.path for file in own)]),
        )

    def framework_job(
        self, framework: str, answer: tuple[File, ...], tests: tuple[File, ...]
    ) -> Job:
        """A job that runs test files on an answer's files. Each test counts, if any asserts."""
        del framework
        answers = tuple(map(_placed, answer))
        checks = tuple(_placed(file) if file.path.endswith(".java") else file for file in tests)
        texts = [file.text for file in (*answers, *checks)]
        own = _record.guests([RECORD, "BackfeedTests.java"], WORD=_record.word_of(*texts))
        files = {file.path: file for file in (*answers, *checks, *own)}
        names = [
            _java_source.full_name(file.text, one.name)
            for file in checks if file.path.endswith(".java")
            for one in _java_source.types(file.text)
        ]  # fmt: skip
        old = re.search(r"\borg\.junit\.(?!jupiter|platform)", "\n".join(texts))
        said = (_tree.without_comments("java", file.text) for file in checks)
        counts = "1" if any(map(_ASSERTS.search, said)) else "0"
        jars = [f"{JARS}/{name}.jar" for name in (*JUNIT, *(JUNIT_4 if old else ()))]
        paths = [path for path in files if path.endswith(".java")]
        return Job(
            files=tuple(files.values()),
            command=(
                *RUN,
                "-ea",
                "-cp",
                ":".join([*RESOURCES, *jars]),
                "BackfeedTests",
                counts,
                *names,
            ),
            report=True,
            build=_build(paths, ":".join(jars)),
        )

    def lacking(self, job: Job, outcome: Outcome) -> str:
        """Why a program that failed says nothing of its answer; empty if it does."""
        del job
        if outcome.verdict == "CE":
            return lack(lacking(outcome.stderr))
        return lack(_at_run(outcome.stderr) if outcome.verdict == "RE" else "")

    def results(self, job: Job, outcome: Outcome) -> list[Plain]:
        """What the tests came to; a package that is not there is a lack of the sandbox's."""
        if outcome.verdict == "CE" and (absent := lacking(outcome.stderr)):
            return _record.lacks(absent)
        return _record.read(outcome.report, _record.word_in(job, RECORD))


def _build(paths: Sequence[str], jars: str = "none") -> Build:
    """Build these files, and those beside them that they use."""
    where = ("-cp", jars, "-sourcepath", ":".join(SOURCES))
    return Build(command=(*COMPILE, *where, *paths), outputs=("out",))


def _placed(file: File) -> File:
    return _java_source.placed(file.path, file.text) if file.path.endswith(".java") else file


def lacking(said: str) -> str:
    """The package for want of which alone a program was not built; empty if it was something else.

    Where one is missing, so are the names that it would have brought. An older one lacks some.
    """
    absent = [
        name
        for name, line in re.findall(r": error: package (\S+) does not exist\n(.*)", said)
        if _java_check.is_absent(name, line)
    ]
    errors = re.findall(r"^\S+\.java:\d+: error: (.*)", said, re.MULTILINE)
    rest = [one for one in errors if not re.match(_java_check.FOLLOWS, one)]
    if not absent and errors and len(_TOO_OLD.findall(said)) == len(errors):
        return "a newer org.assertj or org.junit"
    return absent[0] if absent and not rest else ""


def _at_run(said: str) -> str:
    """The class, the driver or the screen for want of which a program ended."""
    found = _ABSENT.search(said)
    return next(filter(None, found.groups()), "") if found else ""


PLUGIN = _Java()
