"""``vtrack show``: one stored run."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, local_zone, run_as_json, screen
from pytest_vtrack.cli.project import opened, store_options


@click.command("show")
@click.argument("ref", metavar="RUN", default="last")
@store_options
def command(ref: str, store_uri: str | None, experiment: str | None, as_json: bool) -> None:
    """Show where a run comes from and what its metrics were.

    RUN is a REF (a version, a baseline's name, last, run:ID, a .jsonl file) or the first digits of a
    run's id.
    """
    from pytest_vtrack.report.tables import run_screen
    from pytest_vtrack.workflow.references import resolve

    store, name = opened(store_uri, experiment)
    matching = store.runs_with_prefix(ref) if len(ref) >= 4 else []
    run = matching[0] if len(matching) == 1 else resolve(store, ref, name, folder=Path.cwd()).run
    summaries = store.metric_summaries(run.id)
    if as_json:
        metrics = [
            {"name": one.spec.name, "value": one.mean, "cases": one.cases, "errors": one.errors}
            for one in summaries
        ]
        echo_json({**run_as_json(run), "metrics": metrics})
    else:
        echo_lines(run_screen(run, summaries, zone=local_zone(), **screen()))
    store.close()
