"""The cases that changed between two runs: found and ranked by the database, the first of them listed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from pytest_vtrack.store.change_details import listed
from pytest_vtrack.store.change_table import (
    BETTER,
    LOST,
    WORSE,
    by_case,
    count,
    crashed_cases,
    first,
    new_table,
    scorers_of,
    shared_specs,
    write,
)
from pytest_vtrack.store.pair_queries import ROUNDING, error_values
from pytest_vtrack.store.protocol import ChangedCases, WatchedMetric
from pytest_vtrack.store.sides import Sides, case_values, lay_out

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
    new_table(connection)
    specs = shared_specs(connection, sides)
    for metric in watched:
        for scorer_id in scorers_of(specs, metric.name):
            _write_changes(connection, sides, scorer_id, metric)
            _write_losses(connection, sides, scorer_id, metric)
    cases = by_case()
    worse, better = cases.c.sign >= WORSE, cases.c.sign == BETTER
    ratios = {scorer_id for each in watched if each.ratio for scorer_id in scorers_of(specs, each.name)}
    worst = first(connection, cases, worse, cases.c.most.desc(), limit)
    best = first(connection, cases, better, cases.c.least.asc(), limit)
    return ChangedCases(
        worse=count(connection, cases, worse),
        better=count(connection, cases, better),
        worst=listed(connection, sides, worst, ratios=ratios),
        best=listed(connection, sides, best, ratios=ratios),
    )


def _write_changes(connection: sa.Connection, sides: Sides, scorer_id: int, metric: WatchedMetric) -> None:
    single, log = sides.single, metric.ratio
    before = case_values(sides.baseline, scorer_id, "before", single=single, log=log)
    now = case_values(sides.current, scorer_id, "now", single=single, log=log)
    d = now.c.v - before.c.v
    signed = d if metric.direction == "higher" else -d
    size = sa.func.abs(d)
    counts = size >= metric.threshold * _SLACK
    beyond_rounding = sa.and_(size > ROUNDING, size > ROUNDING * sa.func.abs(before.c.v))
    rows = sa.select(
        now.c.case_id,
        sa.literal(scorer_id),
        sa.case((signed < 0, WORSE), else_=BETTER),
        -signed / (metric.tolerance or 1.0),
        *(before.c.v, now.c.v, before.c.k, now.c.k),
    ).select_from(sides.joined(before, now))
    rows = rows.where(beyond_rounding, *([counts] if metric.threshold else []))
    write(connection, rows)


def _write_losses(connection: sa.Connection, sides: Sides, scorer_id: int, metric: WatchedMetric) -> None:
    """Note the cases that had a value and have an error now; the loss is the whole value."""
    for lost in (error_values(sides, scorer_id, now=True), crashed_cases(sides, scorer_id)):
        v = sa.func.ln(lost.c.v) if metric.ratio else lost.c.v
        loss = sa.func.abs(lost.c.v) / (metric.tolerance or 1.0)
        rows = sa.select(
            lost.c.case_id,
            sa.literal(scorer_id),
            sa.literal(LOST),
            loss,
            v,
            sa.null(),
            lost.c.k,
            sa.literal(0),
        )
        write(connection, rows)
