"""The ``vtrack`` command: one file a command, loaded when it is used."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from pytest_vtrack.errors import VtrackError

COMMANDS = {
    "baseline": "Show or set the run that others are compared with.",
    "compare": "Compare two stored runs; the exit code is the gate's.",
    "demo": "See a regression caught, in a minute, on a shipped example.",
    "init": "Write a first test and dataset into this folder.",
    "runs": "List stored runs, the newest first.",
    "show": "Show one stored run.",
    "store": "Look after the store: info, export, import, prune.",
}


class _LazyGroup(click.Group):
    """A group whose commands live in modules of this package, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-vtrack", prog_name="vtrack")
def group() -> None:
    """Compare versions of a GenAI application that pytest-vtrack recorded."""


def main() -> None:
    """Run the command; an error of ours is a sentence on standard error and exit code 2."""
    try:
        group(prog_name="vtrack")
    except VtrackError as error:
        click.echo(f"vtrack: {error}", err=True)
        sys.exit(2)
