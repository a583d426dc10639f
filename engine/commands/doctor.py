"""Say what this machine can parse, analyze and run, and how to mend what it cannot."""

import json

import click


@click.command("doctor")
@click.option("--sandbox", "attack", is_flag=True, help="attack each sandbox, and see if it holds")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def command(*, attack: bool, as_json: bool) -> int:
    """Say what this machine can parse, analyze and run, and how to mend what it cannot.

    Exit 1 if `backfeed synth` would not run here.
    """
    from backfeed.engine.commands import _doctor

    found = _doctor.examine(attack=attack)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _doctor.tell(found)
    if found["ready"]:
        return 0
    click.echo(f"backfeed: {_doctor.complaint(found)}", err=True)
    return 1


COMMAND = command
