"""The cases that changed between two runs: found and ranked by the database, the first of them listed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from pytest_vtrack.store import change_table
from pytest_vtrack.store.change_details import listed
from pytest_vtrack.store.change_table import BETTER, LOST, WORSE, SharedMetric
from pytest_vtrack.store.pair_queries import error_values
from pytest_vtrack.store.pairs import paired
from pytest_vtrack.store.protocol import ChangedCases, WatchedMetric
from pytest_vtrack.store.sides import Sides, lay_out
from pytest_vtrack.store.small_values import rounding_of

_SLACK = 1 - 1e-9
"""A difference of exactly the threshold counts, whatever the last bits say."""


def changed_cases(
    connection: sa.Connection,
    baseline_key: str,
    current_key: str,
    watched: Sequence[WatchedMetric],
    *,
    limit: int,
) -> ChangedCases:
    """Find the cases that got worse on any watched metric, or better on one and worse on none."""
    sides = lay_out(connection, baseline_key, current_key)
    change_table.begin(connection)
    metrics = change_table.shared_metrics(connection, sides)
    crashes = change_table.has_crashes(connection, sides)
    chosen = [(wanted, each) for wanted in watched for each in metrics if each.now.spec.name == wanted.name]
    for wanted, metric in chosen:
        _write_changes(connection, sides, metric, wanted)
        _write_losses(connection, sides, metric, wanted, crashes=crashes)
    change_table.rank(connection)
    ratios = {metric.pair.current for wanted, metric in chosen if wanted.ratio}
    worst = change_table.largest_losses(connection, limit)
    best = change_table.largest_gains(connection, limit)
    worse, better = change_table.counts(connection)
    return ChangedCases(
        worse=worse,
        better=better,
        worst=listed(connection, sides, worst, ratios=ratios),
        best=listed(connection, sides, best, ratios=ratios),
    )


def _write_changes(
    connection: sa.Connection, sides: Sides, metric: SharedMetric, wanted: WatchedMetric
) -> None:
    found = paired(connection, sides, metric.pair, log=wanted.ratio)
    d = found.now - found.before
    signed = d if wanted.direction == "higher" else -d
    size = sa.func.abs(d)
    counts = size >= wanted.threshold * _SLACK
    beyond_rounding = size > rounding_of(found.before)
    rows = sa.select(
        found.case_id,
        sa.literal(metric.pair.current),
        sa.case((signed < 0, WORSE), else_=BETTER),
        -signed / (wanted.tolerance or 1.0),
        *(found.before, found.now, found.before_trials, found.now_trials),
    ).select_from(found.rows)
    rows = rows.where(*([counts] if wanted.threshold else []), beyond_rounding)
    change_table.write(connection, rows)


def _write_losses(
    connection: sa.Connection, sides: Sides, metric: SharedMetric, wanted: WatchedMetric, *, crashes: bool
) -> None:
    """Note the cases that had a value and have an error now; the loss is the whole value."""
    losses = [error_values(sides, metric.pair, now=True)] if metric.now.errors else []
    losses += [change_table.crashed_cases(sides, metric.pair)] if crashes else []
    for lost in losses:
        v = sa.func.ln(lost.c.v) if wanted.ratio else lost.c.v
        loss = sa.func.abs(lost.c.v) / (wanted.tolerance or 1.0)
        noted = (lost.c.case_id, sa.literal(metric.pair.current), sa.literal(LOST), loss)
        change_table.write(connection, sa.select(*noted, v, sa.null(), lost.c.k, sa.literal(0)))
