"""The cases that have a number of one metric in both runs."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from pytest_vtrack.store import schema, temporary
from pytest_vtrack.store.cells import case_of, in_series
from pytest_vtrack.store.series import CountedSeries
from pytest_vtrack.store.sides import Pair, Sides, case_values, spread_over
from pytest_vtrack.store.small_values import square

_CELL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # what SQLite finds without an index
_now = temporary.table(
    "vtrack_now",
    sa.Column("cell", _CELL, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("v", "noise")),
    sa.Column("k", sa.Integer, nullable=False),
)
"""The current run's means over trials: of two sets of means, one has to be a table to be joined."""


class Paired(NamedTuple):
    """Pairs as something to select from; where cases have several trials, until the next are asked for."""

    rows: sa.FromClause
    case_id: Any
    """Of the current run."""
    before: Any
    """The baseline's mean over trials."""
    now: Any
    before_trials: Any
    now_trials: Any
    noise: Any
    """The variance of both means, as their trials show it; 0 where one has a single trial."""
    repeated: bool
    """Whether any case may have several trials."""


def pair_of(sides: Sides, before: CountedSeries, now: CountedSeries) -> Pair:
    """Return what one scorer computed in both runs."""
    counts = before.counts, now.counts
    return Pair(before.id, now.id, aligned=all(each.bools + each.numbers == sides.trials for each in counts))


def paired(connection: sa.Connection, sides: Sides, pair: Pair, *, log: bool = False) -> Paired:
    """Pair the numbers of one metric.

    :param log: take logarithms first; all values must be positive.
    """
    if pair.aligned and not sides.single:
        return _aligned(sides, pair, log=log)
    before = case_values(pair.baseline, "before", single=sides.single, log=log)
    if sides.single:
        now: sa.FromClause = case_values(None, "now", single=True, log=log)
    else:
        now = as_table(connection, case_values(pair.current, "now", single=False, log=log))
    b, c = before.c, now.c
    rows = sides.joined(pair, before, now)
    case_id, noise = case_of(c.cell, pair.current), b.noise + c.noise
    return Paired(rows, case_id, b.v, c.v, b.k, c.k, noise, repeated=not sides.single)


def as_table(connection: sa.Connection, now: sa.FromClause) -> sa.Table:
    """Write what was summed up of the current run's cases into a table, in place of what stood there."""
    temporary.make(connection, _now)
    rows = sa.select(*(now.c[column.name] for column in _now.c))
    connection.execute(_now.insert().from_select(_now.c.keys(), rows))
    return _now


def _aligned(sides: Sides, pair: Pair, *, log: bool) -> Paired:
    """Pair trial by trial before taking means: half the work, where each trial has its partner."""
    a, b = schema.assessment.alias("before"), schema.assessment.alias("now")
    x, y = (sa.func.ln(side.c.value) if log else side.c.value for side in (a, b))
    k, before, now = sa.func.count(), sa.func.avg(x), sa.func.avg(y)
    noise = spread_over(k, sa.func.sum(square(x) + square(y)) - k * (square(before) + square(now)))
    columns = {"cell": a.c.cell, "v": before, "w": now, "k": k, "noise": noise}
    cases = (
        sa.select(*(column.label(name) for name, column in columns.items()))
        .select_from(sides.joined(pair, a, b, b.c.trial == a.c.trial))
        .where(in_series(a.c.cell, pair.baseline))
        .group_by(a.c.cell)
        .subquery("cases")
    )
    c = cases.c
    case_id = sides.current_case(case_of(c.cell, pair.baseline))
    return Paired(cases, case_id, c.v, c.w, c.k, c.k, c.noise, repeated=True)
