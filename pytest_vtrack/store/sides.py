"""Two runs laid beside each other: which rows are each side's, and which cases are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.store import schema
from pytest_vtrack.store.renames import Rename, renamed, write_renames
from pytest_vtrack.store.runs import run_number

NUMERIC = (schema.BOOL, schema.NUMBER)
VALUED = (*NUMERIC, schema.LABEL)


@dataclass(frozen=True, slots=True)
class Sides:
    """Two runs as numbers, and what is known about them that makes queries cheaper."""

    baseline: int
    current: int
    single: bool
    """Whether no case has a trial other than 0, so that every case is one row a metric."""
    renames: tuple[Rename, ...] = ()

    def joined(self, before: sa.FromClause, now: sa.FromClause) -> sa.Join:
        """Join two sets of rows that have a ``case_id``, the baseline's with the current run's."""
        if not self.renames:
            return before.join(now, now.c.case_id == before.c.case_id)
        return before.outerjoin(renamed, renamed.c.baseline_case == before.c.case_id).join(
            now, now.c.case_id == sa.func.coalesce(renamed.c.current_case, before.c.case_id)
        )


def lay_out(connection: sa.Connection, baseline_key: str, current_key: str) -> Sides:
    """Find two runs, and pair the tests that were renamed between them.

    :raises StoreError: one of the runs is not stored.
    """
    baseline, current = run_number(connection, baseline_key), run_number(connection, current_key)
    single = is_single(connection, baseline) and is_single(connection, current)
    return Sides(baseline, current, single, write_renames(connection, baseline, current))


def is_single(connection: sa.Connection, run_id: int) -> bool:
    """Tell whether all trials of a run are number 0."""
    t = schema.trace
    other = sa.select(t.c.case_id).where(t.c.run_id == run_id, t.c.trial != 0).limit(1)
    return connection.execute(other).first() is None


def rows_of(run_id: int, scorer_id: int, statuses: Iterable[int]) -> Any:
    """Return the condition that selects one metric's rows of a run."""
    a = schema.assessment
    return sa.and_(a.c.run_id == run_id, a.c.scorer_id == scorer_id, a.c.status.in_(list(statuses)))


def case_values(run_id: int, scorer_id: int, name: str, *, single: bool, log: bool = False) -> sa.Subquery:
    """Return one metric's value of each case of a run.

    Columns: ``case_id``; ``v``, the mean over trials; ``k``, how many; ``noise``, variance / k.

    :param log: take logarithms first; all values must be positive.
    """
    a = schema.assessment
    x = sa.func.ln(a.c.value) if log else a.c.value
    where = rows_of(run_id, scorer_id, NUMERIC)
    if single:
        columns: tuple[Any, ...] = (
            x.label("v"),
            sa.literal_column("1").label("k"),
            sa.literal_column("0.0").label("noise"),
        )
        return sa.select(a.c.case_id, *columns).where(where, a.c.trial == 0).subquery(name)
    k, mean = sa.func.count(), sa.func.avg(x)
    spread = sa.func.sum(x * x) - k * mean * mean
    noise = sa.case(
        (k > 1, sa.case((spread > 0, spread), else_=0.0) / (sa.func.nullif(k - 1, 0) * k)), else_=0.0
    )
    columns = (mean.label("v"), k.label("k"), noise.label("noise"))
    return sa.select(a.c.case_id, *columns).where(where).group_by(a.c.case_id).subquery(name)
