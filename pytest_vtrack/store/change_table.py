"""Where changed cases are noted while they are counted: a temporary table, a row a case and metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.store import schema, temporary
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.pairs import pair_of
from pytest_vtrack.store.sides import Pair, Sides, case_values
from pytest_vtrack.store.summaries import summaries

BETTER, WORSE, LOST = -1, 1, 2
"""``sign`` of a change. Lost: a value in the baseline, an error now."""

change = temporary.table(
    "vtrack_change",
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("case_id", "series_id", "sign")),
    sa.Column("loss", sa.Double, nullable=False),
    sa.Column("before", sa.Double),
    sa.Column("now", sa.Double),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("before_trials", "now_trials")),
)
"""Cases and series are those of the current run; values are means over trials."""


_ranked = temporary.table(
    "vtrack_ranked",
    sa.Column("case_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sign", sa.Integer, nullable=False),  # the gravest of its changes
    *(sa.Column(name, sa.Double, nullable=False) for name in ("loss", "gain")),  # the largest of its changes
)


def begin(connection: sa.Connection) -> None:
    """Begin with an empty table."""
    temporary.make(connection, change)


def write(connection: sa.Connection, rows: sa.Select[Any]) -> None:
    """Note changes; the columns are those of :data:`change`, in order."""
    connection.execute(change.insert().from_select(change.c.keys(), rows))


def rank(connection: sa.Connection) -> None:
    """Sum up the changes of each case, when all are noted."""
    temporary.make(connection, _ranked)
    most = (sa.func.max(change.c.sign), sa.func.max(change.c.loss), sa.func.max(-change.c.loss))
    cases = sa.select(change.c.case_id, *most).group_by(change.c.case_id)
    connection.execute(_ranked.insert().from_select(_ranked.c.keys(), cases))


def counts(connection: sa.Connection) -> tuple[int, int]:
    """Count the cases that got worse on any metric, and those that only got better."""
    count, sign = sa.func.count(), _ranked.c.sign
    query = sa.select(count.filter(sign >= WORSE), count.filter(sign == BETTER))
    worse, better = connection.execute(query).one()
    return worse, better


def largest_losses(connection: sa.Connection, limit: int) -> list[int]:
    """Return the cases that got worse, worst first."""
    return _first(connection, _ranked.c.sign >= WORSE, _ranked.c.loss, limit)


def largest_gains(connection: sa.Connection, limit: int) -> list[int]:
    """Return the cases that only got better, best first."""
    return _first(connection, _ranked.c.sign == BETTER, _ranked.c.gain, limit)


def _first(connection: sa.Connection, condition: Any, size: sa.Column[float], limit: int) -> list[int]:
    """Return the first cases by size; equal ones by case id, dataset, test and flags."""
    sizes = sa.select(size).where(condition).order_by(size.desc())
    least = connection.scalar(sizes.limit(1).offset(max(limit - 1, 0)))
    large = condition if least is None else sa.and_(condition, size >= least)  # few: only these are named
    c = schema.case_
    named = sa.select(_ranked.c.case_id).join(c, c.c.id == _ranked.c.case_id).where(large)
    order = (size.desc(), c.c.case_id, c.c.dataset, c.c.test, c.c.flags)
    return list(connection.scalars(named.order_by(*order).limit(limit)))


@dataclass(frozen=True, slots=True)
class SharedMetric:
    """A metric that one scorer computed in both runs."""

    pair: Pair
    before: SideCounts
    now: SideCounts


def shared_metrics(connection: sa.Connection, sides: Sides) -> list[SharedMetric]:
    """Return the metrics whose values pair."""
    before, now = summaries(connection, sides.baseline), summaries(connection, sides.current)
    return [
        SharedMetric(pair_of(sides, before[number], each), before[number].counts, each.counts)
        for number, each in now.items()
        if number in before
    ]


def has_crashes(connection: sa.Connection, sides: Sides) -> bool:
    """Tell whether the application failed in any case of the current run."""
    return connection.execute(sa.select(_crashed(sides).subquery()).limit(1)).first() is not None


def crashed_cases(sides: Sides, pair: Pair) -> sa.Subquery:
    """Return the cases with a value in the baseline that did not come as far as this scorer now.

    Columns: ``case_id`` of the current run; ``v`` and ``k`` of the baseline.
    """
    a, crashed = schema.assessment, _crashed(sides).subquery("crashed")
    place = cell(pair.current, crashed.c.case_id)
    judged = sa.exists().where(a.c.cell == place)
    now = sa.select(crashed.c.case_id, place.label("cell")).where(~judged).subquery("unjudged")
    before = case_values(pair.baseline, "before", single=sides.single)
    joined = sides.joined(pair, before, now)
    return sa.select(now.c.case_id, before.c.v, before.c.k).select_from(joined).subquery("lost")


def _crashed(sides: Sides) -> sa.Select[Any]:
    t = schema.trace
    where = t.c.run_id == sides.current, t.c.newest == 1, t.c.errored == 1
    return sa.select(t.c.case_id).distinct().where(*where)
