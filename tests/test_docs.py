"""What exists is documented, and what is documented exists."""

import importlib.util
import re
from pathlib import Path

import pytest

from backfeed.engine import registry

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


def tool():
    """tools/docs.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_tool", ROOT / "tools" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date():
    made = tool().page()
    assert (ROOT / "docs" / "reference.md").read_text() == made, "run `make docs`"


@pytest.mark.parametrize("kind", ["stages", "models", "sandboxes", "sources", "readers"])
def test_every_plugin_has_a_sentence(kind):
    told = dict(tool().plugins(kind))
    assert set(told) <= set(registry.names(kind))
    assert all(tool().first_sentence(path).endswith((".", "?")) for path in told.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    inner = [link for link in links if "://" not in link]
    assert [link for link in inner if not (page.parent / link).exists()] == []
