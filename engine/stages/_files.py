"""Answers of several files: which one is the code that is judged, and what lies beside it."""

from backfeed.engine import languages
from backfeed.engine.grammar import claimants, grammars
from backfeed.engine.methods.seed_rules import of_tests
from backfeed.engine.records import File, Sample


def main_file(sample: Sample) -> File:
    """The longest of the sample's files that is source code of its language, and no test.

    Where there is none, the longest of all. The sample has files.
    """
    if len(sample.files) == 1:
        return sample.files[0]
    code = [file for file in sample.files if is_source(file, sample.language)]
    names = grammars()[sample.language].test_paths if code else ()
    plain = [file for file in code if not of_tests(file.path, "", names=names, signs=())]
    return max(plain or code or sample.files, key=lambda file: (len(file.text), file.path))


def is_source(file: File, language: str) -> bool:
    """Is it code of the language, by its name?"""
    return language in claimants(file.path)


def language_of(sample: Sample) -> str:
    """What most of the files are written in, by their names; empty if none is code."""
    named = [claimed[0] for file in sample.files if (claimed := claimants(file.path))]
    return max(sorted(set(named)), key=named.count, default="")


def sources(sample: Sample) -> list[File]:
    """The texts that are judged: the code, under no name, then the other source files."""
    more = [file for file in others(sample) if is_source(file, sample.language)]
    return [_spoken(file, sample) for file in (File("", sample.code), *more)]


def _spoken(file: File, sample: Sample) -> File:
    """A text that says which dialect it is in, where that is known."""
    if not sample.dialect:
        return file
    said = sample.instruction
    return File(
        file.path, languages.spoken(sample.language, file.text, sample.dialect, instruction=said)
    )


def others(sample: Sample) -> tuple[File, ...]:
    """The sample's own files besides the main one."""
    if not sample.files:
        return ()
    main = main_file(sample)
    return tuple(file for file in sample.files if file is not main)


def beside(sample: Sample) -> tuple[File, ...]:
    """What lies beside the code when it runs: what the row gives for it, then its other files."""
    return (*sample.support, *others(sample))
