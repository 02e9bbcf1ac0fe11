"""Which metrics of a baseline stand on cases that the current run has too."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.series import Series, run_series
from pytest_vtrack.store.sides import Sides, lay_out


def metrics_of_shared_cases(
    connection: sa.Connection, baseline_key: str, current_key: str, names: Collection[str]
) -> frozenset[str]:
    """Return those of the metrics that the baseline has for at least one case of the current run."""
    sides = lay_out(connection, baseline_key, current_key)
    series = [each for each in run_series(connection, sides.baseline).values() if each.spec.name in names]
    return frozenset(each.spec.name for each in series if _is_shared(connection, sides, each))


def _is_shared(connection: sa.Connection, sides: Sides, series: Series) -> bool:
    t, a = schema.trace.c, schema.assessment.c
    same = a.cell == cell(series.id, sides.baseline_case(t.case_id))
    query = sa.select(1).select_from(schema.trace.join(schema.assessment, same))
    return connection.scalar(query.where(t.run_id == sides.current, t.newest == 1).limit(1)) is not None
