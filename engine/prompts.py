"""Where prompts lie, the marks of their texts, and how a row says what wrote it.

A prompt `reverse/generate` is the file `prompts/reverse/generate.md` beside the stages, ours or an
outside package's. What is in it is read by the models that answer it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from backfeed.engine import registry
from backfeed.engine.errors import PluginFault, UnknownName
from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Prompt, Who


@cache
def folders() -> tuple[Path, ...]:
    """The folders `prompts` beside stages."""
    packages = {
        entry.module.rpartition(".")[0] or entry.module
        for entry in registry.find("stages").values()
    }
    return tuple(Path(str(files(package))) / "prompts" for package in sorted(packages))


def find(name: str) -> Path:
    """The file of a prompt. Raises `UnknownName` for none, `PluginFault` for one that is twice."""
    found = [path for folder in folders() if (path := folder / f"{name}.md").is_file()]
    if not found:
        known = sorted(str(p.relative_to(f))[:-3] for f in folders() for p in f.rglob("*.md"))
        raise UnknownName(f"there is no prompt {name!r}; there are: {', '.join(known)}")
    if len(found) > 1:
        raise PluginFault(f"the prompt {name!r} is there twice: {found[0]} and {found[1]}")
    return found[0]


@cache
def mark(name: str) -> str:
    """Eight hex digits that name the text of a prompt: another text, another mark."""
    return hashlib.sha256(find(name).read_bytes()).hexdigest()[:8]


def marked(names: Iterable[str]) -> list[str]:
    """Prompts with their marks, as rows and steps name them: `reverse/generate@1a2b3c4d`."""
    return [f"{name}@{mark(name)}" for name in names]


def by_model(sample: Sample, prompt: Prompt) -> Asks[Sample]:
    """The sample, saying in its lineage that this prompt and who answers it had a part in it.

    in:  lineage.prompt "reverse/generate@1a2b3c4d", model "big"
    out: lineage.prompt "reverse/generate@1a2b3c4d harden/depth@5e6f7a8b", model "big"
    """
    model: str = yield from Who(prompt.role)
    told = sample.lineage
    lineage = replace(
        told, prompt=_joined(told.prompt, *marked([prompt.name])), model=_joined(told.model, model)
    )
    return sample.but(lineage=lineage)


def _joined(before: str, *more: str) -> str:
    return " ".join(dict.fromkeys([*before.split(), *more]))
