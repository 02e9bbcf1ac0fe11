"""A trace as MLflow's own object, for its scorers that look at spans."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.trace import Span, Trace
from pytest_vtrack.scoring.configured import library
from pytest_vtrack.scoring.foreign.given import Given

_ROOT_ID = "0000000000000001"
_STATUS = {"ok": "STATUS_CODE_OK", "error": "STATUS_CODE_ERROR"}


def mlflow_trace(given: Given) -> Any:
    """Return the trace of a case as an ``mlflow.entities.Trace``: a root span, and the steps below it."""
    trace = given.trace
    assert trace is not None
    case_id = given.case.id if given.case else ""
    trace_id = hashlib.sha256(f"{case_id} {trace.started_at}".encode()).digest()[:16]
    spans = [_span(span, trace_id) for span in (_root(given, trace), *trace.spans)]
    whole = {"info": _info(given, trace, trace_id.hex()), "data": {"spans": spans}}
    return library("mlflow.entities").Trace.from_dict(whole)


def _info(given: Given, trace: Trace, trace_id: str) -> dict[str, Any]:
    return {
        "trace_id": f"tr-{trace_id}",
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
        "request_time": datetime.fromtimestamp(trace.started_at, UTC).isoformat().replace("+00:00", "Z"),
        "state": trace.status.upper(),
        "execution_duration_ms": round(trace.duration_s * 1000),
        "request_preview": _json(given.inputs),
        "response_preview": _json(given.outputs),
        "tags": dict(given.tags),
    }


def _root(given: Given, trace: Trace) -> Span:
    return Span(
        given.case.id if given.case else "case",
        started_at=trace.started_at,
        duration_s=trace.duration_s,
        span_id=_ROOT_ID,
        status=trace.status,
        error=trace.error,
        inputs=given.inputs,
        outputs=given.outputs,
    )


def _span(span: Span, trace_id: bytes) -> dict[str, Any]:
    parent = None if span.span_id == _ROOT_ID else span.parent_id or _ROOT_ID
    started = int(span.started_at * 1e9)
    return {
        "trace_id": _base64(trace_id),
        "span_id": _base64(bytes.fromhex(span.span_id)),
        "parent_span_id": _base64(bytes.fromhex(parent)) if parent else None,
        "name": span.name,
        "start_time_unix_nano": started,
        "end_time_unix_nano": started + int(span.duration_s * 1e9),
        "events": [
            {"name": each.name, "time_unix_nano": int(each.at * 1e9), "attributes": dict(each.attributes)}
            for each in span.events
        ],
        "status": {"code": _STATUS[span.status], "message": span.error or ""},
        "attributes": _attributes(span, trace_id),
    }


def _attributes(span: Span, trace_id: bytes) -> Mapping[str, str]:
    """Return the attributes as MLflow keeps them: each one JSON text."""
    own = {
        "mlflow.traceRequestId": f"tr-{trace_id.hex()}",
        "mlflow.spanType": span.kind,
        "mlflow.spanInputs": span.inputs,
        "mlflow.spanOutputs": span.outputs,
    }
    return {name: _json(value) for name, value in (dict(span.attributes) | own).items()}


def _base64(number: bytes) -> str:
    return base64.b64encode(number).decode()


def _json(value: Any) -> str:
    return payload.encode(value, "value").text
