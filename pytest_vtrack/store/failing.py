"""Cases that passed every trial in the baseline and fail most trials now: what must-pass looks at."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store import change_table, schema
from pytest_vtrack.store.cells import case_of, in_series
from pytest_vtrack.store.change_details import listed
from pytest_vtrack.store.change_table import LOST, WORSE
from pytest_vtrack.store.pairs import as_table
from pytest_vtrack.store.protocol import NewlyFailing
from pytest_vtrack.store.sides import Pair, Sides, lay_out


def newly_failing(
    connection: sa.Connection, baseline_key: str, current_key: str, *, metric: str, limit: int
) -> NewlyFailing:
    """Find the cases that passed all trials of the baseline and fail most of the current ones."""
    sides = lay_out(connection, baseline_key, current_key)
    shared = change_table.shared_metrics(connection, sides)
    passed = [each.pair for each in shared if each.now.spec.name == metric and each.before.bools]
    if not passed:
        return NewlyFailing()
    change_table.begin(connection)
    crashes = change_table.has_crashes(connection, sides)
    for pair in passed:
        _write_failures(connection, sides, pair, crashes=crashes)
    change_table.rank(connection)
    count, _ = change_table.counts(connection)
    return NewlyFailing(count, listed(connection, sides, change_table.largest_losses(connection, limit)))


def _write_failures(connection: sa.Connection, sides: Sides, pair: Pair, *, crashes: bool) -> None:
    before, now = _passing(pair.baseline), as_table(connection, _failing(pair.current))
    case_id = case_of(now.c.cell, pair.current)
    judged = (case_id, sa.literal(pair.current), sa.literal(WORSE), 1.0 - now.c.v)
    values = (before.c.v, now.c.v, before.c.k, now.c.k)
    rows = sa.select(*judged, *values).select_from(sides.joined(pair, before, now))
    change_table.write(connection, rows)
    if crashes:
        crashed = change_table.crashed_cases(sides, pair)
        noted = (crashed.c.case_id, sa.literal(pair.current), sa.literal(LOST), sa.literal(1.0))
        lost = (crashed.c.v, sa.null(), crashed.c.k, sa.literal(0))
        change_table.write(connection, sa.select(*noted, *lost).where(crashed.c.v == 1.0))


def _passing(series: int) -> sa.Subquery:
    """Return the cases whose trials all passed."""
    a = schema.assessment
    other = sa.case((a.c.status.in_((schema.BOOL, schema.NOTHING)), 0), else_=1)
    return (
        sa.select(a.c.cell, sa.func.avg(a.c.value).label("v"), sa.func.count(a.c.value).label("k"))
        .where(in_series(a.c.cell, series))
        .group_by(a.c.cell)
        .having(sa.func.max(other) == 0, sa.func.min(a.c.value) == 1.0)
        .subquery("passing")
    )


def _failing(series: int) -> sa.Subquery:
    """Return the cases that fail more trials than they pass; an error is no pass."""
    a = schema.assessment
    where = in_series(a.c.cell, series), a.c.status.in_((schema.BOOL, schema.ERROR))
    share = sa.func.sum(sa.func.coalesce(a.c.value, 0.0)) / sa.func.count()
    columns = (share.label("v"), sa.func.count().label("k"), sa.literal(0.0).label("noise"))
    return (
        sa.select(a.c.cell, *columns).where(*where).group_by(a.c.cell).having(share < 0.5).subquery("failing")
    )
