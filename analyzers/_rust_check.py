"""What rustc says of many snippets: as modules of one crate, round by round without those minded.

What it says of a module is what it says of the file alone, but where the text or the message names
the crate that it is in: those are looked at one by one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import tree_sitter

from backfeed.analyzers import _batch, _record, _rust_outcome, _tree
from backfeed.engine.errors import AskFailed, Refused
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Job, Limits, Outcome

Plain = dict[str, Any]
_FLAGS = (
    "--crate-type", "lib", "--emit=metadata", "-A", "warnings", "--error-format=json",
    "-L", "/usr/local/lib/backfeed/rust",
    "--extern", "md5", "--extern", "rand", "--extern", "regex",
)  # fmt: skip
VERSION = "3"
ROUNDS, EACH = 6, 10  # snippets of one job, where each is looked at alone
_ITEM = re.compile(r"\w+_(?:item|definition|comment|invocation)|(?:use|extern_crate)_declaration")
_METHOD = "struct BackfeedSelf; impl BackfeedSelf {"
_ELSEWHERE = re.compile(r"`(?:crate|super)(?:::|`)")
_BODY = "fn backfeed() {"
# What has another meaning in a module than in a crate of its own, and where the module is named.
_OF_CRATE = re.compile(r"\bcrate\b|\bsuper\b|#\s*!\s*\[|\bmacro_(?:use|export)\b|\bmod\s+\w+\s*;")
_MODULE = re.compile(r"\b(?:crate::)?s_\d{6}_\w+::")
_NAMED = re.compile(r"\bs_\d{6}_\w+\b(?!\.rs)")
_FILE = re.compile(r"\bs_\d{6}\w*\.rs\b")
_LATER = "Rust 2024 or later"
_FOLLOWS = re.compile(r"type annotations needed|module `rng` is private")
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


def _is_broken(text: str) -> bool:
    return _tree.tree("rust", _tree.encoded(text)).root_node.has_error


def checked(codes: list[str]) -> Asks[list[Plain] | None]:
    """An analysis for each text; None without the compiler."""
    texts = {n: wrapped(_tree.without_comments("rust", code)) for n, code in enumerate(codes)}
    told = {n: "" for n, text in texts.items() if _is_broken(text)}  # it would end each round
    left = {n: text for n, text in texts.items() if n not in told}
    try:
        for _ in range(ROUNDS):
            minded = yield from _round(left)
            left = {n: text for n, text in left.items() if n not in minded}
            told |= minded
            if not minded or not left:
                break
        else:
            told |= dict.fromkeys(left, "")
    except Refused:
        return None
    rest = [n for n, said in told.items() if not said]
    found = yield from _one_by_one([texts[n] for n in rest])
    if found is None:
        return None
    told |= dict(zip(rest, found, strict=True))
    return [_judged(told.get(n, ""), texts[n]) for n in range(len(codes))]


def _round(texts: Mapping[int, str]) -> Asks[dict[int, str]]:
    """What the compiler says of those that it minds in one crate of all; nothing of those that it
    must see alone, which is all of them where it says nothing of use.
    """
    if not texts:
        return {}
    word = _record.word_of("rust", *texts.values())  # none can be included by another
    names = {n: f"s_{n:06d}_{word}" for n in texts}
    modules = "\n".join(f'#[path = "{name}.rs"] mod {name};' for name in names.values())
    crate = File(f"all_{word}.rs", modules)
    files = (*(File(f"{names[n]}.rs", text) for n, text in texts.items()), crate)
    cpu_s = 0.05 * len(texts) + 20
    limits = Limits(cpu_s=cpu_s, wall_s=3 * cpu_s, memory_mb=2048, output_kb=16 * 1024, disk_mb=512)
    called = f"rustc --edition 2021 {' '.join(_FLAGS)} -o all.rmeta {crate.path}"
    command = ("sh", "-c", f'{called} 2>&1 </dev/null; echo "== $?"')  # a long output is kept so
    try:
        outcome: Outcome = yield from Job(files=files, command=command, limits=limits)
    except Refused:
        raise
    except AskFailed:  # it was cut short
        return dict.fromkeys(texts, "")
    status = outcome.stdout.rpartition("== ")[2].strip()
    if status == "127":
        raise Refused("no-command", "the sandbox has no program 'rustc'")
    if outcome.verdict == "AC" and status == "0":
        return {}
    found = _by_file(outcome.stdout, texts) if status == "1" else {}
    return found or dict.fromkeys(texts, "")


def _by_file(output: str, texts: Mapping[int, str]) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    unsure = {n for n, text in texts.items() if _OF_CRATE.search(text)}
    for item in _errors(_MODULE.sub("", output)):
        names = [re.match(r"s_(\d{6})_\w+\.rs$", span["file_name"]) for span in item["spans"]]
        numbers = {int(name[1]) for name in names if name} & texts.keys()
        if len(numbers) > 1 or _NAMED.search(item["message"]) or _LATER in item["message"]:
            unsure |= numbers
        for n in numbers:
            found.setdefault(n, []).append(json.dumps(item))
    return {n: "" if n in unsure else "\n".join(said) for n, said in found.items()}


def _one_by_one(texts: list[str]) -> Asks[list[str] | None]:
    if not texts:
        return []
    called = f"rustc {' '.join(_FLAGS)} -o one.rmeta"
    script = (
        'for f in s_*.rs; do\necho "== $f"\n'
        f'said=$({called} --edition 2021 "$f" 2>&1 </dev/null); code=$?\n'
        f'case "$said" in *"{_LATER}"*) '
        f'said=$({called} --edition 2024 "$f" 2>&1 </dev/null); code=$? ;; esac\n'
        'printf "%s\\n== %s\\n" "$said" "$code"\ndone\n'
    )
    word = f"_{_record.word_of('rust', *texts)}"
    cpu_s = 0.5 * len(texts) + 20
    found = yield from _batch.told(texts, ".rs", script, cpu_s=cpu_s, word=word, most=EACH)
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
    """What is said of one snippet. What needs a crate that is not there is not known.

    Nor is what this compiler calls unstable (E0658): another one may know it.
    """
    findings, lacks = [], _is_of_versions(output)
    before = next((len(one) + 1 for one in (_METHOD, _BODY) if text.startswith(one)), 0)
    for item in _errors(output):
        place = next((one for one in item["spans"] if one["is_primary"]), item["spans"][0])
        shift = before if place["line_start"] == 1 else 0
        code, message = (item["code"] or {}).get("code", ""), item["message"]
        lacks = lacks or code in ("E0583", "E0658") or bool(_rust_outcome.lacking(code, message))
        lacks = lacks or (code in ("E0432", "E0433") and bool(_ELSEWHERE.search(message)))
        findings.append({
            "rule": code or _rule(message), "level": "error",
            "message": _FILE.sub("snippet.rs", message)[:300],
            "line": place["line_start"], "column": max(place["column_start"] - shift, 0),
        })  # fmt: skip
    syntax = any(one["rule"] == "syntax" for one in findings)
    unknown = (lacks or text.startswith(_METHOD)) and not syntax
    if findings and not unknown:
        return _batch.analysis("rustc", VERSION, word="invalid", findings=findings)
    if output.rpartition("\n")[2].startswith(_BROKEN) and not findings:
        findings, unknown = [_note(output)], True
    sure = _sure(output, text) if unknown else set()
    told = [{**one, "level": "error" if n in sure else "note"} for n, one in enumerate(findings)]
    word = "invalid" if sure else "unknown" if unknown and told else "ok"
    return _batch.analysis("rustc", VERSION, word=word, findings=told)


def _sure(output: str, text: str) -> set[int]:
    """Which errors are faults whatever a crate that is not there would bring."""
    told = [(item["code"] or {}, _with_labels(item)) for item in _errors(output)]
    named = [(code.get("code", ""), labels) for code, labels in told]
    said = [text, *(labels for _, labels in told)]
    apart = any(code in ("E0583", "E0658") for code, _ in named)
    whole = "\n".join(said)
    spreads = _rust_outcome.spreads(whole) or bool(_ELSEWHERE.search(whole))
    if apart or spreads or text.startswith(_METHOD):
        return set()
    return {n for n, one in enumerate(named) if _rust_outcome.is_sure(*one)}


def _with_labels(item: Plain) -> str:
    return "\n".join([item["message"], *(span.get("label") or "" for span in item["spans"])])


def _is_of_versions(output: str) -> bool:
    """Does all that is wrong come of another version of a crate than the one that is there?"""
    others = [_with_places(item) for item in _errors(output)]
    named = [_rust_outcome.of_version(text) for text in others if not _FOLLOWS.match(text)]
    return bool(named) and all(named)


def _with_places(item: Plain) -> str:
    """What is said, and where: `--> FILE`."""
    spans = [span for part in (item, *item.get("children", ())) for span in part["spans"]]
    return "\n".join([item["message"], *(f" --> {span.get('file_name')}:1" for span in spans)])


def _rule(message: str) -> str:
    return "unresolved" if message.startswith("cannot find") else "syntax"


def _note(output: str) -> Plain:
    said = output[-200:].strip()
    return {"rule": "not-analyzed", "level": "note", "message": said, "line": 0, "column": 0}
