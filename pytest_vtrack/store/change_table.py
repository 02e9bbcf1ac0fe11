"""Where changed cases are noted while they are counted: a temporary table, a row a case and metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.store import schema
from pytest_vtrack.store.reading import run_specs
from pytest_vtrack.store.sides import Sides, case_values

BETTER, WORSE, LOST = -1, 1, 2
"""``sign`` of a change. Lost: a value in the baseline, an error now."""

change = sa.Table(
    "vtrack_change",
    sa.MetaData(),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("case_id", "scorer_id", "sign")),
    sa.Column("loss", sa.Double, nullable=False),
    sa.Column("before", sa.Double),
    sa.Column("now", sa.Double),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("before_trials", "now_trials")),
    prefixes=["TEMPORARY"],
)
"""Cases are those of the current run; values are means over trials."""


def new_table(connection: sa.Connection) -> None:
    """Begin with an empty table."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS vtrack_change")
    change.create(connection, checkfirst=False)


def write(connection: sa.Connection, rows: sa.Select[Any]) -> None:
    """Note changes; the columns are those of :data:`change`, in order."""
    connection.execute(change.insert().from_select(change.c.keys(), rows))


def by_case() -> sa.Subquery:
    """Return one row a case: its gravest sign, its largest loss and its largest gain."""
    columns = (sa.func.max(change.c.sign).label("sign"), sa.func.max(change.c.loss).label("most"))
    least = sa.func.min(change.c.loss).label("least")
    return sa.select(change.c.case_id, *columns, least).group_by(change.c.case_id).subquery("by_case")


def count(connection: sa.Connection, cases: sa.Subquery, condition: Any) -> int:
    """Count the cases under a condition."""
    query = sa.select(sa.func.count()).select_from(cases).where(condition)
    return connection.execute(query).scalar_one()


def first(connection: sa.Connection, cases: sa.Subquery, condition: Any, order: Any, limit: int) -> list[int]:
    """Return the first cases in an order; equal ones by case id, dataset, test and flags."""
    c = schema.case_
    joined = sa.select(cases.c.case_id).join(c, c.c.id == cases.c.case_id).where(condition)
    return list(
        connection.scalars(joined.order_by(order, c.c.case_id, c.c.dataset, c.c.test, c.c.flags).limit(limit))
    )


def shared_specs(connection: sa.Connection, sides: Sides) -> dict[int, MetricSpec]:
    """Return the metrics whose values pair, as the current run declares them."""
    before = run_specs(connection, sides.baseline)
    return {number: spec for number, spec in run_specs(connection, sides.current).items() if number in before}


def scorers_of(specs: Mapping[int, MetricSpec], name: str) -> list[int]:
    """Return the scorers that computed a metric."""
    return [scorer_id for scorer_id, spec in specs.items() if spec.name == name]


def crashed_cases(sides: Sides, scorer_id: int) -> sa.Subquery:
    """Return the cases with a value in the baseline that did not come as far as this scorer now."""
    t, a = schema.trace, schema.assessment
    judged = sa.exists().where(
        a.c.run_id == sides.current, a.c.scorer_id == scorer_id, a.c.case_id == t.c.case_id
    )
    where = t.c.run_id == sides.current, t.c.newest == 1, t.c.errored == 1
    now = sa.select(t.c.case_id).distinct().where(*where, ~judged).subquery("crashed")
    before = case_values(sides.baseline, scorer_id, "before", single=sides.single)
    joined = sides.joined(before, now)
    return sa.select(now.c.case_id, before.c.v, before.c.k).select_from(joined).subquery("lost")
