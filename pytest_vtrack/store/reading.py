"""Reading results back, a chunk of cases at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.store import schema
from pytest_vtrack.store.case_numbers import case_hash
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.packing import unpacked
from pytest_vtrack.store.schema import BOOL, LABEL, NUMBER
from pytest_vtrack.store.series import specs_by_series
from pytest_vtrack.store.spans import restored
from pytest_vtrack.store.statements import LookUp, Row

_CHUNK = 500

_Attempt = tuple[int, int, int]
"""Number of the case, trial and attempt."""

# Where the columns of a trace stand: getting them by name takes longer than reading them.
_KEY, _TIMES, _TAGSET, _STEPSET, _TEXTS, _INPUTS = (
    slice(5),
    slice(5, 10),
    10,
    11,
    slice(12, 19),
    slice(19, 25),
)
_CASE = 25
_NO_SPANS: tuple[str, str | None] = ("", None)


def _literal(number: int) -> sa.ColumnElement[int]:
    """Return a number that stands in the text of a statement: what is prepared has no constants besides."""
    return sa.literal_column(str(number), sa.Integer)


def _label_of(table: sa.Table) -> sa.Label[str]:
    number = sa.cast(table.c.value, sa.Integer)
    is_label = table.c.status == _literal(LABEL)
    text = sa.select(schema.label.c.text).where(schema.label.c.id == number, is_label)
    return text.scalar_subquery().label("label")


def _traces_query() -> sa.Select[Any]:
    t, text, c, p = schema.trace, schema.trace_text, schema.case_, schema.payload
    own, shared = p.alias("own"), p.alias("shared")
    same = [t.c[name] == text.c[name] for name in ("run_id", "case_id", "trial", "attempt")]
    return (
        # In the order that is noted above.
        sa.select(
            *(c.c.test, c.c.dataset, c.c.case_id.label("name"), c.c.digest, c.c.flags),
            *(t.c[name] for name in ("outcome", "trial", "attempt", "started_at", "duration_s")),
            *(t.c.tagset_id, t.c.stepset_id),
            *(text.c.nodeid, text.c.error, text.c.warnings),
            sa.func.coalesce(text.c.expectations, c.c.expectations),
            *(text.c.outputs, p.c.compressed, p.c.body),
            *(text.c.inputs, own.c.compressed, own.c.body),
            *(c.c.inputs, shared.c.compressed, shared.c.body),
            t.c.case_id,
        )
        .join(text, sa.and_(*same))
        .join(c, c.c.id == t.c.case_id)
        .outerjoin(p, p.c.id == text.c.payload_id)
        .outerjoin(own, own.c.id == text.c.inputs_payload_id)
        .outerjoin(shared, shared.c.id == c.c.payload_id)
        .where(t.c.run_id == _RUN)
    )


def _newest_query() -> sa.Select[Any]:
    a, text, t, s = schema.assessment, schema.assessment_text, schema.trace, schema.series
    return (
        sa.select(
            *(t.c.case_id, t.c.trial, t.c.attempt, s.c.id.label("series_id"), a.c.value, a.c.status),
            *(text.c.rationale, text.c.error, text.c.source, text.c.metadata, _label_of(a)),
        )
        .select_from(t)
        .join(s, s.c.run_id == t.c.run_id)
        .join(a, sa.and_(a.c.cell == cell(s.c.id, t.c.case_id), a.c.trial == t.c.trial))
        .outerjoin(text, sa.and_(text.c.cell == a.c.cell, text.c.trial == a.c.trial))
        .where(t.c.run_id == _RUN, t.c.newest == _literal(1))
    )


def _superseded_query() -> sa.Select[Any]:
    old = schema.assessment_superseded
    numbers = ("case_id", "trial", "attempt", "series_id", "value", "status")
    texts = ("rationale", "error", "source", "metadata")
    return (
        sa.select(*(old.c[name] for name in (*numbers, *texts)), _label_of(old))
        .where(old.c.run_id == _RUN)
        .order_by(old.c.id)
    )


def _spans_query() -> sa.Select[Any]:
    s = schema.trace_spans
    columns = ("case_id", "trial", "attempt", "trace_id", "compressed", "body")
    return sa.select(*(s.c[name] for name in columns)).where(s.c.run_id == _RUN)


_RUN: sa.BindParameter[int] = sa.bindparam("run")
_TRACES = LookUp(_traces_query(), by=schema.trace.c.case_id)
_NEWEST = LookUp(_newest_query(), by=schema.trace.c.case_id)
_SUPERSEDED = LookUp(_superseded_query(), by=schema.assessment_superseded.c.case_id)
_SPANS = LookUp(_spans_query(), by=schema.trace_spans.c.case_id)


def results(connection: sa.Connection, run_id: int, *, all_attempts: bool = False) -> Iterator[CaseResult]:
    """Stream the results of a run, sorted by test, dataset, case id, flags, digest, trial and attempt."""
    t, c = schema.trace, schema.case_
    order = (c.c.test, c.c.dataset, c.c.case_id, c.c.flags, c.c.digest, t.c.trial, t.c.attempt)
    query = (
        sa.select(t.c.case_id, t.c.trial, t.c.attempt)
        .join(c, c.c.id == t.c.case_id)
        .where(t.c.run_id == run_id, sa.true() if all_attempts else t.c.newest == 1)
        .order_by(*order)
    )
    specs = specs_by_series(connection, run_id)
    keys = connection.execute(query.execution_options(yield_per=_CHUNK))
    for chunk in _batched(keys):
        yield from _assembled(connection, run_id, chunk, specs)


def case_results(connection: sa.Connection, run_id: int, key: CaseKey) -> list[CaseResult]:
    """Return the trials of one case, the newest attempt of each."""
    t, c = schema.trace, schema.case_
    query = (
        sa.select(t.c.case_id, t.c.trial, t.c.attempt)
        .join(c, c.c.id == t.c.case_id)
        .where(t.c.run_id == run_id, c.c.hash == case_hash(key), t.c.newest == 1)
        .order_by(t.c.trial)
    )
    keys = [tuple(row) for row in connection.execute(query)]
    return list(_assembled(connection, run_id, keys, specs_by_series(connection, run_id))) if keys else []


def results_of(
    connection: sa.Connection, run_id: int, attempts: Sequence[tuple[int, int, int]]
) -> Iterator[CaseResult]:
    """Yield chosen results of a run, given by number of the case, trial and attempt."""
    if attempts:
        yield from _assembled(connection, run_id, attempts, specs_by_series(connection, run_id))


def tags_of(connection: sa.Connection, tagsets: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the tags of each tag set."""
    table = schema.tagset_value
    rows = connection.execute(table.select().where(table.c.tagset_id.in_(tagsets))).all()
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for number, tag, value in rows:
        found[number][tag] = value
    return found


def _batched(keys: Any) -> Iterator[list[_Attempt]]:
    for rows in keys.partitions(_CHUNK):
        yield [tuple(row) for row in rows]


def _assembled(
    connection: sa.Connection, run_id: int, keys: Sequence[_Attempt], specs: Mapping[int, MetricSpec]
) -> Iterator[CaseResult]:
    cases = sorted({case_id for case_id, _, _ in keys})
    traces = _traces(connection, run_id, cases)
    assessments = _assessments(connection, run_id, cases, specs)
    tagsets = tags_of(connection, [row[_TAGSET] for row in traces.values() if row[_TAGSET] is not None])
    any_spans = any(row[_STEPSET] is not None for row in traces.values())
    spans = _spans(connection, run_id, cases) if any_spans else {}
    for key in keys:
        row = traces[key]
        tags = tagsets.get(row[_TAGSET], {})
        yield _result(row, tags, assessments.get(key, ()), spans.get(key, _NO_SPANS))


def _traces(connection: sa.Connection, run_id: int, cases: Sequence[int]) -> dict[_Attempt, Row]:
    return {(row[_CASE], row[6], row[7]): row for row in _TRACES.rows(connection, cases, run_id)}


def _spans(
    connection: sa.Connection, run_id: int, cases: Sequence[int]
) -> dict[_Attempt, tuple[str, str | None]]:
    """Return trace id and spans of each attempt that has them."""
    return {
        (case_id, trial, attempt): (trace_id, restored(connection, compressed, body))
        for case_id, trial, attempt, trace_id, compressed, body in _SPANS.rows(connection, cases, run_id)
    }


def _assessments(
    connection: sa.Connection, run_id: int, cases: Sequence[int], specs: Mapping[int, MetricSpec]
) -> dict[_Attempt, tuple[Assessment, ...]]:
    """Return the assessments of each attempt, sorted by metric."""
    found: dict[_Attempt, list[tuple[int, Assessment]]] = defaultdict(list)
    place = {series_id: index for index, series_id in enumerate(specs)}
    for look_up in (_SUPERSEDED, _NEWEST):
        for case_id, trial, attempt, series_id, *coded in look_up.rows(connection, cases, run_id):
            assessment = _assessment(specs[series_id], *coded)
            found[case_id, trial, attempt].append((place[series_id], assessment))
    for rows in found.values():
        rows.sort(key=itemgetter(0))
    return {key: tuple([assessment for _, assessment in rows]) for key, rows in found.items()}


def _assessment(
    spec: MetricSpec,
    value: float | None,
    status: int,
    rationale: str | None,
    error: str | None,
    source: Any,
    metadata: str | None,
    label: str | None,
) -> Assessment:
    kept = payload.decode(metadata) if metadata else {}
    return Assessment(spec, _value(value, status, label), rationale, error, source or "code", kept)


def _value(value: float | None, status: int, label: str | None) -> bool | float | str | None:
    if value is None:
        return None
    if status == BOOL:
        return bool(value)
    if status == NUMBER:
        return float(value)
    return label if status == LABEL else None


def _inputs(
    own: str | None,
    own_compressed: int | None,
    own_body: bytes | None,
    shared: str,
    shared_compressed: int | None,
    shared_body: bytes | None,
) -> str:
    """Return inputs from where they are: with the trace or with its case, there or as a payload."""
    if own is not None:
        return own
    if own_body is not None:
        return unpacked(own_compressed or 0, own_body)
    if shared_body is not None:
        return unpacked(shared_compressed or 0, shared_body)
    return shared


def _result(
    row: Row,
    tags: Mapping[str, str],
    assessments: tuple[Assessment, ...],
    spans: tuple[str, str | None],
) -> CaseResult:
    outcome, trial, attempt, started_at, duration_s = row[_TIMES]
    nodeid, error, warnings, expectations, outputs, compressed, body = row[_TEXTS]
    trace_id, encoded = spans
    return CaseResult(
        key=CaseKey(*row[_KEY]),
        nodeid=nodeid,
        outcome=outcome,
        trial=trial,
        attempt=attempt,
        inputs=_inputs(*row[_INPUTS]),
        expectations=expectations,
        tags=tags,
        outputs=outputs if body is None else unpacked(compressed, body),
        error=error,
        started_at=started_at,
        duration_s=duration_s,
        assessments=assessments,
        warnings=tuple(payload.decode(warnings)) if warnings else (),
        trace_id=trace_id,
        spans=encoded,
    )
