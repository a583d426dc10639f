"""Take the code out of the answer, and carry the imports that the problem's own code gives."""

from dataclasses import dataclass

from backfeed.engine import languages
from backfeed.engine.grammar import dialect_named
from backfeed.engine.methods.code_blocks import Extracted, extract_code
from backfeed.engine.records import Check, Finding, Sample
from backfeed.engine.requests import Asks, Compute
from backfeed.engine.stages._files import is_source, language_of, main_file


@dataclass(frozen=True, slots=True)
class Extract:
    """Answer -> code. An answer without code is unverified, not wrong.

    in:  response "```python\\ndef f(x): return x\\n```"
    out: code "def f(x): return x\\n"
    """

    version = 6
    asks = ("compute",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for the code; rows that bring files or code have it already."""
        if sample.code:
            return [sample]
        if sample.files:
            return [_of_files(sample)]
        arguments = (sample.response, sample.language, _request(sample))
        got: Extracted = yield from Compute(extract_code, arguments)
        dialect = sample.dialect or dialect_named(got.called)
        sample = sample.but(language=got.language, dialect=dialect, code=got.code)
        if not got.code:
            finding = Finding("no-code", "note", got.how)
            return [sample.checked(Check("extract", "unverified", findings=(finding,)))]
        findings = [Finding("found", "note", got.how)]
        if languages.can(got.language, "missing_imports"):
            call = (got.language, "missing_imports", got.code, sample.instruction)
            given: str = yield from Compute(languages.call, call)
            if given:
                findings.append(Finding("carried-imports", "note", given.strip()))
                sample = sample.but(code=given + got.code)
        return [sample.checked(Check("extract", "passed", findings=tuple(findings)))]


def _request(sample: Sample) -> str:
    """What was asked, the last question first: it is the one that is answered."""
    asked = [message.content for message in sample.messages if message.role == "user"]
    return "\n\n".join(reversed(asked))


def _of_files(sample: Sample) -> Sample:
    """The main file is the code; the others lie beside it when it runs."""
    language = sample.language or language_of(sample)
    main = main_file(sample.but(language=language))
    if not is_source(main, language):
        finding = Finding("no-code", "note", f"none of its files is {language or 'source code'}")
        return sample.checked(Check("extract", "unverified", findings=(finding,)))
    told = (Finding("found", "note", f"the file {main.path}"),)
    made = sample.but(language=language, code=main.text)
    return made.checked(Check("extract", "passed", findings=told))


PLUGIN = Extract
