"""How programs of Go are built: by the compiler itself where that will do, else by `go`."""

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from backfeed.analyzers import _go_source, _record
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Limits

LIMITS = Limits(
    cpu_s=30.0, wall_s=60.0, memory_mb=2048, processes=256, file_mb=128, disk_mb=512, inodes=16384
)
PROGRAM = ("go", "build", "-o", "main", "-ldflags=-s -w")
TESTS = ("go", "test", "-c", "-vet=off", "-o", "main", "-ldflags=-s -w")
SCRIPT = "backfeed_build.sh"
_RUNNER, _TESTED = "backfeed_program/main.go", '\ttested "backfeed/tested"\n'
# Go's own file of settings in the home inside.
_SETTINGS = """\
CGO_ENABLED={cgo}
GOCACHE=/tmp/go
GO111MODULE={modules}
GOPATH=/usr/local/lib/backfeed/go:/usr/share/gocode
GOPROXY=off
GOSUMDB=off
GOTELEMETRY=off
GOTOOLCHAIN=local
"""
# What the go command looks at before it compiles.
_CHOSEN = re.compile(r"^//\s*(?:go:(?:build|linkname|cgo_\w+)|\+build)\b", re.MULTILINE)
_APART = re.compile(
    r"(?:^|/)[_.][^/]*$|_(?:linux|windows|darwin|\w*bsd|js|wasm|wasip1|unix|amd64|386|arm|arm64)"
    r"(?:_test)?\.go$"
)


def settings(files: Sequence[File], modules: str = "off") -> File:
    """Go's settings. What no file asks C for is built without it."""
    cgo = any('"C"' in file.text for file in files)
    return File(".config/go/env", _SETTINGS.format(modules=modules, cgo=int(cgo)))


def program(file: File) -> tuple[Build, tuple[File, ...]]:
    """The build of a program that is one file, and the files that it needs besides."""
    road = "program" if _is_plain([file]) else "command"
    return _build(road, (file.path,), (*PROGRAM, file.path)), _record.guests([SCRIPT])


def suite(package: Sequence[File], folder: str = "") -> tuple[Build, tuple[File, ...]]:
    """The build of a package with its tests, and the files that it needs besides.

    With a folder, what else lies there belongs to it.
    """
    paths, made = tuple(file.path for file in package), _record.guests([SCRIPT])
    command = (*TESTS, f"./{folder}") if folder else (*TESTS, *paths)
    told = _listed(package) if _is_plain(package) else None
    if told is None:
        return _build("command", (), command), made
    [runner] = _record.guests(["backfeed_program.go"], TESTS=told[0], EXAMPLES=told[1])
    text, road = runner.text, "tests"
    if folder:
        road, paths = "folder", (folder,)
    elif _may_be_one(package):
        text, road = text.replace(_TESTED, "").replace("tested.", ""), "program"
    return _build(road, (_RUNNER, *paths), command), (*made, File(_RUNNER, text))


def _may_be_one(package: Sequence[File]) -> bool:
    """Can the program that runs tests be part of their package, since that has no main?"""
    names = (name for file in package for name, _ in _go_source.functions(file.text))
    return _go_source.outline(package[0].text).package == "main" and "main" not in names


def _build(road: str, paths: tuple[str, ...], command: tuple[str, ...]) -> Build:
    whole = ("sh", SCRIPT, "go", road, *paths, "--", *command)
    return Build(command=whole, outputs=("main",), limits=LIMITS)


def _is_plain(files: Sequence[File]) -> bool:
    """Is this one package, of which the compiler takes all and needs nothing else?"""
    packages = set()
    for file in files:
        found = _go_source.outline(file.text)
        packages.add(found.package)
        paths = [one.said.split()[-1].strip('"`') for one in found.imports]
        special = any({"C", "embed", "internal"} & set(path.split("/")) for path in paths)
        if special or _CHOSEN.search(file.text) or _APART.search(file.path) or " " in file.path:
            return False
    return len(packages) == 1 and "" not in packages


def _listed(package: Sequence[File]) -> tuple[str, str] | None:
    """The tests and the examples of files of tests; none if they are run by what they bring."""
    sources = [file.text for file in package if file.path.endswith("_test.go")]
    names = [name for text in sources for name, _ in _go_source.functions(text)]
    if any(is_named("Fuzz", name) for name in names) or names.count("TestMain") != 1:
        return None
    ran = [name for name in names if is_named("Test", name) and name != "TestMain"]
    tests = ", ".join(f'{{"{name}", tested.{name}}}' for name in ran)
    shown = [one for text in sources for one in _go_source.examples(text)]
    examples = ", ".join(
        f'{{"{one.name}", tested.{one.name}, {json.dumps(one.output, ensure_ascii=False)}, '
        f"{str(one.unordered).lower()}}}"
        for one in shown
    )
    return tests, examples


def is_named(kind: str, name: str) -> bool:
    """Does the go command take a function of this name for one of a kind?"""
    rest = name.removeprefix(kind)
    return name.startswith(kind) and not rest[:1].islower()


def in_folder(files: Sequence[File], folder: str) -> list[File]:
    """The files of Go in a folder."""
    return [
        file for file in files
        if file.path.endswith(".go") and str(PurePosixPath(file.path).parent) == folder
    ]  # fmt: skip
