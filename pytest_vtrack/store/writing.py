"""Storing runs and their results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.run import CaseResult, Run, RunStatus
from pytest_vtrack.store import schema
from pytest_vtrack.store.interning import Interned, interned
from pytest_vtrack.store.rows import Rows, late_rows_of, rows_of
from pytest_vtrack.store.runs import run_number
from pytest_vtrack.store.statements import Row, insert_many
from pytest_vtrack.store.texts import storable

_Trial = tuple[int, int]
"""Number of the case, and trial."""


_trace = schema.trace.c
_NEWEST = sa.select(_trace.case_id, _trace.trial, _trace.attempt).where(
    _trace.run_id == sa.bindparam("run"),
    _trace.case_id.in_(sa.bindparam("cases", expanding=True)),
    _trace.newest == 1,
)
_COUNT = (
    schema.run.update()
    .where(schema.run.c.id == sa.bindparam("run"))
    .values(stored=schema.run.c.stored + sa.bindparam("fresh", type_=sa.Integer))
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


def finish(
    connection: sa.Connection,
    key: str,
    *,
    status: RunStatus,
    reason: str | None,
    ended_at: float,
    expected: int | None,
) -> None:
    """Close a run."""
    values: dict[str, Any] = {"status": status, "reason": reason, "ended_at": ended_at}
    if expected is not None:
        values["expected"] = expected
    run_id = run_number(connection, key)
    connection.execute(schema.run.update().where(schema.run.c.id == run_id).values(values))


def update(
    connection: sa.Connection, key: str, *, tags: Mapping[str, str] | None, expected: int | None
) -> None:
    """Add tags to a run, or correct how many results it expects."""
    table = schema.run
    run_id = run_number(connection, key)
    values: dict[str, Any] = {} if expected is None else {"expected": expected}
    if tags:
        stored = connection.scalar(sa.select(table.c.tags).where(table.c.id == run_id))
        values["tags"] = _json({**json.loads(stored or "{}"), **tags})
    if values:
        connection.execute(table.update().where(table.c.id == run_id).values(values))


def add(connection: sa.Connection, key: str, results: Sequence[CaseResult]) -> None:
    """Store results; the same trial again replaces, a higher attempt supersedes."""
    run_id = run_number(connection, key)
    known = interned(connection, results)
    _describe(connection, run_id, results, known)
    newest = _newest_attempts(connection, run_id, known.cases.values())
    fresh, again = [], []
    for result in results:
        trial = (known.cases[result.key], result.trial)
        if trial in newest:
            again.append(result)
        else:
            newest[trial] = result.attempt
            fresh.append(result)
    _insert(connection, rows_of(run_id, fresh, known))
    for result in again:
        _amend(connection, run_id, result, known, newest)
    connection.execute(_COUNT, {"run": run_id, "fresh": len(fresh)})


def _run_values(run: Run) -> dict[str, Any]:
    version = asdict(run.version)
    return {
        "key": run.id,
        "experiment": storable(run.experiment),
        "version": storable(version.pop("name")),
        "commit_id": version.pop("commit"),
        "params": _json(version.pop("params")),
        **version,
        "env": storable(run.env),
        "flags": _json(run.flags),
        "tags": _json(run.tags),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "status": "running",
        "reason": run.reason,
        "expected": run.expected,
        "stored": 0,
        "origin": run.origin,
    }


def _json(values: Mapping[str, str]) -> str:
    return storable(json.dumps(dict(values), ensure_ascii=False))


def _newest_attempts(connection: sa.Connection, run_id: int, cases: Iterable[int]) -> dict[_Trial, int]:
    rows = connection.execute(_NEWEST, {"run": run_id, "cases": list(cases)})
    return {(case_id, trial): attempt for case_id, trial, attempt in rows.all()}


def _insert(connection: sa.Connection, rows: Rows) -> None:
    insert_many(connection, schema.trace, rows.trace)
    insert_many(connection, schema.trace_text, rows.trace_text)
    insert_many(connection, schema.assessment, rows.assessment)
    insert_many(connection, schema.assessment_text, rows.assessment_text)
    columns = tuple(schema.assessment_superseded.c.keys()[1:])
    insert_many(connection, schema.assessment_superseded, rows.assessment_superseded, columns=columns)


def _amend(
    connection: sa.Connection,
    run_id: int,
    result: CaseResult,
    known: Interned,
    newest: dict[_Trial, int],
) -> None:
    """Store a result of a trial that is stored already."""
    trial = (known.cases[result.key], result.trial)
    if result.attempt < newest[trial]:
        _delete_attempt(connection, run_id, trial, result.attempt)
        _insert(connection, late_rows_of(run_id, result, known))
        return
    if result.attempt == newest[trial]:
        _delete_attempt(connection, run_id, trial, result.attempt)
    else:
        _supersede(connection, run_id, trial, newest[trial])
    _delete(connection, schema.assessment, run_id, trial)
    _delete(connection, schema.assessment_text, run_id, trial)
    _insert(connection, rows_of(run_id, [result], known))
    newest[trial] = result.attempt


def _delete(
    connection: sa.Connection, table: sa.Table, run_id: int, trial: _Trial, attempt: int | None = None
) -> None:
    where = [table.c.run_id == run_id, table.c.case_id == trial[0], table.c.trial == trial[1]]
    if attempt is not None:
        where.append(table.c.attempt == attempt)
    connection.execute(table.delete().where(*where))


def _delete_attempt(connection: sa.Connection, run_id: int, trial: _Trial, attempt: int) -> None:
    for table in (schema.trace, schema.trace_text, schema.assessment_superseded):
        _delete(connection, table, run_id, trial, attempt)


def _supersede(connection: sa.Connection, run_id: int, trial: _Trial, attempt: int) -> None:
    """Move the assessments of what was the newest attempt aside; its trace stays."""
    a, t, old = schema.assessment, schema.assessment_text, schema.assessment_superseded
    same = [a.c[name] == t.c[name] for name in ("run_id", "case_id", "trial", "scorer_id")]
    moved = {
        "run_id": a.c.run_id,
        "case_id": a.c.case_id,
        "trial": a.c.trial,
        "attempt": sa.literal(attempt),
        "scorer_id": a.c.scorer_id,
        "value": a.c.value,
        "status": a.c.status,
        "rationale": t.c.rationale,
        "error": t.c.error,
        "source": sa.func.coalesce(t.c.source, "code"),
        "metadata": t.c.metadata,
    }
    scorers = sa.select(schema.run_metric.c.scorer_id).where(schema.run_metric.c.run_id == run_id)
    rows = (
        sa.select(*moved.values())
        .select_from(a.outerjoin(t, sa.and_(*same)))
        .where(a.c.run_id == run_id, a.c.scorer_id.in_(scorers))
        .where(a.c.case_id == trial[0], a.c.trial == trial[1])
    )
    connection.execute(old.insert().from_select(list(moved), rows))
    where = (
        schema.trace.c.run_id == run_id,
        schema.trace.c.case_id == trial[0],
        schema.trace.c.trial == trial[1],
    )
    connection.execute(schema.trace.update().where(*where).values(newest=0))


def _describe(connection: sa.Connection, run_id: int, results: Sequence[CaseResult], known: Interned) -> None:
    """Note which tests ran and what their metrics are declared to be."""
    tests = {(run_id, storable(r.key.dataset), storable(r.key.test)) for r in results}
    _ensure(connection, schema.run_test.c.test, tests)
    rows = {_declaration(run_id, known.scorers[key], spec) for key, spec in known.specs.items()}
    _ensure(connection, schema.run_metric.c.scorer_id, rows)


def _declaration(run_id: int, scorer_id: int, spec: MetricSpec) -> Row:
    low, high = spec.bounds or (None, None)
    declared = (spec.better, spec.tolerance, low, high, spec.kind, spec.gate, spec.must_pass)
    return (run_id, scorer_id, *declared)


def _ensure(connection: sa.Connection, column: sa.Column[Any], rows: set[Row]) -> None:
    """Make sure that rows stand in a small table; a row under the same key is replaced.

    :param column: the part of the key by which the rows' neighbours are found.
    """
    if not rows:
        return
    table, names = column.table, list(column.table.c.keys())
    place = names.index(column.key)
    near = {"run": next(iter(rows))[0], "keys": list({row[place] for row in rows})}
    stored = {tuple(row) for row in connection.execute(_neighbours(column), near).all()}
    for row in rows - stored:
        where = [key == row[names.index(key.key)] for key in table.primary_key.columns]
        connection.execute(table.delete().where(*where))
    insert_many(connection, table, list(rows - stored))


@lru_cache(maxsize=8)
def _neighbours(column: sa.Column[Any]) -> sa.Select[Any]:
    of_run = column.table.c.run_id == sa.bindparam("run")
    return column.table.select().where(of_run, column.in_(sa.bindparam("keys", expanding=True)))
