"""The one case that moves a mean: it changed far more than the others."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store import change_table, schema
from pytest_vtrack.store.pairs import paired
from pytest_vtrack.store.protocol import Outlier
from pytest_vtrack.store.sides import lay_out
from pytest_vtrack.store.small_values import rounding_of

FAR = 20
"""How many times as much as the median of the cases that changed."""


def outlier(
    connection: sa.Connection, baseline_key: str, current_key: str, *, metric: str, log: bool
) -> Outlier | None:
    """Find the case with the largest difference, if the median of those that changed is a twentieth or less.

    Nothing is sorted: that more than half of them are smaller says the same.
    """
    sides = lay_out(connection, baseline_key, current_key)
    shared = change_table.shared_metrics(connection, sides)
    pairs = [each.pair for each in shared if each.now.spec.name == metric]
    if len(pairs) != 1:  # sums of several scorers under one name are never one case's
        return None
    found = paired(connection, sides, pairs[0], log=log)
    columns = found.case_id.label("case_id"), found.before.label("b"), (found.now - found.before).label("d")
    rows = sa.select(*columns).select_from(found.rows).subquery("differences")
    size = sa.func.abs(rows.c.d)
    largest = connection.execute(sa.select(rows).order_by(size.desc()).limit(1)).one_or_none()
    if largest is None:
        return None
    changed = size > rounding_of(rows.c.b)
    small = sa.func.count().filter(size * FAR < abs(largest.d))
    count, smaller = connection.execute(sa.select(sa.func.count(), small).where(changed)).one()
    if smaller * 2 <= count:
        return None
    case = schema.case_.c
    name = connection.scalar(sa.select(case.case_id).where(case.id == largest.case_id))
    return Outlier(str(name), largest.d, largest.b)
