"""What a run has of each trial, without what is wide: for going on where it was interrupted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import COMPLETED, COST, PASSED
from pytest_vtrack.model.run import CaseKey
from pytest_vtrack.model.scorer_cost import said_cost
from pytest_vtrack.model.stored_trial import StoredTrial
from pytest_vtrack.store import schema
from pytest_vtrack.store.case_numbers import case_hash
from pytest_vtrack.store.cells import case_of, cell, in_series
from pytest_vtrack.store.schema import BOOL, NUMBER
from pytest_vtrack.store.series import Series, run_series
from pytest_vtrack.store.writing import delete_assessments, supersede

_Trial = tuple[int, int]
"""Number of the case, and trial."""


_Cases = Collection[int] | None
"""Numbers of cases; ``None``: all of them."""


def stored_trials(connection: sa.Connection, run_id: int, cases: _Cases = None) -> Iterator[StoredTrial]:
    """Yield the highest attempt of every trial of a run, in no particular order.

    :param cases: the numbers of those to look at; ``None``: all.
    """
    rows = _highest(connection.execute(_rows(run_id, cases)))
    if not rows:
        return
    series = list(run_series(connection, run_id).values())
    passed = _said(connection, series, cases, PASSED.name)
    completed = _said(connection, series, cases, COMPLETED.name)
    fingerprints, costs = _fingerprints(connection, series, cases), _costs(connection, series, cases)
    for row in rows:
        place = (row.number, row.trial)
        verdict, why = passed.get(place, (None, None))
        finished, unfinished = completed.get(place, (None, None))
        yield StoredTrial(
            key=CaseKey(row.test, row.dataset, row.case_id, row.digest, row.flags),
            trial=row.trial,
            attempt=row.attempt,
            nodeid=row.nodeid,
            outcome=row.outcome,
            duration_s=row.duration_s,
            completed=row.error is None and finished is True,
            unfinished=unfinished or row.error,
            passed=verdict,
            why=why or unfinished or row.error,
            fingerprints=fingerprints.get(place, frozenset()),
            counts=bool(row.newest),
            cost=costs.get(place),
        )


def _rows(run_id: int, cases: _Cases) -> sa.Select[Any]:
    t, text, c = schema.trace, schema.trace_text, schema.case_
    same = [t.c[name] == text.c[name] for name in ("run_id", "case_id", "trial", "attempt")]
    columns = (
        t.c.case_id.label("number"),
        *(t.c[name] for name in ("trial", "attempt", "newest", "outcome", "duration_s")),
        *(text.c.nodeid, text.c.error),
        *(c.c[name] for name in ("test", "dataset", "case_id", "digest", "flags")),
    )
    query = sa.select(*columns).join(text, sa.and_(*same)).join(c, c.c.id == t.c.case_id)
    if cases is not None:
        query = query.where(t.c.case_id.in_(cases))
    return query.where(t.c.run_id == run_id)


def _are_of(column: Any, series: int, cases: _Cases) -> Any:
    """Return the condition that values are of a series, and of some cases."""
    if cases is None:
        return in_series(column, series)
    return column.in_([cell(series, case_id) for case_id in cases])


def _highest(rows: Iterable[Any]) -> list[Any]:
    """Return the row of the highest attempt of each trial."""
    found: dict[_Trial, Any] = {}
    for row in rows:
        known = found.get((row.number, row.trial))
        if known is None or known.attempt < row.attempt:
            found[row.number, row.trial] = row
    return list(found.values())


def set_aside(connection: sa.Connection, run_id: int, trials: Iterable[tuple[CaseKey, int]]) -> None:
    """Let results no longer count, as if a later attempt had come; their traces stay."""
    t, c = schema.trace, schema.case_
    count = 0
    for key, trial in trials:
        query = sa.select(t.c.case_id, t.c.attempt).join(c, c.c.id == t.c.case_id)
        where = (t.c.run_id == run_id, c.c.hash == case_hash(key), t.c.trial == trial, t.c.newest == 1)
        for case_id, attempt in connection.execute(query.where(*where)).all():
            supersede(connection, run_id, (case_id, trial), attempt)
            delete_assessments(connection, run_id, (case_id, trial))
            count += 1
    if count:
        run, tests = schema.run, schema.run_test
        connection.execute(
            run.update().where(run.c.id == run_id).values(stored=run.c.stored - sa.literal(count))
        )
        same = (t.c.run_id == run_id, t.c.newest == 1, c.c.test == tests.c.test)
        left = sa.select(t.c.case_id).join(c, c.c.id == t.c.case_id).where(*same)
        left = left.where(c.c.dataset == tests.c.dataset).correlate(tests)
        connection.execute(tests.delete().where(tests.c.run_id == run_id, ~left.exists()))


def _said(
    connection: sa.Connection, series: Iterable[Series], cases: _Cases, metric: str
) -> dict[_Trial, tuple[bool | None, str | None]]:
    """Return the answers of a yes/no metric, and the reasons."""
    a, text = schema.assessment, schema.assessment_text
    found: dict[_Trial, tuple[bool | None, str | None]] = {}
    for each in series:
        if each.spec.name != metric:
            continue
        same = sa.and_(text.c.cell == a.c.cell, text.c.trial == a.c.trial)
        query = sa.select(case_of(a.c.cell, each.id), a.c.trial, a.c.value, a.c.status, text.c.rationale)
        query = query.select_from(a).outerjoin(text, same).where(_are_of(a.c.cell, each.id, cases))
        for case_id, trial, value, status, why in connection.execute(query):
            found[case_id, trial] = (bool(value) if status == BOOL else None), why
    return found


def _costs(connection: sa.Connection, series: Iterable[Series], cases: _Cases) -> dict[_Trial, float]:
    """Return what the application has cost, and its paid scorers."""
    a: Any = schema.assessment.c
    text: Any = schema.assessment_text.c
    found: dict[_Trial, float] = defaultdict(float)
    for each in series:
        if each.spec.name == COST.name:
            query = sa.select(case_of(a.cell, each.id), a.trial, a.value)
            rows = connection.execute(query.where(_are_of(a.cell, each.id, cases), a.status == NUMBER))
            for case_id, trial, value in rows:
                found[case_id, trial] += value
            continue
        query = sa.select(case_of(text.cell, each.id), text.trial, text.metadata)
        rows = connection.execute(
            query.where(_are_of(text.cell, each.id, cases), text.metadata.like("%cost%"))
        )
        for case_id, trial, metadata in rows:
            if cost := said_cost(payload.decode(metadata)):
                found[case_id, trial] += cost
    return found


def _fingerprints(
    connection: sa.Connection, series: Iterable[Series], cases: _Cases
) -> dict[_Trial, frozenset[str]]:
    """Return what judged each trial; trials that were judged by the same share one value."""
    a: Any = schema.assessment.c
    found: dict[_Trial, set[str]] = defaultdict(set)
    for each in series:
        query = sa.select(case_of(a.cell, each.id), a.trial).where(_are_of(a.cell, each.id, cases))
        for case_id, trial in connection.execute(query):
            found[case_id, trial].add(each.spec.fingerprint)
    shared: dict[frozenset[str], frozenset[str]] = {}
    return {trial: shared.setdefault(same := frozenset(marks), same) for trial, marks in found.items()}
