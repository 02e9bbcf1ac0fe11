"""What one run stored under each metric."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import RATIO_KINDS, STABLE, MetricSpec
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import CASES, cell, in_series
from pytest_vtrack.store.series import CountedSeries, Series, run_series
from pytest_vtrack.store.sides import NUMERIC, VALUED, case_values, is_single
from pytest_vtrack.store.small_values import square
from pytest_vtrack.store.stable import stable_counts
from pytest_vtrack.store.statements import Prepared

_TOTALS = ("cases", "bools", "numbers", "labels", "errors")
_EXTREMES = ("minimum", "maximum", "mean")


def summaries(connection: sa.Connection, run_id: int) -> dict[int, CountedSeries]:
    """Return the metrics of a run by the number of the scorer, sorted by name, as counted when it ended."""
    series = run_series(connection, run_id)
    if any(each.kept is None for each in series.values()):
        return counted(connection, run_id)
    return {number: CountedSeries(each.id, each.kept) for number, each in series.items() if each.kept}


def metric_summaries(connection: sa.Connection, run_id: int) -> list[SideCounts]:
    """Return the same as a list, with the built-in metric of runs that repeat cases."""
    series = summaries(connection, run_id).values()
    found = without_superseded([each.counts for each in series])
    if is_single(connection, run_id) or any(side.spec.name == STABLE.name for side in found):
        return found
    stable = stable_counts(connection, series)
    return sorted([*found, *([stable] if stable else [])], key=lambda side: side.spec.name)


def counted(connection: sa.Connection, run_id: int) -> dict[int, CountedSeries]:
    """Count what a run has stored until now."""
    single = is_single(connection, run_id)
    return {
        number: CountedSeries(each.id, _side(connection, each, single=single))
        for number, each in run_series(connection, run_id).items()
    }


def _side(connection: sa.Connection, series: Series, *, single: bool) -> SideCounts:
    side = _uniform(connection, series) or _counts(connection, series, single=single)
    if takes_logarithms(side):
        return _with_geometric_mean(connection, series, side, single=single)
    return _with_standard_error(connection, series, side, single=single)


def _uniform(connection: sa.Connection, series: Series) -> SideCounts | None:
    """Count a metric with one kind of value only, in half the time that others take."""
    place = cell(series.id, 0)
    ((count, values, kind, other, low, high, mean),) = _UNIFORM.rows(connection, place, place + CASES - 1)
    if kind != other or kind not in NUMERIC:
        return None
    bools = values if kind == schema.BOOL else 0
    return SideCounts(series.spec, count, bools, values - bools, minimum=low, maximum=high, mean=mean)


def _uniform_query() -> sa.Select[Any]:
    a, of_all = schema.assessment, sa.func
    columns = {
        "k": of_all.count(),
        "kind": of_all.min(a.c.status),
        "other": of_all.max(a.c.status),
        "low": of_all.min(a.c.value),
        "high": of_all.max(a.c.value),
        "mean": of_all.avg(a.c.value),
    }
    rows = sa.select(*(column.label(name) for name, column in columns.items()))
    mine = a.c.cell.between(sa.bindparam("first"), sa.bindparam("last"))
    cases = rows.where(mine).group_by(a.c.cell).subquery("cases").c
    kinds = of_all.min(cases.kind), of_all.max(cases.other)
    extremes = of_all.min(cases.low), of_all.max(cases.high), of_all.avg(cases.mean)
    return sa.select(of_all.count(), of_all.sum(cases.k), *kinds, *extremes)


_UNIFORM = Prepared(_uniform_query())


def takes_logarithms(side: SideCounts) -> bool:
    """Tell whether versions are compared by a factor: a ratio kind, and no value is zero or less."""
    return side.spec.kind in RATIO_KINDS and side.minimum is not None and side.minimum > 0


def without_superseded(sides: Sequence[SideCounts]) -> list[SideCounts]:
    """Leave out what a scorer said of which nothing counts any more, where another took its place."""
    counting = {side.spec.name for side in sides if side.cases or side.errors}
    return [side for side in sides if side.cases or side.errors or side.spec.name not in counting]


def merged(sides: Sequence[SideCounts], spec: MetricSpec) -> SideCounts:
    """Add up what several scorers stored under one metric name."""
    sides = without_superseded(sides)
    if len(sides) == 1:
        return sides[0]
    counted = [side for side in sides if side.mean is not None]
    weights = [float(side.cases) for side in counted]
    means = [side.mean or 0.0 for side in counted]
    totals: dict[str, Any] = {name: sum(getattr(side, name) for side in sides) for name in _TOTALS}
    side = SideCounts(
        spec=spec,
        minimum=min((side.minimum for side in sides if side.minimum is not None), default=None),
        maximum=max((side.maximum for side in sides if side.maximum is not None), default=None),
        mean=sum(map(operator.mul, means, weights)) / sum(weights) if counted else None,
    )
    return replace(side, **totals)


def _counts(connection: sa.Connection, series: Series, *, single: bool) -> SideCounts:
    cases = (_rows if single else _cases)(series.id)
    totals = [sa.func.coalesce(sa.func.sum(cases.c[name]), 0).label(name) for name in _TOTALS]
    extremes = (sa.func.min(cases.c.low), sa.func.max(cases.c.high), sa.func.avg(cases.c.mean))
    columns = (*totals, *(column.label(name) for name, column in zip(_EXTREMES, extremes, strict=True)))
    return SideCounts(series.spec, **connection.execute(sa.select(*columns)).one()._mapping)  # noqa: SLF001


def _with_geometric_mean(
    connection: sa.Connection, series: Series, side: SideCounts, *, single: bool
) -> SideCounts:
    """Give a metric that compares by a factor its geometric mean."""
    values = case_values(series.id, "cases", single=single, log=True)
    mean = connection.execute(sa.select(sa.func.avg(values.c.v))).scalar_one()
    return replace(side, mean=math.exp(mean))


def _with_standard_error(
    connection: sa.Connection, series: Series, side: SideCounts, *, single: bool
) -> SideCounts:
    """Add the standard error, from differences to the mean: squares of large values would lose it."""
    if side.mean is None:
        return side
    values = case_values(series.id, "cases", single=single)
    d = values.c.v - sa.literal(side.mean)
    n, squares = connection.execute(sa.select(sa.func.count(), sa.func.sum(square(d)))).one()
    return replace(side, standard_error=math.sqrt(squares / (n - 1) / n)) if n > 1 else side


def _is(*statuses: int) -> Any:
    return sa.case((schema.assessment.c.status.in_(statuses), 1), else_=0)


def _number() -> Any:
    a = schema.assessment
    return sa.case((a.c.status.in_(NUMERIC), a.c.value))


def _rows(series: int) -> sa.Subquery:
    a, value = schema.assessment, _number()
    columns = {
        "cases": _is(*VALUED),
        "bools": _is(schema.BOOL),
        "numbers": _is(schema.NUMBER),
        "labels": _is(schema.LABEL),
        "errors": _is(schema.ERROR),
        "low": value,
        "high": value,
        "mean": value,
    }
    labelled = [column.label(name) for name, column in columns.items()]
    return sa.select(*labelled).where(in_series(a.c.cell, series)).subquery("cases")


def _cases(series: int) -> sa.Subquery:
    a, value = schema.assessment, _number()
    total = sa.func.sum
    columns = {
        "cases": sa.func.max(_is(*VALUED)),
        "bools": total(_is(schema.BOOL)),
        "numbers": total(_is(schema.NUMBER)),
        "labels": total(_is(schema.LABEL)),
        "errors": sa.case((is_error_case(), 1), else_=0),
        "low": sa.func.min(value),
        "high": sa.func.max(value),
        "mean": sa.func.avg(value),
    }
    labelled = [column.label(name) for name, column in columns.items()]
    where = in_series(a.c.cell, series)
    return sa.select(*labelled).where(where).group_by(a.c.cell).subquery("cases")


def is_error_case() -> Any:
    """Return the condition on a case's rows: no trial has a value, and the newest has an error."""
    a = schema.assessment
    last_error = sa.func.max(sa.case((a.c.status == schema.ERROR, a.c.trial)))
    return sa.and_(sa.func.max(_is(*VALUED)) == 0, last_error == sa.func.max(a.c.trial))
