"""Judge a data set by a policy: exit 1 if it is broken, with SARIF and JUnit for CI."""

from pathlib import Path
from typing import Any

import click

from backfeed.engine.commands import check

# What of the options of `check` makes sense for a gate, too.
PASSED = ("columns", "format", "overrides", "deep", "sandbox", "jobs", "book")

_OWN: tuple[click.Parameter, ...] = (
    click.Argument(["datasets"], metavar="DATASET...", nargs=-1, required=True),
    click.Option(
        ["--policy"], type=click.Path(path_type=Path), metavar="FILE",
        help="the policy, as TOML (default: every row readable, no failed check up to analyze)",
    ),
    click.Option(
        ["--against"], multiple=True, metavar="FILE",
        help="benchmarks that rows are compared with, besides those of the policy",
    ),
    click.Option(
        ["--sarif"], type=click.Path(path_type=Path), metavar="FILE",
        help="write what breaks the policy as SARIF 2.1.0",
    ),
    click.Option(
        ["--junit"], type=click.Path(path_type=Path), metavar="FILE",
        help="write the verdict on each row as JUnit XML",
    ),
    click.Option(
        ["--baseline"], type=click.Path(path_type=Path), metavar="DIR|FILE",
        help="an earlier run, or its summary.json: fail only on what got worse",
    ),
    click.Option(
        ["--changed-only"], metavar="REF",
        help="judge only rows that are new or changed since this commit",
    ),
    click.Option(
        ["-o", "--output", "directory"], type=click.Path(path_type=Path), metavar="DIR",
        help="keep the run, its report and its answers here (default: nothing is kept)",
    ),
    click.Option(["--json", "as_json"], is_flag=True, help="the verdict as JSON"),
)  # fmt: skip


def _command(**values: Any) -> int:
    from backfeed.engine.commands import _gate

    passed = {name: values.pop(name) for name in PASSED if name in values}
    return _gate.gate(_gate.Order(passed=tuple(_arguments(passed)), **values))


def _arguments(passed: dict[str, Any]) -> list[str]:
    """Options as `check` takes them."""
    words = {option.name: option.opts[0] for option in check.COMMAND.params}
    found: list[str] = []
    for name, value in passed.items():
        many = value if isinstance(value, tuple) else (value,) if value not in (None, "") else ()
        found += [part for one in many for part in (words[name], str(one))]
    return found


COMMAND = click.Command(
    "gate",
    params=[*_OWN, *(option for option in check.COMMAND.params if option.name in PASSED)],
    callback=_command,
    help="""Judge a data set by a policy.

    DATASET is what `backfeed check` takes: a file or a folder of rows. Exit 0: it keeps to the
    policy; 1: it breaks it; 2: the call is wrong; 3: something else failed, nothing is known.
    """,
)
