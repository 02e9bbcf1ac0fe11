"""What one run stored under each metric."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import RATIO_KINDS, MetricSpec
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.store import schema
from pytest_vtrack.store.reading import run_specs
from pytest_vtrack.store.sides import NUMERIC, VALUED, case_values, is_single

_TOTALS = ("cases", "bools", "numbers", "labels", "errors")
_EXTREMES = ("minimum", "maximum", "mean")


def summaries(connection: sa.Connection, run_id: int) -> dict[int, SideCounts]:
    """Return the counts of a run by the number of the scorer, sorted by metric name."""
    single = is_single(connection, run_id)
    specs = run_specs(connection, run_id)
    found = _uniform(connection, run_id, specs) if single else {}
    for scorer_id in specs.keys() - found.keys():
        found[scorer_id] = _counts(connection, run_id, scorer_id, specs[scorer_id], single=single)
    return {
        scorer_id: _with_mean(connection, run_id, scorer_id, found[scorer_id], single) for scorer_id in specs
    }


def _uniform(
    connection: sa.Connection, run_id: int, specs: Mapping[int, MetricSpec]
) -> dict[int, SideCounts]:
    """Return the counts of the scorers with one kind of value only, in half the time that others take."""
    a = schema.assessment
    kinds = (sa.func.min(a.c.status), sa.func.max(a.c.status))
    numbers = (sa.func.min(a.c.value), sa.func.max(a.c.value), sa.func.avg(a.c.value))
    query = sa.select(a.c.scorer_id, sa.func.count(), *kinds, *numbers)
    found = {}
    for scorer_id, count, kind, other, low, high, mean in connection.execute(
        query.where(a.c.run_id == run_id).group_by(a.c.scorer_id)
    ):
        if kind == other and kind in NUMERIC:
            bools = count if kind == schema.BOOL else 0
            side = SideCounts(specs[scorer_id], count, bools, count - bools)
            found[scorer_id] = replace(side, minimum=low, maximum=high, mean=mean)
    return found


def takes_logarithms(side: SideCounts) -> bool:
    """Tell whether versions are compared by a factor: a ratio kind, and no value is zero or less."""
    return side.spec.kind in RATIO_KINDS and side.minimum is not None and side.minimum > 0


def merged(sides: Sequence[SideCounts], spec: MetricSpec) -> SideCounts:
    """Add up what several scorers stored under one metric name."""
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


def _counts(
    connection: sa.Connection, run_id: int, scorer_id: int, spec: MetricSpec, *, single: bool
) -> SideCounts:
    cases = (_rows if single else _cases)(run_id, scorer_id)
    totals = [sa.func.coalesce(sa.func.sum(cases.c[name]), 0).label(name) for name in _TOTALS]
    extremes = (sa.func.min(cases.c.low), sa.func.max(cases.c.high), sa.func.avg(cases.c.mean))
    columns = (*totals, *(column.label(name) for name, column in zip(_EXTREMES, extremes, strict=True)))
    return SideCounts(spec, **connection.execute(sa.select(*columns)).one()._mapping)  # noqa: SLF001


def _with_mean(
    connection: sa.Connection, run_id: int, scorer_id: int, side: SideCounts, single: bool
) -> SideCounts:
    """Give a metric that compares by a factor its geometric mean."""
    if not takes_logarithms(side):
        return side
    values = case_values(run_id, scorer_id, "cases", single=single, log=True)
    mean = connection.execute(sa.select(sa.func.avg(values.c.v))).scalar_one()
    return replace(side, mean=math.exp(mean))


def _is(*statuses: int) -> Any:
    return sa.case((schema.assessment.c.status.in_(statuses), 1), else_=0)


def _number() -> Any:
    a = schema.assessment
    return sa.case((a.c.status.in_(NUMERIC), a.c.value))


def _rows(run_id: int, scorer_id: int) -> sa.Subquery:
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
    return sa.select(*labelled).where(a.c.run_id == run_id, a.c.scorer_id == scorer_id).subquery("cases")


def _cases(run_id: int, scorer_id: int) -> sa.Subquery:
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
    where = a.c.run_id == run_id, a.c.scorer_id == scorer_id
    return sa.select(*labelled).where(*where).group_by(a.c.case_id).subquery("cases")


def is_error_case() -> Any:
    """Return the condition on a case's rows: no trial has a value, and the newest has an error."""
    a = schema.assessment
    last_error = sa.func.max(sa.case((a.c.status == schema.ERROR, a.c.trial)))
    return sa.and_(sa.func.max(_is(*VALUED)) == 0, last_error == sa.func.max(a.c.trial))
