"""Results as rows of tables, once everything interned has its number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.store.interning import NO_CONTENT, Interned, content_hash, tags_key
from pytest_vtrack.store.schema import BOOL, ERROR, LABEL, NOTHING, NUMBER
from pytest_vtrack.store.statements import Row
from pytest_vtrack.store.texts import storable


@dataclass(slots=True)
class Rows:
    """What a batch of results adds to the tables of the same names."""

    trace: list[Row] = field(default_factory=list)
    trace_text: list[Row] = field(default_factory=list)
    assessment: list[Row] = field(default_factory=list)
    assessment_text: list[Row] = field(default_factory=list)
    assessment_superseded: list[Row] = field(default_factory=list)


def rows_of(run_id: int, results: Iterable[CaseResult], known: Interned) -> Rows:
    """Turn results, each the newest attempt of its trial, into rows."""
    rows = Rows()
    for result in results:
        case_id = known.cases[result.key]
        _add_trace(rows, run_id, case_id, result, known, newest=1)
        _add_assessments(rows, run_id, case_id, result, known)
    rows.assessment.sort(key=_clustered)  # the order of the table: neighbours go to one page
    return rows


def late_rows_of(run_id: int, result: CaseResult, known: Interned) -> Rows:
    """Turn a result that arrives after a newer attempt of its trial into rows."""
    rows = Rows()
    case_id = known.cases[result.key]
    _add_trace(rows, run_id, case_id, result, known, newest=0)
    rows.assessment_superseded = _superseded(run_id, case_id, result, result.assessments, known)
    return rows


def _clustered(row: Row) -> Row:
    return row[:4]


def _add_trace(
    rows: Rows, run_id: int, case_id: int, result: CaseResult, known: Interned, *, newest: int
) -> None:
    key = (run_id, case_id, result.trial, result.attempt)
    errored = int(result.error is not None or result.outcome == "error")
    tagset_id = known.tagsets[tags_key(result.tags)] if result.tags else None
    times = (result.started_at, result.duration_s)
    rows.trace.append((*key, newest, errored, result.outcome, *times, tagset_id))
    warnings = payload.encode(result.warnings, "warnings").text if result.warnings else None
    contents = _own_contents(case_id, result, known)
    payload_id = known.payloads.get(result.outputs) if result.outputs else None
    outputs = result.outputs if payload_id is None else None
    texts = (storable(result.nodeid), storable(result.error), warnings)
    rows.trace_text.append((*key, *texts, *contents, outputs, payload_id))


def _own_contents(case_id: int, result: CaseResult, known: Interned) -> tuple[str | None, str | None]:
    """Return inputs and expectations where they differ from the case's, as when a test adds some."""
    content = content_hash(result)
    if content in (known.contents[case_id], NO_CONTENT):
        return None, None
    return result.inputs, result.expectations


def _add_assessments(rows: Rows, run_id: int, case_id: int, result: CaseResult, known: Interned) -> None:
    trial = result.trial
    scorers = known.scorers
    seen = set()
    for assessment in reversed(result.assessments):  # of two under one metric, the later one counts
        scorer_id = scorers[assessment.metric.name, assessment.metric.fingerprint]
        if scorer_id in seen:
            rows.assessment_superseded += _superseded(run_id, case_id, result, (assessment,), known)
            continue
        seen.add(scorer_id)
        value, status, error = coded(assessment, known)
        rows.assessment.append((run_id, scorer_id, case_id, trial, value, status))
        if assessment.rationale is not None or error is not None or _has_origin(assessment):
            text = _text(assessment, error)
            rows.assessment_text.append((run_id, case_id, trial, scorer_id, *text))


def _superseded(
    run_id: int, case_id: int, result: CaseResult, assessments: Sequence[Assessment], known: Interned
) -> list[Row]:
    rows = []
    for assessment in assessments:
        scorer_id = known.scorers[assessment.metric.name, assessment.metric.fingerprint]
        value, status, error = coded(assessment, known)
        trial = (run_id, case_id, result.trial, result.attempt)
        rows.append((*trial, scorer_id, value, status, *_text(assessment, error)))
    return rows


def coded(assessment: Assessment, known: Interned) -> tuple[float | None, int, str | None]:
    """Return value, status and error as stored; a number that is not finite is an error."""
    value, error = assessment.value, assessment.error
    if error is not None:
        return None, ERROR, error
    if value is None:
        return None, NOTHING, None
    if isinstance(value, bool):
        return float(value), BOOL, None
    if isinstance(value, str):
        return float(known.labels[storable(value)]), LABEL, None
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    return (
        (number, NUMBER, None) if math.isfinite(number) else (None, ERROR, f"{value} is not a finite number")
    )


def _has_origin(assessment: Assessment) -> bool:
    return assessment.source != "code" or bool(assessment.metadata)


def _text(assessment: Assessment, error: str | None) -> Row:
    metadata = payload.encode(assessment.metadata, "metadata").text if assessment.metadata else None
    return storable(assessment.rationale), storable(error), assessment.source, metadata
