"""From OpenTelemetry's spans to ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_vtrack.model.trace import SPAN_KINDS, Span, SpanEvent
from pytest_vtrack.tracing.contents import take_inputs, take_outputs
from pytest_vtrack.tracing.kinds import KIND, kind_of
from pytest_vtrack.tracing.recorder import new_span_id

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Event
    from opentelemetry.sdk.trace import Span as LiveSpan

    from pytest_vtrack.tracing.recorder import Recorder

UNFINISHED = "vtrack.unfinished"
"""Attribute of a span that had not ended when its trace was closed."""
DROPPED = "vtrack.dropped_attributes"
"""Attribute that counts what a limit of the application's provider dropped."""

_NANOSECONDS = 1e-9


def converted(recorder: Recorder, ended_at: float) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    """Return a recorder's spans, and what could not be read of them."""
    # Once each: a provider that wraps another tells both of their processors.
    live = tuple({id(span): span for span in recorder.spans}.values())
    known = {span.context.span_id for span in live}
    seen: set[int] = set()
    spans, problems = [], []
    for each in live:
        try:
            spans.append(_span(each, _unseen(each.context.span_id, seen), known, ended_at))
        except Exception as error:  # a provider of another kind may hold anything
            problems.append(f"a span could not be read: {type(error).__name__}: {error}")
    return tuple(spans), tuple(problems)


def _unseen(span_id: int, seen: set[int]) -> int:
    """Return a span's id, or another where it was there before: an application may seed random numbers."""
    while span_id in seen:
        span_id = new_span_id()
    seen.add(span_id)
    return span_id


def _span(live: LiveSpan, span_id: int, known: set[int], ended_at: float) -> Span:
    said: Any = live.attributes
    attributes: dict[str, Any] = said.copy() if said else {}  # half the time of dict(said)
    for name in attributes:
        if name.startswith("mlflow."):
            attributes[name] = _value(attributes[name])
    events = tuple([_event(event) for event in live.events])
    start, end = live.start_time or 0, live.end_time
    if end is None:
        end = max(start, int(ended_at / _NANOSECONDS))
        attributes[UNFINISHED] = True
    if live.dropped_attributes:
        attributes[DROPPED] = live.dropped_attributes
    failed = live.status.status_code.name == "ERROR"
    kind = attributes.pop(KIND, None)
    return Span(
        live.name,
        kind if kind in SPAN_KINDS else kind_of(attributes),
        start * _NANOSECONDS,
        (end - start) * _NANOSECONDS,
        f"{span_id:016x}",
        f"{live.parent.span_id:016x}" if live.parent and live.parent.span_id in known else None,
        "error" if failed else "ok",
        _error(live.status.description, events) if failed else None,
        take_inputs(attributes, events),
        take_outputs(attributes, events),
        attributes,
        events,
    )


def _event(event: Event) -> SpanEvent:
    return SpanEvent(event.name, event.timestamp * _NANOSECONDS, dict(event.attributes or {}))


def _value(of_mlflow: Any) -> Any:
    """Return the value of one of MLflow's attributes: it writes all of its own as JSON."""
    try:
        return json.loads(of_mlflow) if isinstance(of_mlflow, str) else of_mlflow
    except ValueError:
        return of_mlflow


def _error(description: str | None, events: tuple[SpanEvent, ...]) -> str:
    """Return what the status says, else the last exception of the span."""
    if description:
        return description
    exceptions = [event.attributes for event in events if event.name == "exception"]
    return _exception(exceptions[-1]) if exceptions else "the span says only that it failed"


def _exception(attributes: Mapping[str, Any]) -> str:
    said = (attributes.get("exception.type"), attributes.get("exception.message"))
    return ": ".join(str(part) for part in said if part)
