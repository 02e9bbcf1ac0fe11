"""``vtrack runs``: what is stored, the newest first."""

from __future__ import annotations

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, local_zone, run_as_json, screen
from pytest_vtrack.cli.project import opened, store_options


@click.command("runs")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--version", "version", metavar="NAME", help="Only runs of this version.")
@click.option("--env", "env", metavar="NAME", help="Only runs in this environment.")
@store_options
def command(
    limit: int,
    version: str | None,
    env: str | None,
    store_uri: str | None,
    experiment: str | None,
    as_json: bool,
) -> None:
    """List stored runs, the newest first, with the verdict each got against its baseline."""
    from pytest_vtrack.report.tables import runs_table

    store, name = opened(store_uri, experiment)
    runs = store.runs(name, version=version, env=env, limit=limit)
    verdicts = {run.id: verdict for run in runs if (verdict := store.verdict_of(run.id))}
    if as_json:
        echo_json([{**run_as_json(run), "verdict": verdicts.get(run.id)} for run in runs])
    else:
        echo_lines(runs_table(runs, verdicts, zone=local_zone(), **screen()))  # type: ignore[arg-type]
    store.close()
