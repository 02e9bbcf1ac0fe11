"""What is stored of a trial, as the trace that scorers see."""

from __future__ import annotations

from pytest_vtrack.model import payload, spans
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.model.trace import Trace


def trace_of(result: CaseResult) -> Trace:
    """Return a stored result as the trace that scorers see."""
    return Trace(
        inputs=payload.decode(result.inputs),
        outputs=payload.decode(result.outputs),
        status="error" if result.error else "ok",
        error=result.error,
        started_at=result.started_at,
        duration_s=result.duration_s,
        spans=spans.decode(result.spans),
        tags=result.tags,
    )
