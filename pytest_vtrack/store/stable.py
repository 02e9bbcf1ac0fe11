"""The built-in metric ``stable``: whether a case's yes/no metrics gave the same answer in all its trials.

Nobody scores it: it is read from the values that are stored, of cases with a yes/no metric that has two
values or more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import sqlalchemy as sa

from pytest_vtrack.model.assessment import STABLE
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.store import schema, temporary
from pytest_vtrack.store.cells import case_of
from pytest_vtrack.store.pairs import Paired
from pytest_vtrack.store.series import CountedSeries
from pytest_vtrack.store.sides import Pair, Sides, rows_of

_noted = temporary.table(
    "vtrack_noted",
    sa.Column("case_id", sa.Integer, nullable=False),
    sa.Column("same", sa.Integer, nullable=False),
)
"""What each metric says of each case."""


def _side(name: str) -> sa.Table:
    return temporary.table(
        name,
        sa.Column("cell", sa.Integer, primary_key=True, autoincrement=False),  # the case, of no series
        sa.Column("v", sa.Double, nullable=False),
    )


_before, _now = _side("vtrack_stable_before"), _side("vtrack_stable_now")


def stable_counts(connection: sa.Connection, series: Iterable[CountedSeries]) -> SideCounts | None:
    """Return how many cases of a run are stable; ``None`` where no case shows it.

    :param series: the metrics of the run.
    """
    return _write(connection, _now, series)


def stable_pairs(
    connection: sa.Connection,
    sides: Sides,
    before: Iterable[CountedSeries],
    now: Iterable[CountedSeries],
) -> tuple[SideCounts | None, SideCounts | None, Paired]:
    """Return the same of two runs, and the cases that show it in both."""
    counts = _write(connection, _before, before), _write(connection, _now, now)
    rows = sides.joined(Pair(0, 0), _before, _now)
    once, no_noise = sa.literal(1), sa.literal(0.0)
    return *counts, Paired(rows, _now.c.cell, _before.c.v, _now.c.v, once, once, no_noise, repeated=False)


def _write(connection: sa.Connection, side: sa.Table, series: Iterable[CountedSeries]) -> SideCounts | None:
    temporary.make(connection, _noted)
    for each in series:
        if each.counts.bools > 1:
            connection.execute(_noted.insert().from_select(["case_id", "same"], _same(each.id)))
    temporary.make(connection, side)
    cases = sa.select(_noted.c.case_id, sa.func.min(_noted.c.same)).group_by(_noted.c.case_id)
    connection.execute(side.insert().from_select(["cell", "v"], cases))
    return _counts(connection, side)


def _same(series: int) -> sa.Select[tuple[int, int]]:
    """Return the cases with two answers or more, and whether these are the same."""
    a = schema.assessment
    same = sa.case((sa.func.min(a.c.value) == sa.func.max(a.c.value), 1), else_=0)
    rows = sa.select(case_of(a.c.cell, series), same).where(rows_of(series, [schema.BOOL]))
    return rows.group_by(a.c.cell).having(sa.func.count() > 1)


def _counts(connection: sa.Connection, side: sa.Table) -> SideCounts | None:
    extremes = sa.func.min(side.c.v), sa.func.max(side.c.v), sa.func.avg(side.c.v)
    count, low, high, mean = connection.execute(sa.select(sa.func.count(), *extremes)).one()
    if not count:
        return None
    error = math.sqrt(mean * (1 - mean) / (count - 1)) if count > 1 else None
    return SideCounts(STABLE, count, count, minimum=low, maximum=high, mean=mean, standard_error=error)
