"""Results as rows of tables, once everything interned has its number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import LARGEST, Assessment
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.store.batch import Batch, Placed
from pytest_vtrack.store.cells import series_of
from pytest_vtrack.store.schema import BOOL, ERROR, LABEL, NOTHING, NUMBER
from pytest_vtrack.store.statements import Row
from pytest_vtrack.store.texts import storable


@dataclass(slots=True)
class Rows:
    """What a batch of results adds to the tables of the same names."""

    trace: list[Row] = field(default_factory=list)
    trace_text: list[Row] = field(default_factory=list)
    trace_spans: list[Row] = field(default_factory=list)
    span_payload: list[Row] = field(default_factory=list)
    assessment: list[Row] = field(default_factory=list)
    assessment_text: list[Row] = field(default_factory=list)
    assessment_superseded: list[Row] = field(default_factory=list)


def rows_of(batch: Batch, results: Iterable[Placed]) -> Rows:
    """Turn results, each the newest attempt of its trial, into rows."""
    rows = Rows()
    values: dict[int, list[Row]] = defaultdict(list)
    for placed in results:
        _add_trace(rows, batch, placed, newest=1)
        _add_assessments(rows, values, batch, placed)
    # In the order of the table: neighbours go to one page.
    rows.assessment = list(chain.from_iterable(values[start] for start in sorted(values)))
    return rows


def late_rows_of(batch: Batch, placed: Placed) -> Rows:
    """Turn a result that arrives after a newer attempt of its trial into rows."""
    rows = Rows()
    _add_trace(rows, batch, placed, newest=0)
    _add_superseded(rows, batch, placed, placed.result.assessments)
    return rows


def _add_trace(rows: Rows, batch: Batch, placed: Placed, *, newest: int) -> None:
    result = placed.result
    key = (batch.run_id, placed.case_id, result.trial, result.attempt)
    errored = int(result.error is not None or result.outcome == "error")
    times = (result.started_at, result.duration_s)
    spans = batch.spans.get(id(result)) if batch.spans else None
    stepset_id = None if spans is None else spans.stepset_id
    rows.trace.append((*key, newest, errored, result.outcome, *times, placed.tagset_id, stepset_id))
    contents = _own_contents(placed, batch)
    rows.trace_text.append((*key, *_texts(result), *contents[:2], *_outputs(result, batch), contents[2]))
    if spans is not None:
        rows.trace_spans.append((*key, *spans.row))
        rows.span_payload += ((*key, number) for number in spans.payloads)


def _texts(result: CaseResult) -> Row:
    warnings = payload.encode(result.warnings, "warnings").text if result.warnings else None
    return storable(result.nodeid), storable(result.error), warnings


def _own_contents(placed: Placed, batch: Batch) -> Row:
    """Return inputs, expectations, and the number of large inputs, where they differ from the case's."""
    if not placed.own_contents:
        return None, None, None
    number = batch.payloads.get(placed.result.inputs)
    return (placed.result.inputs if number is None else None), placed.result.expectations, number


def _outputs(result: CaseResult, batch: Batch) -> Row:
    payload_id = batch.payloads.get(result.outputs) if result.outputs else None
    return (result.outputs if payload_id is None else None), payload_id


def _add_assessments(rows: Rows, values: Mapping[int, list[Row]], batch: Batch, placed: Placed) -> None:
    assessments, case_id, trial = placed.result.assessments, placed.case_id, placed.result.trial
    series = batch.series
    # Of two under one metric, the later one counts.
    counting = {series[id(assessment.metric)]: assessment for assessment in assessments}
    for start, assessment in counting.items():
        value, status, error = coded(assessment, batch.labels)
        place = start + case_id
        values[start].append((place, trial, value, status))
        plain = assessment.rationale is None and assessment.source == "code" and not assessment.metadata
        if error is not None or not plain:
            rows.assessment_text.append((place, trial, *_text(assessment, error)))
    if len(counting) < len(assessments):
        _add_superseded(rows, batch, placed, _overruled(assessments, series))


def _overruled(assessments: Sequence[Assessment], series: Mapping[int, int]) -> list[Assessment]:
    """Return the assessments that are not the last of their metric."""
    last = {series[id(each.metric)]: index for index, each in enumerate(assessments)}
    counting = set(last.values())
    return [each for index, each in enumerate(assessments) if index not in counting]


def _add_superseded(rows: Rows, batch: Batch, placed: Placed, assessments: Iterable[Assessment]) -> None:
    trial = (batch.run_id, placed.case_id, placed.result.trial, placed.result.attempt)
    for assessment in assessments:
        value, status, error = coded(assessment, batch.labels)
        series = series_of(batch.series[id(assessment.metric)])
        rows.assessment_superseded.append((*trial, series, value, status, *_text(assessment, error)))


def coded(assessment: Assessment, labels: Mapping[str, int]) -> tuple[float | None, int, str | None]:
    """Return value, status and error as stored; a number that cannot be added up is an error."""
    value, error = assessment.value, assessment.error
    if error is not None:
        return None, ERROR, error
    if value is True:
        return 1.0, BOOL, None
    if value is False:
        return 0.0, BOOL, None
    if isinstance(value, float) and -LARGEST <= value <= LARGEST:
        return value, NUMBER, None
    if value is None:
        return None, NOTHING, None
    if isinstance(value, str):
        return float(labels[storable(value)]), LABEL, None
    if -LARGEST <= value <= LARGEST:
        return float(value), NUMBER, None
    return None, ERROR, f"{_shown(value)} is not a finite number between -{LARGEST:g} and {LARGEST:g}"


def _shown(value: float) -> str:
    try:
        return f"{float(value):g}"
    except OverflowError:
        return "an integer with more than 300 digits"


def _text(assessment: Assessment, error: str | None) -> Row:
    metadata = payload.encode(assessment.metadata, "metadata").text if assessment.metadata else None
    return storable(assessment.rationale), storable(error), assessment.source, metadata
