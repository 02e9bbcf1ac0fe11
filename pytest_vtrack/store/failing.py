"""Cases that passed every trial in the baseline and fail most trials now: what must-pass looks at."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store import schema
from pytest_vtrack.store.change_details import listed
from pytest_vtrack.store.change_table import (
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
from pytest_vtrack.store.protocol import NewlyFailing
from pytest_vtrack.store.sides import Sides, lay_out


def newly_failing(
    connection: sa.Connection, baseline_key: str, current_key: str, *, metric: str, limit: int
) -> NewlyFailing:
    """Find the cases that passed all trials of the baseline and fail most of the current ones."""
    sides = lay_out(connection, baseline_key, current_key)
    new_table(connection)
    for scorer_id in scorers_of(shared_specs(connection, sides), metric):
        _write_failures(connection, sides, scorer_id)
    cases = by_case()
    failing = cases.c.sign >= WORSE
    found = first(connection, cases, failing, cases.c.most.desc(), limit)
    return NewlyFailing(count(connection, cases, failing), listed(connection, sides, found))


def _write_failures(connection: sa.Connection, sides: Sides, scorer_id: int) -> None:
    before, now = _passing(sides.baseline, scorer_id), _failing(sides.current, scorer_id)
    judged = (now.c.case_id, sa.literal(scorer_id), sa.literal(WORSE), 1.0 - now.c.v)
    values = (before.c.v, now.c.v, before.c.k, now.c.k)
    write(connection, sa.select(*judged, *values).select_from(sides.joined(before, now)))
    crashed = crashed_cases(sides, scorer_id)
    noted = (crashed.c.case_id, sa.literal(scorer_id), sa.literal(LOST), sa.literal(1.0))
    lost = (crashed.c.v, sa.null(), crashed.c.k, sa.literal(0))
    write(connection, sa.select(*noted, *lost).where(crashed.c.v == 1.0))


def _passing(run_id: int, scorer_id: int) -> sa.Subquery:
    """Return the cases whose trials all passed."""
    a = schema.assessment
    other = sa.case((a.c.status.in_((schema.BOOL, schema.NOTHING)), 0), else_=1)
    return (
        sa.select(a.c.case_id, sa.func.avg(a.c.value).label("v"), sa.func.count(a.c.value).label("k"))
        .where(a.c.run_id == run_id, a.c.scorer_id == scorer_id)
        .group_by(a.c.case_id)
        .having(sa.func.max(other) == 0, sa.func.min(a.c.value) == 1.0)
        .subquery("passing")
    )


def _failing(run_id: int, scorer_id: int) -> sa.Subquery:
    """Return the cases that fail more trials than they pass; an error is no pass."""
    a = schema.assessment
    where = a.c.run_id == run_id, a.c.scorer_id == scorer_id, a.c.status.in_((schema.BOOL, schema.ERROR))
    share = sa.func.sum(sa.func.coalesce(a.c.value, 0.0)) / sa.func.count()
    return (
        sa.select(a.c.case_id, share.label("v"), sa.func.count().label("k"))
        .where(*where)
        .group_by(a.c.case_id)
        .having(share < 0.5)
        .subquery("failing")
    )
