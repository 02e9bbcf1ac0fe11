"""The ``vtrack`` command: one file a command, loaded when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from pytest_vtrack.errors import VtrackError

COMMANDS = {
    "baseline": "Show or set the run that others are compared with.",
    "compare": "Compare two stored runs; the exit code is the gate's.",
    "dataset": "Register datasets and their versions, compare, check and export them.",
    "demo": "See a regression caught, in a minute, on a shipped example.",
    "export": "Write what is stored in the formats of others: otlp.",
    "init": "Write a first test and dataset into this folder.",
    "merge": "Make one run of what CI shards stored in files of their own.",
    "rescore": "Score the stored traces of a run, without running the application.",
    "runs": "List stored runs, the newest first.",
    "show": "Show one stored run or trace.",
    "store": "Look after the store: info, export, import, prune.",
    "traces": "List stored traces that a query finds.",
}


class _Refused(click.ClickException):
    """An error of ours, or of a file: one sentence on standard error and the code of wrong usage."""

    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002  click's signature
        from pytest_vtrack.cli.output import echo_problem

        echo_problem(self.message)


class LazyGroup(click.Group):
    """A group whose commands live in modules of this package, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names in the order of the help."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; an unknown one lists those that there are."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"No such command {args[0]!r}. Known: {', '.join(sorted(COMMANDS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what it refuses is told without a traceback."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except VtrackError as error:
        raise _Refused(str(error)) from None
    except BrokenPipeError:
        raise  # click ends quietly when nobody reads on
    except UnicodeEncodeError as error:  # bytes typed that are no text, which no name in a store has
        raise _Refused(f"{error.object!r} is not text in UTF-8") from None
    except OSError as error:  # a file that cannot be read or written
        place = f"{error.filename}: " if error.filename else ""
        raise _Refused(f"{place}{error.strerror or error}") from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-vtrack", prog_name="vtrack")
def group() -> None:
    """Compare versions of a GenAI application that pytest-vtrack recorded."""


def main() -> None:
    """Run the command that was typed."""
    group(prog_name="vtrack")
