"""Finding traces: by a query, by the beginning of an id, by run and case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.query import Condition
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.model.trace_summary import TraceSummary
from pytest_vtrack.store import schema
from pytest_vtrack.store.reading import results_of
from pytest_vtrack.store.statements import LookUp
from pytest_vtrack.store.trace_conditions import Clause, clause_of, split

_ATTEMPT = ("run_id", "case_id", "trial", "attempt")
_t, _s, _run = schema.trace.c, schema.trace_spans.c, schema.run.c
_LOOKED_AT_FIRST = 20_000
_SKEW_S = 3600.0
"""How much clocks of a run and of its traces may differ."""
_NEWEST_FIRST = ("started_at", *_ATTEMPT)

_IMPORTED = LookUp(
    sa.select(_run.key, _t.run_id, _t.case_id, _t.trial, _t.attempt)
    .select_from(schema.trace_spans)
    .join(schema.trace, sa.and_(*(_t[name] == _s[name] for name in _ATTEMPT)))
    .join(schema.run, _run.id == _t.run_id)
    .where(_run.origin == sa.literal_column("'import'"), _run.experiment == sa.bindparam("experiment")),
    by=_s.trace_id,
)


def matching(
    connection: sa.Connection, condition: Condition | None, experiment: str | None, limit: int
) -> list[TraceSummary]:
    """Return the newest traces that a condition holds for, newest first; not those of baseline files."""
    runs = sa.select(_run.id).where(_run.origin != "file")
    if experiment is not None:
        runs = runs.where(_run.experiment == experiment)
    of_runs, others = split(condition)
    runs = runs.where(*of_runs)
    where = [clause_of(connection, each) for each in others]
    since = _recent(connection, runs)
    if since is not None:
        recent = runs.where(sa.or_(_run.ended_at.is_(None), _run.ended_at >= since - _SKEW_S))
        found = _found(connection, [_t.run_id.in_(recent), _t.started_at >= since, *where], limit)
        if len(found) == limit:
            return found
    return _found(connection, [_t.run_id.in_(runs), *where], limit)


def _recent(connection: sa.Connection, runs: sa.Select[Any]) -> float | None:
    """Return a time since when there are enough traces to look there first; ``None`` where that is all.

    Most queries find what they are to list among these, and need not look at a million others.
    """
    counts = sa.select(_run.started_at, _run.stored).where(_run.id.in_(runs))
    left, since = _LOOKED_AT_FIRST, 0.0
    for started_at, stored in connection.execute(counts.order_by(_run.started_at.desc())):
        if left <= 0:
            return since
        left, since = left - stored, float(started_at)
    return None


def with_prefix(connection: sa.Connection, prefix: str, limit: int) -> list[TraceSummary]:
    """Return the traces whose id starts so, newest first."""
    ids = sa.select(sa.literal(1)).select_from(schema.trace_spans)
    same = [_s[name] == _t[name] for name in _ATTEMPT]
    starts = [_s.trace_id >= prefix, _s.trace_id < f"{prefix}g"]  # beyond all hexadecimal digits
    cases = sa.select(_s.case_id).where(*starts)
    return _found(connection, [_t.case_id.in_(cases), sa.exists(ids.where(*same, *starts))], limit)


def of_case(connection: sa.Connection, run_id: int, case: str) -> list[TraceSummary]:
    """Return the traces of a case in a run, given by the case's id or the item's node id."""
    c, text = schema.case_.c, schema.trace_text.c
    cases = sa.select(c.id).where(c.case_id == case)
    nodes = sa.select(text.case_id).where(text.run_id == run_id, text.nodeid == case)
    either = sa.or_(_t.case_id.in_(cases), _t.case_id.in_(nodes))
    return _found(connection, [_t.run_id == run_id, either], 100)


def imported(
    connection: sa.Connection, trace_ids: Sequence[str], experiment: str
) -> Iterator[tuple[str, CaseResult]]:
    """Yield the traces of production with these ids, each with the id of its run."""
    keys: dict[tuple[str, int], list[tuple[int, int, int]]] = defaultdict(list)
    for key, run_id, *attempt in set(_IMPORTED.rows(connection, trace_ids, experiment)):
        keys[key, run_id].append((attempt[0], attempt[1], attempt[2]))
    for (key, run_id), attempts in keys.items():
        yield from ((key, result) for result in results_of(connection, run_id, attempts))


def metric_names(connection: sa.Connection) -> list[str]:
    """Return the names of all metrics, sorted."""
    name = schema.scorer.c.metric
    return list(connection.scalars(sa.select(name).distinct().order_by(name)))


def _found(connection: sa.Connection, where: Sequence[Clause | Any], limit: int) -> list[TraceSummary]:
    columns = [_t[name] for name in (*_NEWEST_FIRST, "duration_s", "errored", "outcome", "stepset_id")]
    rows = sa.select(*columns).where(_t.newest == 1, *where)
    found = rows.order_by(*(_t[name].desc() for name in _NEWEST_FIRST)).limit(limit).subquery("found").c
    run, c, text, s = schema.run, schema.case_, schema.trace_text, schema.trace_spans

    def same(table: sa.Table) -> Any:
        return sa.and_(*(table.c[name] == found[name] for name in _ATTEMPT))

    query = (
        sa.select(
            *found,
            *(run.c[name] for name in ("key", "version", "env")),
            *(c.c[name] for name in ("test", "dataset", "digest", "flags")),
            c.c.case_id.label("name"),
            text.c.nodeid,
            s.c.trace_id,
            _has_steps(found.stepset_id).label("spans"),
        )
        .join(run, run.c.id == found.run_id)
        .join(c, c.c.id == found.case_id)
        .join(text, same(text))
        .outerjoin(s, same(s))
        .order_by(*(found[name].desc() for name in _NEWEST_FIRST))
    )
    return [_summary(row) for row in connection.execute(query)]


def _has_steps(stepset_id: Any) -> Any:
    """Return whether the application left spans: a body may hold only those of scorers."""
    step = schema.stepset_step.c
    return sa.exists(sa.select(1).where(step.stepset_id == stepset_id))


def _summary(row: Any) -> TraceSummary:
    return TraceSummary(
        run_id=row.key,
        version=row.version,
        env=row.env,
        key=CaseKey(row.test, row.dataset, row.name, row.digest, row.flags),
        nodeid=row.nodeid,
        trial=row.trial,
        status="error" if row.errored else "ok",
        outcome=row.outcome,
        started_at=row.started_at,
        duration_s=row.duration_s,
        trace_id=row.trace_id or "",
        spans=bool(row.spans),
    )
