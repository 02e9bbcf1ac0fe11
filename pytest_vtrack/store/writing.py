"""Storing runs and their results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.run import CaseResult, Run, RunStatus
from pytest_vtrack.model.version import KEPT_AS_TAGS, kept_as_tags
from pytest_vtrack.store import schema
from pytest_vtrack.store.batch import Batch, Placed, batch_of
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.rows import Rows, late_rows_of, rows_of
from pytest_vtrack.store.runs import number_and_status, run_number
from pytest_vtrack.store.series import forget_counts, keep_counts
from pytest_vtrack.store.statements import LookUp, Prepared, insert_many
from pytest_vtrack.store.summaries import counted
from pytest_vtrack.store.texts import storable

_MOST = 500
"""Results stored by one set of statements."""
_Trial = tuple[int, int]
"""Number of the case, and trial."""


_trace, _test = schema.trace.c, schema.run_test.c
_NEWEST = LookUp(
    sa.select(_trace.case_id, _trace.trial, _trace.attempt).where(
        _trace.run_id == sa.bindparam("run"), _trace.newest == sa.literal_column("1")
    ),
    by=_trace.case_id,
)
_TESTS = LookUp(sa.select(schema.run_test).where(_test.run_id == sa.bindparam("run")), by=_test.test)
_COUNT = Prepared(
    schema.run.update()
    .where(schema.run.c.id == sa.bindparam("run"))
    .values(stored=schema.run.c.stored + sa.bindparam("fresh", type_=sa.Integer))
)
_NOTE_REPEATS = Prepared(
    schema.run.update().where(schema.run.c.id == sa.bindparam("run")).values(repeated=sa.true())
)


def begin(connection: sa.Connection, run: Run) -> None:
    """Store a run's header; reopen it where it exists."""
    table = schema.run
    exists = connection.scalar(sa.select(table.c.id).where(table.c.key == run.id))
    if exists is None:
        connection.execute(table.insert().values(_run_values(run)))
        return
    reopened = {"status": "running", "reason": None, "ended_at": None}
    expected = {} if run.expected is None else {"expected": run.expected}
    connection.execute(table.update().where(table.c.id == exists).values(reopened | expected))
    forget_counts(connection, exists)


def finish(
    connection: sa.Connection,
    key: str,
    *,
    status: RunStatus,
    reason: str | None,
    ended_at: float,
    expected: int | None,
) -> None:
    """Close a run, and keep what was counted of it, so that no comparison counts it again."""
    values: dict[str, Any] = {"status": status, "reason": reason, "ended_at": ended_at}
    if expected is not None:
        values["expected"] = expected
    run_id = run_number(connection, key)
    connection.execute(schema.run.update().where(schema.run.c.id == run_id).values(values))
    keep_counts(connection, counted(connection, run_id).values())


def update(
    connection: sa.Connection,
    key: str,
    *,
    tags: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    expected: int | None,
) -> None:
    """Add tags or the version's params to a run, or correct how many results it expects."""
    table = schema.run
    run_id = run_number(connection, key)
    values: dict[str, Any] = {} if expected is None else {"expected": expected}
    for column, new in ((table.c.tags, tags), (table.c.params, params)):
        if new:
            # Locked until the transaction ends, or of two sessions that add at once one is forgotten.
            stored = connection.scalar(sa.select(column).where(table.c.id == run_id).with_for_update())
            values[column.name] = _json({**json.loads(stored or "{}"), **new})
    if values:
        connection.execute(table.update().where(table.c.id == run_id).values(values))


def pieces(results: Sequence[CaseResult]) -> Iterator[Sequence[CaseResult]]:
    """Cut results into as many as one set of statements stores."""
    return (results[start : start + _MOST] for start in range(0, len(results), _MOST))


def add(connection: sa.Connection, key: str, results: Sequence[CaseResult]) -> None:
    """Store results; the same trial again replaces, a higher attempt supersedes."""
    if not results:
        return
    run_id, status = number_and_status(connection, key)
    if status != "running":
        forget_counts(connection, run_id)
    batch = batch_of(connection, run_id, results)
    _note_tests(connection, run_id, results)
    newest = _newest_attempts(connection, batch)
    fresh, again = [], []
    for placed in batch.results:
        trial = (placed.case_id, placed.result.trial)
        if trial in newest:
            again.append(placed)
        else:
            newest[trial] = placed.result.attempt
            fresh.append(placed)
    _insert(connection, rows_of(batch, fresh))
    for placed in again:
        _amend(connection, batch, placed, newest)
    _COUNT.rows(connection, len(fresh), run_id)
    if any(result.trial for result in results):
        _NOTE_REPEATS.rows(connection, run_id)


def _run_values(run: Run) -> dict[str, Any]:
    version = {name: value for name, value in asdict(run.version).items() if name not in KEPT_AS_TAGS}
    return {
        "key": run.id,
        "experiment": storable(run.experiment),
        "version": storable(version.pop("name")),
        "commit_id": version.pop("commit"),
        "params": _json(version.pop("params")),
        **version,
        "env": storable(run.env),
        "flags": _json(run.flags),
        "tags": _json({**kept_as_tags(run.version), **run.tags}),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "status": "running",
        "reason": run.reason,
        "expected": run.expected,
        "stored": 0,
        "repeated": False,
        "origin": run.origin,
    }


def _json(values: Mapping[str, str]) -> str:
    return storable(json.dumps(dict(values), ensure_ascii=False))


def _newest_attempts(connection: sa.Connection, batch: Batch) -> dict[_Trial, int]:
    cases = list({placed.case_id for placed in batch.results})
    rows = _NEWEST.rows(connection, cases, batch.run_id)
    return {(case_id, trial): attempt for case_id, trial, attempt in rows}


def _insert(connection: sa.Connection, rows: Rows) -> None:
    insert_many(connection, schema.trace, rows.trace)
    insert_many(connection, schema.trace_text, rows.trace_text)
    insert_many(connection, schema.trace_spans, rows.trace_spans)
    insert_many(connection, schema.span_payload, rows.span_payload)
    insert_many(connection, schema.assessment, rows.assessment)
    insert_many(connection, schema.assessment_text, rows.assessment_text)
    columns = tuple(schema.assessment_superseded.c.keys()[1:])
    insert_many(connection, schema.assessment_superseded, rows.assessment_superseded, columns=columns)


def _amend(connection: sa.Connection, batch: Batch, placed: Placed, newest: dict[_Trial, int]) -> None:
    """Store a result of a trial that is stored already."""
    result, run_id = placed.result, batch.run_id
    trial = (placed.case_id, result.trial)
    if result.attempt < newest[trial]:
        _delete_attempt(connection, run_id, trial, result.attempt)
        _insert(connection, late_rows_of(batch, placed))
        return
    if result.attempt == newest[trial]:
        _delete_attempt(connection, run_id, trial, result.attempt)
    else:
        supersede(connection, run_id, trial, newest[trial])
    delete_assessments(connection, run_id, trial)
    _insert(connection, rows_of(batch, [placed]))
    newest[trial] = result.attempt


def delete_assessments(connection: sa.Connection, run_id: int, trial: _Trial) -> None:
    """Delete what was said of the newest attempt of a trial."""
    series = schema.series.c
    cells = sa.select(cell(series.id, trial[0])).where(series.run_id == run_id)
    for table in (schema.assessment, schema.assessment_text):
        connection.execute(table.delete().where(table.c.cell.in_(cells), table.c.trial == trial[1]))


def _delete_attempt(connection: sa.Connection, run_id: int, trial: _Trial, attempt: int) -> None:
    spans = (schema.trace_spans, schema.span_payload)
    for table in (schema.trace, schema.trace_text, schema.assessment_superseded, *spans):
        where = _is_trial(table, run_id, trial)
        connection.execute(table.delete().where(*where, table.c.attempt == attempt))


def _is_trial(table: sa.Table, run_id: int, trial: _Trial) -> list[sa.ColumnElement[bool]]:
    return [table.c.run_id == run_id, table.c.case_id == trial[0], table.c.trial == trial[1]]


def supersede(connection: sa.Connection, run_id: int, trial: _Trial, attempt: int) -> None:
    """Move the assessments of what was the newest attempt aside; its trace stays."""
    a, t, s, old = schema.assessment, schema.assessment_text, schema.series, schema.assessment_superseded
    moved = {
        "run_id": s.c.run_id,
        "case_id": sa.literal(trial[0]),
        "trial": a.c.trial,
        "attempt": sa.literal(attempt),
        "series_id": s.c.id,
        "value": a.c.value,
        "status": a.c.status,
        "rationale": t.c.rationale,
        "error": t.c.error,
        "source": sa.func.coalesce(t.c.source, "code"),
        "metadata": t.c.metadata,
    }
    rows = (
        sa.select(*moved.values())
        .select_from(s.join(a, a.c.cell == cell(s.c.id, trial[0])))
        .outerjoin(t, sa.and_(t.c.cell == a.c.cell, t.c.trial == a.c.trial))
        .where(s.c.run_id == run_id, a.c.trial == trial[1])
    )
    connection.execute(old.insert().from_select(list(moved), rows))
    where = _is_trial(schema.trace, run_id, trial)
    connection.execute(schema.trace.update().where(*where).values(newest=0))


def _note_tests(connection: sa.Connection, run_id: int, results: Iterable[CaseResult]) -> None:
    """Note which tests ran, and on which datasets."""
    pairs = {(result.key.dataset, result.key.test) for result in results}
    tests = {(run_id, storable(dataset), storable(test)) for dataset, test in pairs}
    stored = set(_TESTS.rows(connection, list({test for *_, test in tests}), run_id))
    insert_many(connection, schema.run_test, list(tests - stored), shared=True)
