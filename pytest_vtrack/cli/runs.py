"""``vtrack runs``: what is stored, the newest first."""

from __future__ import annotations

from typing import Any, cast

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, echo_notices, local_zone, run_as_json, screen
from pytest_vtrack.cli.stored import Stored, on_store


@click.command("runs")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--version", "version", metavar="NAME", help="Only runs of this version.")
@click.option("--env", "env", metavar="NAME", help="Only runs in this environment.")
@on_store
def command(stored: Stored, limit: int, version: str | None, env: str | None, as_json: bool) -> None:
    """List stored runs, the newest first, with the verdict each got against its baseline."""
    from pytest_vtrack.report.tables import runs_table
    from pytest_vtrack.report.untrusted import visible
    from pytest_vtrack.workflow.states import shared_names

    store = stored.store
    runs = store.runs(stored.experiment, version=version, env=env, limit=limit + 1)
    more, runs = len(runs) > limit, runs[:limit]
    verdicts: dict[str, Any] = {run.id: store.verdict_of(run.id) for run in runs}
    if as_json:
        echo_json([{**run_as_json(run), "verdict": verdicts[run.id]} for run in runs])
    elif not runs:
        click.echo(visible(_nothing(stored, version, env)))
    else:
        known = {run_id: verdict for run_id, verdict in verdicts.items() if verdict}
        echo_lines(runs_table(runs, cast("Any", known), zone=local_zone(), **screen()))
        echo_notices(shared_names(run for run in runs if run.origin != "import"))
        if more:
            click.echo(f"Older runs are left out; `vtrack runs --limit {10 * limit}` shows more.")


def _nothing(stored: Stored, version: str | None, env: str | None) -> str:
    """Say what was looked for, and what there is in its place."""
    all_runs = stored.store.runs(stored.experiment)
    if not all_runs:
        others = ", ".join(stored.store.experiments()) or "nothing yet"
        return f"Experiment {stored.experiment!r} has no runs; stored experiments: {others}."
    asked = [f"version {version!r}"] if version else []
    asked += [f"environment {env!r}"] if env else []
    versions = ", ".join(dict.fromkeys(run.version.name for run in all_runs))
    envs = ", ".join(dict.fromkeys(run.env for run in all_runs))
    return f"No runs of {' in '.join(asked)}. Stored versions: {versions}; environments: {envs}."
