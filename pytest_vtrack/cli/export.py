"""``vtrack export``: what is stored, in the formats of others."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pytest_vtrack.cli.output import echo_either
from pytest_vtrack.cli.stored import Stored, on_store


@click.group("export")
def command() -> None:
    """Write what is stored in the formats of others: otlp."""


@command.command("otlp")
@click.argument("ref", metavar="RUN")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write; default: standard output.",
)
@on_store
def otlp(stored: Stored, ref: str, output: Path | None, as_json: bool) -> None:
    """Write the traces of RUN as OTLP/JSON, one request a line, as receivers of OpenTelemetry take them."""
    from pytest_vtrack.cli.show import find_run
    from pytest_vtrack.interop.otlp_writing import write_otlp
    from pytest_vtrack.report.files import refuse_to_replace
    from pytest_vtrack.report.words import counted

    run = find_run(stored, ref)
    results = stored.store.results(run.id)
    if output is None:
        write_otlp(run, results, sys.stdout)
        return
    refuse_to_replace(output)
    with output.open("w", encoding="utf-8") as file:
        count = write_otlp(run, results, file)
    told = f"Wrote {counted(count, 'trace')} to {output}"
    echo_either({"run": run.id, "traces": count, "path": str(output)}, told, as_json=as_json)
