"""Deep passes that a run asks for: are they there, and what do they need inside the sandbox?"""

from collections.abc import Iterable
from importlib import metadata

from backfeed.engine import languages, registry
from backfeed.engine.bundles import bundle
from backfeed.engine.contracts import DeepPass
from backfeed.engine.errors import MissingExtra


def chosen(names: Iterable[str]) -> list[DeepPass]:
    """The passes of these names, each once.

    Raises:
        UnknownName: there is none of that name.
        MissingExtra: its tool is not installed.
    """
    found: list[DeepPass] = [languages.deep(name) for name in sorted(set(names))]
    for one in found:
        if why := lack(one):
            raise MissingExtra(why)
    return found


def every() -> list[DeepPass]:
    """All that there are, whether their tools are here or not."""
    return [languages.deep(name) for name in registry.names("deep")]


def lack(one: DeepPass) -> str:
    """What is missing on this machine, with the remedy; nothing if nothing is."""
    remedy = f"pip install '{registry.OURS}[{one.extra}]'"
    try:
        metadata.version(one.distribution)
    except metadata.PackageNotFoundError:
        return f"{one.name} is not installed: {remedy}"
    absent = sorted(name for name, path in one.programs().items() if not path)
    return f"{one.name} lacks {', '.join(absent)}: {remedy}" if absent else ""


def tools(one: DeepPass) -> dict[str, str]:
    """What lies inside its sandbox, by name, and where on this machine."""
    packed = {f"{package}.zip": str(bundle(package, whole=True)) for package in one.packages}
    return {**one.programs(), **packed}
