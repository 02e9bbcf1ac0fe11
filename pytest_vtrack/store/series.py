"""Series: one metric of one run. What it is declared to be, its number, and what was counted of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.store import schema
from pytest_vtrack.store.statements import LookUp, Prepared, Row, insert_many

Name = tuple[str, str]
"""A metric's name and fingerprint."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one run."""

    id: int
    spec: MetricSpec
    kept: SideCounts | None
    """What was counted when the run ended; ``None`` while it may store more."""


@dataclass(frozen=True, slots=True)
class CountedSeries:
    """One metric of one run, and what the run stored."""

    id: int
    counts: SideCounts


_s, _scorer = schema.series.c, schema.scorer.c
_DECLARED = ("better", "tolerance", "low", "high", "kind", "gate", "must_pass")
_COUNTED = tuple(field.name for field in fields(SideCounts) if field.name != "spec")

_SCORERS = LookUp(sa.select(_scorer.metric, _scorer.fingerprint, _scorer.id), by=_scorer.metric)
_OF_RUN = LookUp(
    sa.select(_scorer.metric, _scorer.fingerprint, _s.id, *(_s[name] for name in _DECLARED))
    .join(schema.scorer, _scorer.id == _s.scorer_id)
    .where(_s.run_id == sa.bindparam("run")),
    by=_scorer.metric,
)
_KEEP = (
    schema.series.update()
    .where(_s.id == sa.bindparam("series"))
    .values({_s[name]: sa.bindparam(name) for name in _COUNTED})
)
_FORGET = Prepared(
    schema.series.update().where(_s.run_id == sa.bindparam("run")).values({_s.cases: sa.null()})
)


def run_series(connection: sa.Connection, run_id: int) -> dict[int, Series]:
    """Return the series of a run by the number of their scorer, sorted by metric and fingerprint."""
    query = sa.select(schema.series, _scorer.metric, _scorer.fingerprint)
    query = query.join(schema.scorer, _scorer.id == _s.scorer_id).where(_s.run_id == run_id)
    rows = connection.execute(query.order_by(_scorer.metric, _scorer.fingerprint))
    return {row.scorer_id: _series(row) for row in rows}


def run_specs(connection: sa.Connection, run_id: int) -> dict[int, MetricSpec]:
    """Return what the metrics of a run are declared to be, by the number of their scorer."""
    return {number: series.spec for number, series in run_series(connection, run_id).items()}


def specs_by_series(connection: sa.Connection, run_id: int) -> dict[int, MetricSpec]:
    """Return the same by the number of the series."""
    return {series.id: series.spec for series in run_series(connection, run_id).values()}


def series_ids(connection: sa.Connection, run_id: int, specs: Mapping[Name, MetricSpec]) -> dict[Name, int]:
    """Return the number of each metric in a run; a new one is added, a declaration that changed replaced."""
    if not specs:
        return {}
    stored = _stored(connection, run_id, specs)
    missing = [name for name in specs if name not in stored]
    if missing:
        _add(connection, run_id, missing, specs)
        stored |= _stored(connection, run_id, specs)
    for name, (number, *declared) in stored.items():
        if name in specs and tuple(declared) != _declared(specs[name]):
            changed = dict(zip(_DECLARED, _declared(specs[name]), strict=True))
            connection.execute(schema.series.update().where(_s.id == number).values(changed))
    return {name: stored[name][0] for name in specs}


def keep_counts(connection: sa.Connection, series: Iterable[CountedSeries]) -> None:
    """Store what was counted of a run that has ended."""
    counted = [
        {"series": each.id, **{name: getattr(each.counts, name) for name in _COUNTED}} for each in series
    ]
    if counted:
        connection.execute(_KEEP, counted)


def forget_counts(connection: sa.Connection, run_id: int) -> None:
    """Note that what was counted of a run no longer holds."""
    _FORGET.rows(connection, run_id)


def _stored(connection: sa.Connection, run_id: int, specs: Iterable[Name]) -> dict[Name, Row]:
    rows = _OF_RUN.rows(connection, list(dict.fromkeys(metric for metric, _ in specs)), run_id)
    return {(metric, fingerprint): tuple(rest) for metric, fingerprint, *rest in rows}


def _add(
    connection: sa.Connection, run_id: int, names: Sequence[Name], specs: Mapping[Name, MetricSpec]
) -> None:
    scorers = _scorer_ids(connection, names)
    rows = [(run_id, scorers[name], *_declared(specs[name])) for name in names]
    insert_many(connection, schema.series, rows, columns=("run_id", "scorer_id", *_DECLARED), shared=True)


def _scorer_ids(connection: sa.Connection, names: Sequence[Name]) -> dict[Name, int]:
    metrics = list(dict.fromkeys(metric for metric, _ in names))

    def known() -> dict[Name, int]:
        return {(metric, mark): number for metric, mark, number in _SCORERS.rows(connection, metrics)}

    found = known()
    missing = [name for name in names if name not in found]
    if missing:
        columns = ("metric", "fingerprint")
        insert_many(connection, schema.scorer, missing, columns=columns, shared=True)
        found = known()
    return found


def _declared(spec: MetricSpec) -> Row:
    low, high = spec.bounds or (None, None)
    return (spec.better, spec.tolerance, low, high, spec.kind, spec.gate, spec.must_pass)


def _series(row: Any) -> Series:
    spec = MetricSpec(
        row.metric,
        row.fingerprint,
        better=row.better,
        tolerance=row.tolerance,
        bounds=None if row.low is None else (row.low, row.high),
        kind=row.kind,
        gate=row.gate,
        must_pass=row.must_pass,
    )
    kept = None if row.cases is None else SideCounts(spec, *(getattr(row, name) for name in _COUNTED))
    return Series(row.id, spec, kept)
