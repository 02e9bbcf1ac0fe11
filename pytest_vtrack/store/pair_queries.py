"""Sums over the pairs of two runs, added up by the database.

Queries take one scorer at a time: its rows stand together in the order of cases, so that nothing is
sorted and memory does not grow with the runs.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.comparison import ErrorSums, PairSums, TrialSums
from pytest_vtrack.store import schema
from pytest_vtrack.store.grouping import group_of
from pytest_vtrack.store.sides import VALUED, Sides, case_values, rows_of
from pytest_vtrack.store.statements import mapping
from pytest_vtrack.store.summaries import is_error_case

ROUNDING = 1e-12
"""Differences up to this share of the baseline's value (or of 1) are rounding, not change."""

ALL = 0
"""The only group where pairs are not divided into parts."""

_sum, _count = sa.func.sum, sa.func.count


def pair_sums(
    connection: sa.Connection, sides: Sides, scorer_id: int, *, log: bool = False, by_part: bool = False
) -> dict[int, tuple[PairSums, TrialSums]]:
    """Add up the differences of one scorer's values.

    :param by_part: by the groups in :data:`group_of`, else all together.
    """
    pairs = _pairs(sides, scorer_id, log=log, grouped=by_part)
    trials = [] if sides.single else _trial_columns(pairs)
    query = sa.select(pairs.c.part, *_pair_columns(pairs), *trials).group_by(
        *([pairs.c.part] if by_part else [])
    )
    sums = {}
    for part, *columns in connection.execute(query):
        if columns[0]:
            sums[part] = PairSums(*columns[:9]), TrialSums(*columns[9:])
    return sums


def cluster_sums(
    connection: sa.Connection, sides: Sides, scorer_id: int, *, log: bool = False
) -> tuple[PairSums, int | None]:
    """Add up one scorer's differences by the clusters in :data:`group_of`, and count the clusters.

    ``None``: no paired case has the tag, so that every pair stands for itself.
    """
    pairs = _pairs(sides, scorer_id, log=log, grouped=True)
    clusters = (
        sa.select(
            pairs.c.part,
            _count().label("n"),
            *(_sum(pairs.c[name]).label(name) for name in ("d", "b", "c")),
            _sum(pairs.c.b * pairs.c.b).label("b2"),
        )
        .group_by(pairs.c.part)
        .subquery("clusters")
    )
    own = sa.case((clusters.c.part > 0, 1), else_=0)
    columns = (*_pair_columns(clusters), _sum(clusters.c.b2), _sum(clusters.c.n), _sum(own))
    *sums, squares, cases, tagged = connection.execute(sa.select(*columns)).one()
    if not cases:
        return PairSums(), None
    return _weighted(PairSums(*sums), sums[0] / cases, squares), sums[0] if tagged else None


def _weighted(sums: PairSums, weight: float, baseline_squares: float) -> PairSums:
    """Scale the sums of clusters, so that divided by their number they are means over cases."""
    return PairSums(
        n=sums.n,
        s1=sums.s1 * weight,
        s2=sums.s2 * weight**2,
        up=sums.up,
        down=sums.down,
        baseline_sum=sums.baseline_sum * weight,
        baseline_sum2=baseline_squares * weight,
        current_sum=sums.current_sum * weight,
        largest=sums.largest * weight,
    )


def error_sums(
    connection: sa.Connection, sides: Sides, scorer_id: int, *, by_part: bool = False
) -> dict[int, ErrorSums]:
    """Add up the values whose partner is an error."""
    parts = error_values(sides, scorer_id, now=True), error_values(sides, scorer_id, now=False)
    found: dict[int, list[tuple[Any, ...]]] = {}
    for place, values in enumerate(parts):
        part = _part(by_part)
        query = sa.select(part, _count(), _sum(values.c.v), _sum(values.c.v * values.c.v))
        query = query.select_from(_with_parts(values, values.c.case_id, by_part))
        for number, *columns in connection.execute(query.group_by(*([part] if by_part else []))):
            if columns[0]:
                found.setdefault(number, [(0, 0.0, 0.0), (0, 0.0, 0.0)])[place] = tuple(columns)
    return {number: ErrorSums(*lost, *won) for number, (lost, won) in found.items()}


def error_values(sides: Sides, scorer_id: int, *, now: bool) -> sa.Subquery:
    """Return the shared cases that have an error on one side and a value on the other.

    Columns: ``case_id`` of the current run; ``v`` and ``k`` of the side with the value.

    :param now: the error is the current run's, else the baseline's.
    """
    if now:
        before = case_values(sides.baseline, scorer_id, "before", single=sides.single)
        after = _error_cases(sides.current, scorer_id, "after")
        values = before
    else:
        before = _error_cases(sides.baseline, scorer_id, "before")
        after = values = case_values(sides.current, scorer_id, "after", single=sides.single)
    joined = sides.joined(before, after)
    return sa.select(after.c.case_id, values.c.v, values.c.k).select_from(joined).subquery("errors")


def label_sums(
    connection: sa.Connection, sides: Sides, scorer_id: int, *, by_part: bool = False
) -> dict[int, tuple[int, int]]:
    """Count the pairs of categories, and those that differ."""
    before, now = (
        _labels(run, scorer_id, f"labels_{run}_{i}") for i, run in enumerate((sides.baseline, sides.current))
    )
    part = _part(by_part)
    changed = _sum(sa.case((before.c.value != now.c.value, 1), else_=0))
    joined = _with_parts(sides.joined(before, now), now.c.case_id, by_part)
    query = sa.select(part, _count(), changed).select_from(joined).group_by(*([part] if by_part else []))
    return {number: (pairs, changes) for number, pairs, changes in connection.execute(query) if pairs}


def valued_cases(connection: sa.Connection, sides: Sides, scorer_id: int, *, now: bool) -> dict[int, int]:
    """Count the cases of each part that have a value on one side."""
    a = schema.assessment
    run_id = sides.current if now else sides.baseline
    cases = sa.select(a.c.case_id).distinct().where(rows_of(run_id, scorer_id, VALUED)).subquery("valued")
    grouped = sa.select(group_of.c.case_id, group_of.c.number).subquery("grouped")
    joined = (
        cases.join(grouped, grouped.c.case_id == cases.c.case_id) if now else sides.joined(cases, grouped)
    )
    query = sa.select(grouped.c.number, _count()).select_from(joined).group_by(grouped.c.number)
    return mapping(connection, query)


def _pairs(sides: Sides, scorer_id: int, *, log: bool, grouped: bool) -> sa.Subquery:
    before = case_values(sides.baseline, scorer_id, "before", single=sides.single, log=log)
    now = case_values(sides.current, scorer_id, "now", single=sides.single, log=log)
    b, c = before.c, now.c
    both_repeated = sa.and_(b.k > 1, c.k > 1)
    trials = (
        []
        if sides.single
        else [
            sa.case((both_repeated, 1), else_=0).label("repeated"),
            sa.case((both_repeated, b.noise + c.noise), else_=0.0).label("noise"),
            sa.case((both_repeated, b.k), else_=0).label("k_before"),
            sa.case((both_repeated, c.k), else_=0).label("k_now"),
        ]
    )
    part = _part(grouped).label("part")
    columns = (part, b.v.label("b"), c.v.label("c"), (c.v - b.v).label("d"), *trials)
    return (
        sa.select(*columns)
        .select_from(_with_parts(sides.joined(before, now), c.case_id, grouped))
        .subquery("pairs")
    )


def _pair_columns(pairs: sa.Subquery) -> list[Any]:
    """Return the columns of :class:`PairSums`, in its order."""
    b, c, d = pairs.c.b, pairs.c.c, pairs.c.d
    rounding = ROUNDING * sa.func.abs(b)
    up = sa.case((sa.and_(d > ROUNDING, d > rounding), 1), else_=0)
    down = sa.case((sa.and_(d < -ROUNDING, d < -rounding), 1), else_=0)
    columns = [
        _sum(d),
        _sum(d * d),
        _sum(up),
        _sum(down),
        _sum(b),
        _sum(b * b),
        _sum(c),
        sa.func.max(sa.func.abs(d)),
    ]
    return [_count(), *columns]


def _trial_columns(pairs: sa.Subquery) -> list[Any]:
    """Return the columns of :class:`TrialSums`, in its order."""
    return [_sum(pairs.c[name]) for name in ("repeated", "noise", "k_before", "k_now")]


def _part(grouped: bool) -> Any:
    return group_of.c.number if grouped else sa.literal_column(str(ALL))


def _with_parts(rows: Any, case_id: sa.ColumnElement[int], grouped: bool) -> Any:
    return rows.join(group_of, group_of.c.case_id == case_id) if grouped else rows


def _error_cases(run_id: int, scorer_id: int, name: str) -> sa.Subquery:
    """Return the cases with an error; only rows of cases that have one are looked at."""
    a, e = schema.assessment, schema.assessment.alias("e")
    any_error = sa.select(e.c.case_id).where(
        e.c.run_id == run_id, e.c.scorer_id == scorer_id, e.c.status == schema.ERROR
    )
    where = a.c.run_id == run_id, a.c.scorer_id == scorer_id, a.c.case_id.in_(any_error)
    return sa.select(a.c.case_id).where(*where).group_by(a.c.case_id).having(is_error_case()).subquery(name)


def _labels(run_id: int, scorer_id: int, name: str) -> sa.Subquery:
    """Return the category of each case, as the newest trial that has one."""
    a, last = schema.assessment, schema.assessment.alias("last")
    where = rows_of(run_id, scorer_id, [schema.LABEL])
    newest = sa.select(sa.func.max(last.c.trial)).where(
        last.c.run_id == run_id,
        last.c.scorer_id == scorer_id,
        last.c.case_id == a.c.case_id,
        last.c.status == schema.LABEL,
    )
    columns = sa.select(a.c.case_id, a.c.value)
    return columns.where(where, a.c.trial == newest.correlate(a).scalar_subquery()).subquery(name)
