"""What rustc says of many snippets: as modules of one crate, those that it minds one by one."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import tree_sitter

from backfeed.analyzers import _batch, _rust_outcome, _tree
from backfeed.engine.errors import AskFailed, Refused
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Job, Limits, Outcome

Plain = dict[str, Any]
_FLAGS = (
    "--crate-type", "lib", "--emit=metadata", "-A", "warnings", "--error-format=json",
    "-L", "/usr/local/lib/backfeed/rust",
    "--extern", "md5", "--extern", "rand", "--extern", "regex",
)  # fmt: skip
VERSION = "1"
ROUNDS = 6
_ITEM = re.compile(r"\w+_(?:item|definition|comment|invocation)|(?:use|extern_crate)_declaration")
_METHOD = "struct BackfeedSelf; impl BackfeedSelf {"
_ELSEWHERE = re.compile(r"`(?:crate|super)(?:::|`)")
_BODY = "fn backfeed() {"
_LATER = "Rust 2024 or later"
_BROKEN = "rustc ended with"


def edition(code: str) -> str:
    """The edition that a text asks for by its form: the latest only where it must be."""
    return (
        "2024"
        if re.search(r"\b(?:if|while)\s[^{;]*(?:\blet\b[^{;]*&&|&&\s*let\b)", code)
        else "2021"
    )


def wrapped(code: str) -> str:
    """A snippet as items: bare statements lie in a function, bare methods in a type."""
    nodes = _tree.tree("rust", _tree.encoded(code)).root_node.named_children
    if any(_has_self(node) for node in nodes):
        return f"{_METHOD} {code}\n}}"
    return f"{_BODY} {code}\n}}" if is_bare(code) else code


def is_bare(code: str) -> bool:
    """Are there statements that lie in no function? Calls of macros may be items beside others."""
    nodes = _tree.tree("rust", _tree.encoded(code)).root_node.named_children
    other = [one for one in nodes if not _ITEM.fullmatch(one.type) and not one.is_error]
    other = [one for one in other if one.type != "empty_statement"]
    calls = [one for one in other if one.named_children[:1] and _is_call(one)]
    items = any(one.type.endswith("_item") for one in nodes)
    return len(other) > len(calls) or bool(calls and not items)


def _is_call(node: tree_sitter.Node) -> bool:
    return node.type == "expression_statement" and node.named_children[0].type == "macro_invocation"


def _has_self(node: tree_sitter.Node) -> bool:
    given = node.child_by_field_name("parameters") if node.type == "function_item" else None
    return any(one.type == "self_parameter" for one in (given.children if given else ()))


def checked(codes: list[str]) -> Asks[list[Plain] | None]:
    """An analysis for each text; None without the compiler."""
    texts = {n: wrapped(_tree.without_comments("rust", code)) for n, code in enumerate(codes)}
    left = dict(texts)
    try:
        for _ in range(ROUNDS):
            minded = yield from _round(left)
            left = {n: text for n, text in left.items() if n not in minded}
            if not minded or not left:
                break
        else:
            left = {}
    except Refused:
        return None
    rest = [n for n in texts if n not in left]
    if not rest:
        return [_judged("", "") for _ in codes]
    found = yield from _one_by_one([texts[n] for n in rest])
    if found is None:
        return None
    told = dict(zip(rest, found, strict=True))
    return [_judged(told.get(n, ""), texts[n]) for n in range(len(codes))]


def _round(texts: Mapping[int, str]) -> Asks[set[int]]:
    """Those that the compiler minds in one crate of all; all where it says nothing of use."""
    if not texts:
        return set()
    modules = "\n".join(f'#[path = "s_{n:06d}.rs"] mod s_{n:06d};' for n in texts)
    files = (*(File(f"s_{n:06d}.rs", text) for n, text in texts.items()), File("all.rs", modules))
    cpu_s = 0.05 * len(texts) + 20
    limits = Limits(cpu_s=cpu_s, wall_s=3 * cpu_s, memory_mb=2048, output_kb=16 * 1024, disk_mb=512)
    called = f"rustc --edition 2021 {' '.join(_FLAGS)} -o all.rmeta all.rs"
    command = ("sh", "-c", f'{called} 2>&1 </dev/null; echo "== $?"')  # a long output is kept so
    try:
        outcome: Outcome = yield from Job(files=files, command=command, limits=limits)
    except Refused:
        raise
    except AskFailed:  # it was cut short
        return set(texts)
    status = outcome.stdout.rpartition("== ")[2].strip()
    if status == "127":
        raise Refused("no-command", "the sandbox has no program 'rustc'")
    found = {
        int(name)
        for item in _errors(outcome.stdout)
        for span in item["spans"]
        for name in re.findall(r"^s_(\d{6})\.rs$", span["file_name"])
    }
    if outcome.verdict == "AC" and status == "0":
        return set()
    return (found & texts.keys() if status == "1" else set()) or set(texts)


def _one_by_one(texts: list[str]) -> Asks[list[str] | None]:
    called = f"rustc {' '.join(_FLAGS)} -o one.rmeta"
    script = (
        'for f in s_*.rs; do\necho "== $f"\n'
        f'said=$({called} --edition 2021 "$f" 2>&1 </dev/null); code=$?\n'
        f'case "$said" in *"{_LATER}"*) '
        f'said=$({called} --edition 2024 "$f" 2>&1 </dev/null); code=$? ;; esac\n'
        'printf "%s\\n== %s\\n" "$said" "$code"\ndone\n'
    )
    found = yield from _batch.told(texts, ".rs", script, cpu_s=0.5 * len(texts) + 20)
    if found is None:
        return None
    return [said if status in (0, 1) else f"{said}\n{_BROKEN} {status}" for said, status in found]


def _errors(output: str) -> Iterator[Plain]:
    for line in output.splitlines():
        try:
            item = json.loads(line) if line.startswith("{") else {}
        except ValueError:
            continue
        if item.get("level", "").startswith("error") and item["spans"]:
            yield item


def _judged(output: str, text: str) -> Plain:
    """What is said of one snippet. What needs a crate that is not there is not known."""
    findings, lacks = [], False
    before = next((len(one) + 1 for one in (_METHOD, _BODY) if text.startswith(one)), 0)
    for item in _errors(output):
        place = next((one for one in item["spans"] if one["is_primary"]), item["spans"][0])
        shift = before if place["line_start"] == 1 else 0
        code, message = (item["code"] or {}).get("code", ""), item["message"]
        lacks = lacks or code == "E0583" or bool(_rust_outcome.lacking(code, message))
        lacks = lacks or (code in ("E0432", "E0433") and bool(_ELSEWHERE.search(message)))
        findings.append({
            "rule": code or _rule(message), "level": "error", "message": message[:300],
            "line": place["line_start"], "column": max(place["column_start"] - shift, 0),
        })  # fmt: skip
    syntax = any(one["rule"] == "syntax" for one in findings)
    unknown = (lacks or text.startswith(_METHOD)) and not syntax
    if findings and not unknown:
        return _batch.analysis("rustc", VERSION, word="invalid", findings=findings)
    if output.rpartition("\n")[2].startswith(_BROKEN) and not findings:
        findings, unknown = [_note(output)], True
    notes = [{**one, "level": "note"} for one in findings]
    word = "unknown" if unknown and notes else "ok"
    return _batch.analysis("rustc", VERSION, word=word, findings=notes)


def _rule(message: str) -> str:
    return "unresolved" if message.startswith("cannot find") else "syntax"


def _note(output: str) -> Plain:
    said = output[-200:].strip()
    return {"rule": "not-analyzed", "level": "note", "message": said, "line": 0, "column": 0}
