"""What people start once per snippet: the usual tools of each language, and those that we use."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backfeed.analyzers import _java_check, _record, _rust_check, _tsc
from backfeed.analyzers._node import REJECT
from backfeed.analyzers._python_types import _RULES
from backfeed.analyzers.c import PLUGIN as C
from backfeed.analyzers.python import REJECT as RUFF_RULES

HERE = Path(sys.executable).parent
PARSE = "import sys; compile(open(sys.argv[1]).read(), 'snippet.py', 'exec')"
PACKAGES = ("eslint@9", "@eslint/js@9", "globals@16", "typescript@5.9")
ESLINT = """\
import js from "@eslint/js";
import globals from "globals";
export default [js.configs.recommended, {languageOptions: {globals: {...globals.node}}}];
"""
SUFFIX = {
    "python": ".py", "javascript": ".js", "typescript": ".ts", "java": ".java", "go": ".go",
    "rust": ".rs", "c": ".c",
}  # fmt: skip

Command = list[str]


@dataclass(frozen=True, slots=True)
class Rival:
    """Commands that are started for one file, each with `FILE` in it; and tools that are absent."""

    name: str
    commands: tuple[Command, ...]
    absent: tuple[str, ...] = ()


def installed(folder: Path) -> Path | None:
    """A folder with eslint and tsc 5.9, from npm; None where that cannot be."""
    if (folder / "node_modules" / "eslint").is_dir():
        return folder
    if not shutil.which("npm"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    return folder if done.returncode == 0 else None


def usual(language: str, node: Path | None, scratch: Path) -> Rival:
    """The tools that are usual for a language."""
    absent: list[str] = []
    wanted = _USUAL[language](node, scratch)
    commands = []
    for command in wanted:
        tool = command[1] if command[0] == "node" else command[0]
        if shutil.which(command[0]) and (tool == command[0] or Path(tool).exists()):
            commands.append(command)
        else:
            absent.append(_name(command))
    name = " + ".join(_name(command) for command in commands)
    return Rival(name, tuple(commands), tuple(absent))


def _name(command: Command) -> str:
    return Path(command[1] if command[0] == "node" else command[0]).name.removesuffix(".js")


def _python(_node: Path | None, _scratch: Path) -> list[Command]:
    return [
        [str(HERE / "ruff"), "check", "--isolated", "--no-cache", "--quiet", "FILE"],
        [str(HERE / "pylint"), "--rcfile=/dev/null", "-f", "json2", "FILE"],
    ]


def _javascript(node: Path | None, scratch: Path) -> list[Command]:
    folder = node or Path("/absent")
    config = folder / "eslint.config.mjs"
    if node:
        config.write_text(ESLINT, encoding="utf-8")
    del scratch
    eslint = str(folder / "node_modules" / "eslint" / "bin" / "eslint.js")
    return [["node", eslint, "--no-inline-config", "-c", str(config), "FILE"]]


def _typescript(node: Path | None, _scratch: Path) -> list[Command]:
    tsc = str((node or Path("/absent")) / "node_modules" / "typescript" / "lib" / "tsc.js")
    return [["node", tsc, "--noEmit", "--skipLibCheck", "--target", "es2022", "FILE"]]


_USUAL: Mapping[str, Callable[[Path | None, Path], list[Command]]] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _typescript,
    "java": lambda _node, scratch: [
        ["javac", "-proc:none", "-d", str(scratch / "classes"), "FILE"]
    ],
    "go": lambda _node, _scratch: [["go", "vet", "FILE"]],
    "rust": lambda _node, scratch: [_rustc(scratch)],
    "c": lambda _node, _scratch: [["gcc", "-Wall", "-O1", "-S", "-o", "/dev/null", "FILE"]],
}


def _rustc(scratch: Path) -> Command:
    flags = [*_rust_check._FLAGS, "--edition", "2021"]
    return ["rustc", *flags, "-o", str(scratch / "one.rmeta"), "FILE"]


def same(language: str, scratch: Path) -> Rival:
    """The tools that we use, and no more of them; ours are made ready before."""
    return Rival("the same as ours", tuple(_SAME[language](scratch)))


def _same_python(_scratch: Path) -> list[Command]:
    rules = [word for rule in _RULES for word in ("--error", rule)]
    return [
        [sys.executable, "-I", "-c", PARSE, "FILE"],
        [str(HERE / "ruff"), "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet",
         "--target-version", "py313", "--select", ",".join(RUFF_RULES), "FILE"],
        [str(HERE / "ty"), "check", "--no-progress", "--ignore", "all", *rules, "FILE"],
    ]  # fmt: skip


def _same_script(_scratch: Path, *flags: str) -> list[Command]:
    rules = [word for rule in REJECT for word in ("-D", rule)]
    libraries = ("--lib", "es2023,dom,dom.iterable")
    return [
        [str(HERE / "oxlint"), "-A", "all", *rules, "FILE"],
        [_tsc._TSC, *_tsc._FLAGS, *_tsc.LAX, *libraries, *flags, "FILE"],
    ]


def _same_java(scratch: Path) -> list[Command]:
    [guest] = _record.guests([_java_check._GUEST])
    (scratch / guest.path).write_text(guest.text, encoding="utf-8")
    _ready(["javac", *_java_check._INSIDE, "-d", "out", guest.path], scratch)
    options = [
        *_java_check._OPTIONS,
        *_java_check._INSIDE,
        "-cp",
        str(scratch / "out"),
        "BackfeedCheck",
    ]
    return [["sh", "-c", 'base64 -w0 <"$1" | { shift; "$@"; }', "sh", "FILE", "java", *options]]


def _same_go(scratch: Path) -> list[Command]:
    [guest] = _record.guests(["backfeed_check.go"])
    (scratch / guest.path).write_text(guest.text, encoding="utf-8")
    _ready(["go", "build", "-o", "checker", guest.path], scratch)
    text = "import json, sys; print(json.dumps([open(sys.argv[1]).read()]))"
    call = f"{sys.executable} -I -c '{text}' \"$1\" | {scratch}/checker"
    return [["sh", "-c", call, "sh", "FILE"]]


def _ready(command: Command, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


_SAME: Mapping[str, Callable[[Path], list[Command]]] = {
    "python": _same_python,
    "javascript": lambda scratch: _same_script(scratch, "--allowJs", "--checkJs"),
    "typescript": _same_script,
    "java": _same_java,
    "go": _same_go,
    "rust": lambda scratch: [_rustc(scratch)],
    "c": lambda _scratch: [["gcc", *C.checks, "FILE"]],
}
