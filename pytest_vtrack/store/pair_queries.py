"""Sums over the pairs of two runs, added up by the database.

Queries take one metric at a time: its rows stand together in the order of cases, so that nothing is
sorted and memory does not grow with the runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.comparison import ErrorSums, PairSums, TrialSums
from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import case_of, in_series
from pytest_vtrack.store.grouping import group_of
from pytest_vtrack.store.pairs import Paired
from pytest_vtrack.store.sides import VALUED, Pair, Sides, case_values, rows_of
from pytest_vtrack.store.small_values import rounding_of, square
from pytest_vtrack.store.statements import mapping
from pytest_vtrack.store.summaries import is_error_case

ALL = 0
"""The only group where pairs are not divided into parts."""

_EVERY_ROW = 2**62
"""As a limit, it keeps a difference from being computed anew for each sum that it goes into."""

_sum, _count = sa.func.sum, sa.func.count


def pair_sums(
    connection: sa.Connection, found: Paired, *, by_part: bool = False
) -> dict[int, tuple[PairSums, TrialSums]]:
    """Add up the differences of one metric's values.

    :param by_part: by the groups in :data:`group_of`, else all together.
    """
    rows = _differences(found, by_part=by_part)
    trials = _trial_columns(rows) if found.repeated else []
    part = rows.c.part if by_part else _part(by_part=False)
    query = sa.select(part, *_pair_columns(rows), *trials)
    sums = {}
    for part, *columns in connection.execute(query.group_by(rows.c.part) if by_part else query):
        if columns[0]:
            sums[part] = _pair_sums(columns[:8]), TrialSums(*columns[8:])
    return sums


def cluster_sums(connection: sa.Connection, found: Paired) -> tuple[PairSums, TrialSums, int, int | None]:
    """Add up one metric's differences by the clusters in :data:`group_of`.

    Returns the sums, the number of pairs and the number of clusters; ``None``: no paired case has the tag,
    so that every pair stands for itself.
    """
    rows = _differences(found, by_part=True)
    trials = _trial_columns(rows) if found.repeated else []
    totals = [_sum(rows.c[name]).label(name) for name in ("d", "b")]
    clusters = (
        sa.select(rows.c.part, _count().label("n"), *totals, _sum(square(rows.c.b)).label("b2"), *trials)
        .group_by(rows.c.part)
        .subquery("clusters")
    )
    added = [_sum(clusters.c[name]) for name in ("b2", "n", *(column.name for column in trials))]
    tagged = _count().filter(clusters.c.part > 0)
    *columns, named = connection.execute(sa.select(*_pair_columns(clusters), *added, tagged)).one()
    squares, pairs, *trial_sums = columns[8:]
    if not pairs:
        return PairSums(), TrialSums(), 0, None
    sums = _weighted(_pair_sums(columns[:8]), columns[0] / pairs, squares)
    return sums, TrialSums(*trial_sums), pairs, sums.n if named else None


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
    connection: sa.Connection, sides: Sides, pair: Pair, *, by_part: bool = False
) -> dict[int, ErrorSums]:
    """Add up the values whose partner is an error."""
    parts = error_values(sides, pair, now=True), error_values(sides, pair, now=False)
    found: dict[int, list[tuple[Any, ...]]] = {}
    for place, values in enumerate(parts):
        part = _part(by_part)
        query = sa.select(part, _count(), _sum(values.c.v), _sum(square(values.c.v)))
        query = query.select_from(_with_parts(values, values.c.case_id, by_part))
        for number, *columns in connection.execute(query.group_by(*([part] if by_part else []))):
            if columns[0]:
                found.setdefault(number, [(0, 0.0, 0.0), (0, 0.0, 0.0)])[place] = tuple(columns)
    return {number: ErrorSums(*lost, *won) for number, (lost, won) in found.items()}


def error_values(sides: Sides, pair: Pair, *, now: bool) -> sa.Subquery:
    """Return the shared cases that have an error on one side and a value on the other.

    Columns: ``case_id`` of the current run; ``v`` and ``k`` of the side with the value.

    :param now: the error is the current run's, else the baseline's.
    """
    if now:
        before = values = case_values(pair.baseline, "before", single=sides.single)
        after = _error_cases(pair.current, "after")
    else:
        before = _error_cases(pair.baseline, "before")
        after = values = case_values(pair.current, "after", single=sides.single)
    case_id = case_of(after.c.cell, pair.current).label("case_id")
    joined = sides.joined(pair, before, after)
    return sa.select(case_id, values.c.v, values.c.k).select_from(joined).subquery("errors")


def label_sums(
    connection: sa.Connection, sides: Sides, pair: Pair, *, by_part: bool = False
) -> dict[int, tuple[int, int]]:
    """Count the pairs of categories, and those that differ."""
    before, now = _labels(pair.baseline, "labels_before"), _labels(pair.current, "labels_now")
    part = _part(by_part)
    changed = _count().filter(before.c.value != now.c.value)
    joined = _with_parts(sides.joined(pair, before, now), case_of(now.c.cell, pair.current), by_part)
    query = sa.select(part, _count(), changed).select_from(joined).group_by(*([part] if by_part else []))
    return {number: (pairs, changes) for number, pairs, changes in connection.execute(query) if pairs}


def valued_cases(connection: sa.Connection, sides: Sides, pair: Pair, *, now: bool) -> dict[int, int]:
    """Count the cases of each part that have a value on one side."""
    a = schema.assessment
    series = pair.current if now else pair.baseline
    cases = sa.select(a.c.cell).distinct().where(rows_of(series, VALUED)).subquery("valued")
    own = case_of(cases.c.cell, series)
    case_id = own if now else sides.current_case(own)
    joined = cases.join(group_of, group_of.c.case_id == case_id)
    query = sa.select(group_of.c.number, _count()).select_from(joined).group_by(group_of.c.number)
    return mapping(connection, query)


def _differences(found: Paired, *, by_part: bool) -> sa.Subquery:
    """Return baseline's value and difference of each pair, and what its trials say."""
    change = {"part": _part(by_part), "b": found.before, "d": found.now - found.before}
    trials = {"noise": found.noise, "k": found.before_trials, "other_k": found.now_trials}
    columns = change | trials if found.repeated else change
    rows = sa.select(*(column.label(name) for name, column in columns.items()))
    rows = rows.select_from(_with_parts(found.rows, found.case_id, by_part))
    return rows.limit(sa.literal_column(str(_EVERY_ROW))).subquery("pairs")


def _pair_columns(rows: sa.Subquery) -> list[Any]:
    b, d = rows.c.b, rows.c.d
    up, down = _count().filter(d > rounding_of(b)), _count().filter(-d > rounding_of(b))
    squares = _sum(square(d)), _sum(square(b))
    return [_count(), _sum(d), squares[0], up, down, _sum(b), squares[1], sa.func.max(sa.func.abs(d))]


def _pair_sums(columns: Sequence[Any]) -> PairSums:
    n, s1, s2, up, down, baseline_sum, baseline_sum2, largest = columns
    if not n:
        return PairSums()
    return PairSums(n, s1, s2, up, down, baseline_sum, baseline_sum2, baseline_sum + s1, largest)


def _trial_columns(rows: sa.Subquery) -> list[Any]:
    """Return the columns of :class:`TrialSums`, in its order."""
    k, other_k, noise = rows.c.k, rows.c.other_k, rows.c.noise
    columns = {"pairs": _count(), "noise": _sum(noise), "trials": _sum(k), "other_trials": _sum(other_k)}
    repeated = sa.and_(k > 1, other_k > 1)
    return [sa.func.coalesce(each.filter(repeated), 0).label(name) for name, each in columns.items()]


def _part(by_part: bool) -> Any:
    return group_of.c.number if by_part else sa.literal_column(str(ALL))


def _with_parts(rows: Any, case_id: Any, by_part: bool) -> Any:
    return rows.join(group_of, group_of.c.case_id == case_id) if by_part else rows


def _error_cases(series: int, name: str) -> sa.Subquery:
    """Return the cases with an error; only rows of cases that have one are looked at."""
    a, e = schema.assessment, schema.assessment.alias("e")
    any_error = sa.select(e.c.cell).where(in_series(e.c.cell, series), e.c.status == schema.ERROR)
    rows = sa.select(a.c.cell).where(a.c.cell.in_(any_error))
    return rows.group_by(a.c.cell).having(is_error_case()).subquery(name)


def _labels(series: int, name: str) -> sa.Subquery:
    """Return the category of each case, as the newest trial that has one."""
    a, last = schema.assessment, schema.assessment.alias("last")
    labels = last.c.cell == a.c.cell, last.c.status == schema.LABEL
    newest = sa.select(sa.func.max(last.c.trial)).where(*labels).correlate(a).scalar_subquery()
    where = rows_of(series, [schema.LABEL]), a.c.trial == newest
    return sa.select(a.c.cell, a.c.value).where(*where).subquery(name)
