"""The files of a tree as samples: the code of one file each, with where it is from."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import PurePosixPath

from backfeed.engine import grammar
from backfeed.engine.contracts import ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.methods.licence_texts import of_head
from backfeed.engine.methods.licences import combined
from backfeed.engine.methods.seed_rules import head_comments
from backfeed.engine.records import File, Origin, Sample
from backfeed.engine.sources._licences import Licences
from backfeed.engine.sources._tree import Entry, Tree

_FAULTS = {
    "link": "a symbolic link, which is not followed",
    "special": "not a regular file",
    "unreadable": "it may not be read",
}


def samples(
    tree: Tree, base: Origin, rules: ReadRules, *, stated: Sequence[str] = ()
) -> Iterator[Sample]:
    """Every code file of a tree, in order of path; those that cannot be used are rejected.

    What is no code by its name is passed over. `base` says where the tree is from, `stated` which
    licences are stated of the whole of it. Raises `InputError` if no file is in a language that the
    rules ask for.
    """
    entries = tree.entries()
    licences = Licences(tree, entries, stated)
    places = {entry.path: entry for entry in entries}
    count = 0
    for entry in code_entries(tree, entries, rules):
        for sample in _of_entry(tree, entry, rules):
            count += 1
            origin = sample.origin
            licence = licences.of(entry.path, origin.licence)
            support = tuple(_beside(tree, places, (entry, sample), rules=rules))
            yield sample.but(support=support, origin=replace(
                base, path=entry.path, licence=licence, sha256=origin.sha256,
                first_line=origin.first_line, last_line=origin.last_line,
            ))  # fmt: skip
    if not count:
        raise no_source(base.source, rules.languages)


def code_entries(tree: Tree, entries: Sequence[Entry], rules: ReadRules) -> Iterator[Entry]:
    """The files that may be code in a language asked for: by name, or by their first line."""
    for entry in entries:
        claimed = grammar.claimants(entry.path)
        if claimed:
            if not rules.languages or set(claimed) & set(rules.languages):
                yield entry
        elif _may_be_script(tree, entry):
            yield entry


def no_source(where: str, languages: Sequence[str] = ()) -> InputError:
    """The complaint about a source without a file for us."""
    known = grammar.grammars()
    looked = [ext for name in languages if name in known for ext in known[name].extensions]
    listed = ", ".join(looked or languages or known)
    return InputError(
        f"no source file in {where}, looked for {listed}; name a folder that has some"
    )


def code_of(data: bytes, rules: ReadRules) -> tuple[str, str]:
    """The text of a file, or else why there is none: too-big, binary, encoding."""
    if len(data) > rules.max_bytes:
        return "", "too-big"
    if b"\0" in data[:8192]:
        return "", "binary"
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n"), ""
    except UnicodeDecodeError:
        return "", "encoding"


def sample_of(text: str, language: str) -> Sample:
    """A code sample; its origin says the lines, and the licence that the text itself states."""
    known = grammar.grammars().get(language)
    stated = of_head(head_comments(text, known.marks)) if known else []
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    origin = Origin(
        first_line=min(1, lines), last_line=lines, licence=combined(stated) if stated else ""
    )
    return Sample(kind="code", language=language, code=text, origin=origin)


def _of_entry(tree: Tree, entry: Entry, rules: ReadRules) -> Iterator[Sample]:
    """The sample of a file; none if its text shows that it is no code, or of another language."""
    guess = next(iter(grammar.claimants(entry.path)), "")
    if entry.fault:
        yield Sample(language=guess).no("read", entry.fault, _FAULTS[entry.fault])
        return
    if entry.size > rules.max_bytes:
        detail = f"{entry.size:,} bytes, the limit is {rules.max_bytes:,}"
        yield Sample(language=guess).no("read", "too-big", detail)
        return
    try:
        data = tree.bytes_of(entry)
    except OSError as error:
        yield Sample(language=guess).no("read", "unreadable", error.strerror or str(error))
        return
    text, fault = code_of(data, rules)
    mark = Origin(sha256=sha256(data).hexdigest())
    if fault:
        detail = {"encoding": "not UTF-8", "binary": "it holds zero bytes"}.get(fault, "")
        yield Sample(language=guess, origin=mark).no("read", fault, detail)
        return
    language = grammar.language_of(entry.path, text)
    if language and (not rules.languages or language in rules.languages):
        sample = sample_of(text, language)
        yield sample.but(origin=replace(sample.origin, sha256=mark.sha256))


def _beside(
    tree: Tree, places: Mapping[str, Entry], one: tuple[Entry, Sample], *, rules: ReadRules
) -> Iterator[File]:
    """The files beside a file in which its language has tests of it."""
    entry, sample = one
    known = grammar.grammars().get(sample.language)
    path = PurePosixPath(entry.path)
    for pattern in known.cut.beside if known and sample.rejected is None else ():
        other = places.get(str(path.with_name(pattern.replace("@", path.stem))))
        if other is None or other.fault or other.size > rules.max_bytes:
            continue
        with suppress(OSError):
            text, _ = code_of(tree.bytes_of(other), rules)
            yield File(other.path, text)


def _may_be_script(tree: Tree, entry: Entry) -> bool:
    """Has a file without an extension a first line that names an interpreter?"""
    if PurePosixPath(entry.path).suffix or entry.fault or not 0 < entry.size <= 1 << 16:
        return False
    try:
        head = tree.bytes_of(entry)[:200]
    except OSError:
        return False
    return head.startswith(b"#!") and bool(
        grammar.language_of("x", head.decode("utf-8", "replace"))
    )
