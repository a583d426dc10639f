"""The command line. A command is a file in `commands/`; it is imported when it is called.

The outermost loop: what is raised below ends here in one message and an exit code. 0 done, 1 a
threshold failed, 2 the caller's mistake, 3 the world's or ours, 130 interrupted.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from backfeed.engine.errors import BackfeedError, CallerError, Interrupted

NAME = "backfeed"
FOLDER = Path(__file__).parent / "commands"
INTERRUPTED = 130
CLOSED_PIPE = 141  # as the shell calls what a closed pipe ends


class Commands(click.Group):
    """The files of `commands/`; the first line of each is its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the files."""
        return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"backfeed.engine.commands.{cmd_name}").COMMAND
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Say which command was meant."""
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            from backfeed.engine.config import nearest

            raise click.UsageError(
                f"no command {args[0]!r}; {nearest(args[0], self.list_commands(ctx))}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the first lines of their files."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, first_line(FOLDER / f"{name}.py")) for name in self.list_commands(ctx)]
            )


def first_line(path: Path) -> str:
    """The sentence that a module begins with."""
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"').strip()


def _version(ctx: click.Context, _param: click.Parameter, wanted: Any) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"{NAME} {version(NAME)}")
        ctx.exit()


COMMANDS = Commands(
    NAME,
    help="Turn source code into verified instruction data, and tell verified data from the rest.",
    epilog="Exit: 0 done, 1 a threshold failed, 2 usage, 3 the world's failure or ours, "
    "130 interrupted.",
    params=[
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version,
            help="Show the version and exit.",
        )
    ],
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)  # fmt: skip


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    code = run(args)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _pipe_closed()
    sys.exit(code)


def run(args: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. What went wrong is said last, in one message."""
    try:
        with COMMANDS.make_context(NAME, list(sys.argv[1:] if args is None else args)) as context:
            code = COMMANDS.invoke(context)
            return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as stop:
        stop.show()
        return 2
    except click.ClickException as error:
        return _usage(error)
    except CallerError as error:
        return _say(str(error), 2)
    except (Interrupted, click.Abort, KeyboardInterrupt) as error:
        return _say(str(error) or "interrupted; run the same command to go on", INTERRUPTED)
    except BackfeedError as error:
        return _say(str(error), 3)
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:  # noqa: BLE001 - the outermost loop
        return _say(_logged(error), 3)


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    hint = f"; see {context.command_path} --help" if context else ""
    message = " ".join(error.format_message().split()).rstrip(".")
    return _say(message + hint, 2)


def _say(message: str, code: int) -> int:
    click.echo(f"{NAME}: {message}", err=True)
    return code


def _logged(error: Exception) -> str:
    """A bug of ours: its traceback goes to a file."""
    import tempfile  # 20 ms that only this needs

    name = f"{type(error).__name__}: {error}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="backfeed-", suffix=".log", delete=False
        ) as log:
            log.write(f"{sys.argv}\n{sys.version}\n{''.join(traceback.format_exception(error))}")
    except OSError as fault:
        return f"this is a bug: {name} (and no log could be written: {fault})"
    return f"this is a bug: {name}; please report it with the log {log.name}"


def _pipe_closed() -> int:
    """Nobody reads on: say nothing, and keep Python from trying again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CLOSED_PIPE
