"""What has been scored: which tests of a run have traces that a metric has no value for, and their traces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.store import schema
from pytest_vtrack.store.case_numbers import case_hash
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.protocol import Place, StoredScores
from pytest_vtrack.store.reading import results_of
from pytest_vtrack.store.series import run_series

_t = schema.trace.c
_LAST = 2**31 - 1
"""Beyond the number of any trial."""


def stored_scores(connection: sa.Connection, run_id: int) -> StoredScores:
    """Return the tests of a run, and for each metric those that have a trace without it."""
    test = schema.run_test.c
    tests = connection.scalars(sa.select(test.test).where(test.run_id == run_id))
    return StoredScores(
        frozenset(tests),
        {
            (series.spec.name, series.spec.fingerprint): _lacking(connection, run_id, series.id)
            for series in run_series(connection, run_id).values()
        },
    )


def _lacking(connection: sa.Connection, run_id: int, series: int) -> frozenset[str]:
    a, c = schema.assessment.c, schema.case_.c
    scored = sa.exists(sa.select(a.cell).where(a.cell == cell(series, _t.case_id), a.trial == _t.trial))
    query = (
        sa.select(c.test)
        .distinct()
        .select_from(schema.trace.join(schema.case_, c.id == _t.case_id))
        .where(_t.run_id == run_id, _t.newest == 1, _t.outcome != "skipped", ~scored)
    )
    return frozenset(connection.scalars(query))


def some_trials(
    connection: sa.Connection, run_id: int, after: Place | None, limit: int
) -> tuple[list[list[CaseResult]], Place | None]:
    """Return the next trials of a run, each with all of its attempts, the newest last, and where they end."""
    place = sa.tuple_(_t.case_id, _t.trial)
    newest = sa.select(_t.case_id, _t.trial).where(_t.run_id == run_id, _t.newest == 1)
    if after is not None:
        newest = newest.where(place > sa.tuple_(*after))
    places = connection.execute(newest.order_by(_t.case_id, _t.trial).limit(limit)).all()
    if not places:
        return [], None
    last = Place(*places[-1])
    return _with_attempts(connection, run_id, [Place(*each) for each in places]), last


def _with_attempts(connection: sa.Connection, run_id: int, places: Sequence[Place]) -> list[list[CaseResult]]:
    cases = sorted({place.case for place in places})
    query = sa.select(_t.case_id, _t.trial, _t.attempt).where(_t.run_id == run_id, _t.case_id.in_(cases))
    order = (_t.case_id, _t.trial, _t.attempt)
    attempts = [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(*order))]
    chosen = set(places)
    wanted = [each for each in attempts if each[:2] in chosen]
    trials: dict[tuple[int, int], list[CaseResult]] = defaultdict(list)
    for (case_id, trial, _), result in zip(wanted, results_of(connection, run_id, wanted), strict=True):
        trials[case_id, trial].append(result)
    return [trials[place] for place in places]


def trials_from_case(
    connection: sa.Connection, run_id: int, key: CaseKey, limit: int
) -> list[list[CaseResult]]:
    """Return the trials of a case and of those stored after it; nothing where there is no such case."""
    first = connection.scalar(sa.select(schema.case_.c.id).where(schema.case_.c.hash == case_hash(key)))
    if first is None:
        return []
    trials, _ = some_trials(connection, run_id, Place(first - 1, _LAST), limit)
    return trials if trials and trials[0][0].key == key else []
