"""The examples of the page about CI."""

import re
from pathlib import Path

import yaml

PAGE = (Path(__file__).parents[1] / "docs/ci.md").read_text()


def block(kind, section):
    """The first block of this kind in a section."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return found[1]


def example(service):
    """The configuration of a service, read."""
    return yaml.safe_load(block("yaml", service))
