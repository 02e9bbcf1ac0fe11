"""``vtrack traces``: stored traces that a query finds, the newest first."""

from __future__ import annotations

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, local_zone, screen, trace_as_json
from pytest_vtrack.cli.stored import Stored, on_store


@click.command("traces")
@click.option("--where", "query", metavar="QUERY", help='Only these: "env = prod and duration > 2s".')
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many.")
@on_store
def command(stored: Stored, query: str | None, limit: int, as_json: bool) -> None:
    """List stored traces, the newest first; `vtrack show TRACE` shows one."""
    from pytest_vtrack.report.trace_table import trace_table
    from pytest_vtrack.workflow.query_parsing import parse_query

    store, zone = stored.store, local_zone()
    where = None if query is None else parse_query(query, metrics=store.metric_names(), zone=zone)
    found = store.traces(where, experiment=stored.experiment, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    if as_json:
        echo_json([trace_as_json(trace) for trace in found])
    elif not found:
        click.echo(_nothing(stored, query))
    else:
        echo_lines(trace_table(found, zone=zone, **screen()))
        if more:
            click.echo(f"Older traces are left out; `--limit {10 * limit}` shows more.")


def _nothing(stored: Stored, query: str | None) -> str:
    if query is not None and stored.store.traces(experiment=stored.experiment, limit=1):
        return f"No trace of experiment {stored.experiment!r} is like that."
    others = ", ".join(stored.store.experiments()) or "nothing yet"
    return f"Experiment {stored.experiment!r} has no traces; stored experiments: {others}."
