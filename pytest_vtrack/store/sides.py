"""Two runs laid beside each other: which rows are each side's, and which cases are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import case_of, cell, in_series
from pytest_vtrack.store.renames import Rename, renamed, write_renames
from pytest_vtrack.store.runs import run_number
from pytest_vtrack.store.small_values import square

NUMERIC = (schema.BOOL, schema.NUMBER)
VALUED = (*NUMERIC, schema.LABEL)


@dataclass(frozen=True, slots=True)
class Pair:
    """The numbers of one metric's series in the two runs."""

    baseline: int
    current: int
    aligned: bool = False
    """Whether every trial of one run has a number and a partner in the other that has one."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Two runs as numbers, and what is known about them that makes queries cheaper."""

    baseline: int
    current: int
    single: bool
    """Whether no case has a trial other than 0, so that every case is one row a metric."""
    renames: tuple[Rename, ...] = ()
    trials: int | None = None
    """How many trials each run has, where cases have several and every trial has its partner."""

    def joined(self, pair: Pair, before: sa.FromClause, now: sa.FromClause, *same: Any) -> sa.Join:
        """Join two sets of rows that have a ``cell``, the baseline's with the current run's.

        :param same: more conditions.
        """
        if not self.renames:
            shift = cell(pair.current - pair.baseline, 0)
            return before.join(now, sa.and_(now.c.cell == before.c.cell + shift, *same))
        case_id = self.current_case(case_of(before.c.cell, pair.baseline))
        return before.join(now, sa.and_(now.c.cell == cell(pair.current, case_id), *same))

    def current_case(self, case_id: Any) -> Any:
        """Return the number that a case of the baseline has in the current run."""
        return self._renamed(case_id, renamed.c.baseline_case, renamed.c.current_case)

    def baseline_case(self, case_id: Any) -> Any:
        """Return the number that a case of the current run has in the baseline."""
        return self._renamed(case_id, renamed.c.current_case, renamed.c.baseline_case)

    def _renamed(self, case_id: Any, own: sa.Column[int], other: sa.Column[int]) -> Any:
        if not self.renames:
            return case_id
        found = sa.select(other).where(own == case_id).correlate_except(renamed)
        return sa.func.coalesce(found.scalar_subquery(), case_id)


def lay_out(connection: sa.Connection, baseline_key: str, current_key: str) -> Sides:
    """Find two runs, and pair the tests that were renamed between them.

    :raises StoreError: one of the runs is not stored.
    """
    baseline, current = run_number(connection, baseline_key), run_number(connection, current_key)
    single = is_single(connection, baseline) and is_single(connection, current)
    sides = Sides(baseline, current, single, write_renames(connection, baseline, current))
    return sides if single else replace(sides, trials=_common_trials(connection, sides))


def _common_trials(connection: sa.Connection, sides: Sides) -> int | None:
    """Return the number of trials of both runs, ``None`` where one has a trial that the other has not."""
    a, b = schema.trace.alias("before"), schema.trace.alias("now")
    same = b.c.case_id == sides.current_case(a.c.case_id), b.c.trial == a.c.trial
    newest = a.c.run_id == sides.baseline, b.c.run_id == sides.current, a.c.newest == 1, b.c.newest == 1
    joined = sa.select(sa.func.count()).select_from(a.join(b, sa.and_(*same)))
    pairs = connection.scalar(joined.where(*newest))
    run = schema.run.c
    stored = connection.scalars(sa.select(run.stored).where(run.id.in_((sides.baseline, sides.current))))
    return pairs if set(stored) == {pairs} else None


def is_single(connection: sa.Connection, run_id: int) -> bool:
    """Tell whether all trials of a run are number 0."""
    return not connection.scalar(sa.select(schema.run.c.repeated).where(schema.run.c.id == run_id))


def rows_of(series: int, statuses: Iterable[int]) -> Any:
    """Return the condition that selects a series' rows of some kinds."""
    return sa.and_(in_series(schema.assessment.c.cell, series), _is_kind(statuses))


def case_values(series: int | None, name: str, *, single: bool, log: bool = False) -> sa.Subquery:
    """Return one metric's value of each case of a run.

    Columns: ``cell``; ``v``, the mean over trials; ``k``, how many; ``noise``, variance / k.

    :param series: ``None`` where only certain cells are asked for.
    :param log: take logarithms first; all values must be positive.
    """
    a = schema.assessment
    x = sa.func.ln(a.c.value) if log else a.c.value
    where = _is_kind(NUMERIC) if series is None else rows_of(series, NUMERIC)
    if single:
        columns = (x.label("v"), _constant("1", "k"), _constant("0.0", "noise"))
        return sa.select(a.c.cell, *columns).where(where, a.c.trial == 0).subquery(name)
    k, mean = sa.func.count(), sa.func.avg(x)
    noise = spread_over(k, sa.func.sum(square(x)) - k * square(mean))
    columns = (mean.label("v"), k.label("k"), noise.label("noise"))
    return sa.select(a.c.cell, *columns).where(where).group_by(a.c.cell).subquery(name)


def spread_over(k: Any, squares: Any) -> Any:
    """Return the variance of a mean over ``k`` trials from the sum of squares around it; 0 for one trial."""
    return sa.case((sa.and_(k > 1, squares > 0), squares / (sa.func.nullif(k - 1, 0) * k)), else_=0.0)


def _constant(value: str, name: str) -> Any:
    return sa.literal_column(value).label(name)


def _is_kind(statuses: Iterable[int]) -> Any:
    return schema.assessment.c.status.in_(list(statuses))
