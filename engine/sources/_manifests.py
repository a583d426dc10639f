"""What package metadata says of the licence: Python, npm, Cargo, Composer, Maven."""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from email.parser import HeaderParser

from backfeed.engine.methods.licence_names import of_name
from backfeed.engine.methods.licence_texts import A_NAME, of_file
from backfeed.engine.methods.licences import UNKNOWN


def is_manifest(path: str) -> bool:
    """Does a file of this name hold metadata that we read?"""
    return path.rpartition("/")[2] in _READERS


def declared(name: str, text: str) -> list[str]:
    """The licences that metadata declares, each as an expression; empty if it is silent.

    >>> declared("package.json", '{"license": "(MIT OR GPL-2.0)"}')
    ['MIT OR GPL-2.0-only']
    """
    try:
        words = list(_READERS[name](text))
    except (ValueError, configparser.Error, AttributeError, TypeError):
        return []  # what cannot be read states nothing
    return [_meant(word) for word in words if word.strip()]


def _meant(word: str) -> str:
    return of_name(word) if len(word.strip()) < A_NAME else of_file(word)


def _core_metadata(text: str) -> Iterator[str]:
    """PKG-INFO and METADATA. An expression is meant to replace the rest."""
    fields = HeaderParser().parsestr(text)
    expression = fields.get("License-Expression")
    if expression:
        yield expression
        return
    classified = [_classified(one) for one in fields.get_all("Classifier", [])]
    named = [one for one in classified if one]
    word = fields.get("License", "").strip()
    if word and (not named or _meant(word) != UNKNOWN):
        yield word
    yield from named


def _classified(classifier: str) -> str:
    """The licence that a classifier names; `OSI Approved` alone names none."""
    head, _, last = classifier.rpartition(" :: ")
    names_one = head.startswith("License") and last not in {"OSI Approved", "DFSG approved"}
    return last if names_one else ""


def _pyproject(text: str) -> Iterator[str]:
    data = tomllib.loads(text)
    project, poetry = data.get("project", {}), data.get("tool", {}).get("poetry", {})
    for table in (project, poetry):
        stated = table.get("license")
        if isinstance(stated, Mapping):
            stated = stated.get("text")
        if isinstance(stated, str):
            yield stated
            return
    yield from filter(None, map(_classified, project.get("classifiers", ())))


def _setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    if parser.has_section("metadata"):
        stated = parser["metadata"].get("license", "")
        classifiers = parser["metadata"].get("classifiers", "").splitlines()
        named = [one for line in classifiers if (one := _classified(line.strip()))]
        yield from [stated] if stated else named


def _setup_py(text: str) -> Iterator[str]:
    """Read, never run: what is written out as a string."""
    stated = re.search(r"^\s*licen[cs]e\s*=\s*(['\"])(.{1,200}?)\1", text, re.MULTILINE)
    if stated:
        yield stated[2]
        return
    yield from filter(None, map(_classified, re.findall(r"['\"](License :: [^'\"]+)['\"]", text)))


def _package_json(text: str) -> Iterator[str]:
    data = json.loads(text)
    stated = data.get("license") or data.get("licenses") or ()
    listed = stated if isinstance(stated, list) else [stated] if stated else []
    names = [one.get("type", "") if isinstance(one, Mapping) else str(one) for one in listed]
    named = [name for name in names if name and not name.upper().startswith("SEE LICENSE")]
    if named:
        yield " OR ".join(
            f"({name.strip('()')})" if len(named) > 1 else _bare(name) for name in named
        )


def _bare(name: str) -> str:
    """An expression without brackets around the whole."""
    return (
        name[1:-1] if name.startswith("(") and name.endswith(")") and name.count("(") == 1 else name
    )


def _composer_json(text: str) -> Iterator[str]:
    stated = json.loads(text).get("license", ())
    yield " OR ".join(stated if isinstance(stated, list) else [str(stated)])


def _cargo_toml(text: str) -> Iterator[str]:
    stated = tomllib.loads(text).get("package", {}).get("license", "")
    if isinstance(stated, str) and stated:
        yield stated.replace("/", " OR ")


def _pom_xml(text: str) -> Iterator[str]:
    for block in re.findall(r"<license>(.*?)</license>", text, re.DOTALL):
        yield from re.findall(r"<name>\s*([^<]+?)\s*</name>", block)[:1]


_READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "PKG-INFO": _core_metadata,
    "METADATA": _core_metadata,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "package.json": _package_json,
    "composer.json": _composer_json,
    "Cargo.toml": _cargo_toml,
    "pom.xml": _pom_xml,
}

__all__ = ("declared", "is_manifest")
