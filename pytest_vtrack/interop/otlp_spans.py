"""One span of OTLP/JSON and one of ours: what ours has no field for is kept among its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_vtrack.interop.otlp_values import (
    Malformed,
    attributes,
    encodable,
    entry,
    identifier,
    key_values,
    objects,
    text,
    whole,
)
from pytest_vtrack.interop.otlp_written import added, taken_back
from pytest_vtrack.model.trace import Span, SpanEvent, TraceStatus
from pytest_vtrack.tracing.contents import take_inputs, take_outputs
from pytest_vtrack.tracing.kinds import kind_of

SPAN_KIND, LINKS, STATE = "otel.span_kind", "otel.links", "otel.trace_state"
SCOPE_NAME, SCOPE_VERSION, DROPPED = "otel.scope.name", "otel.scope.version", "otel.dropped"
_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_ERROR = 2
_DROPPED = ("droppedAttributesCount", "droppedEventsCount", "droppedLinksCount")
_NS = 1_000_000_000


def trace_id_of(record: Mapping[str, Any]) -> str:
    """Return the trace that a span belongs to, as 32 hexadecimal digits.

    :raises Malformed: it has none.
    """
    found = identifier(record, "traceId", 16)
    if not found:
        raise Malformed("32 hexadecimal digits that are not all 0", entry(record, "traceId"), "traceId")
    return found


def span_of(record: Mapping[str, Any], scope: Mapping[str, Any]) -> Span:
    """Return the span that OTLP describes.

    :raises Malformed: a part is not what OTLP has at its place.
    """
    span_id = identifier(record, "spanId", 8)
    if not span_id:
        raise Malformed("16 hexadecimal digits that are not all 0", entry(record, "spanId"), "spanId")
    start, end = _moment(record, "startTimeUnixNano"), _moment(record, "endTimeUnixNano")
    status, error = _status(record)
    plain = {**attributes(record), **_otel_attributes(record, scope)}
    events = tuple(_event(place, each) for place, each in objects(record, "events"))
    written = taken_back(plain)
    return Span(
        name=text(record, "name"),
        kind=written.get("kind") or kind_of(plain),
        started_at=start / _NS,
        duration_s=max(end - start, 0) / _NS,  # a span that never ended has no end
        span_id=span_id,
        parent_id=identifier(record, "parentSpanId", 8) or None,
        status=status,
        error=error,
        inputs=written["inputs"] if "inputs" in written else take_inputs(plain, events),
        outputs=written["outputs"] if "outputs" in written else take_outputs(plain, events),
        attributes=plain,
        events=events,
    )


def record_of(span: Span, trace_id: str, parent_id: str | None) -> dict[str, Any]:
    """Return a span as OTLP/JSON, as it was read where it was.

    :param parent_id: of a span that is a direct step of the call.
    """
    kept = dict(span.attributes)
    state, links, dropped = kept.pop(STATE, None), kept.pop(LINKS, None), kept.pop(DROPPED, None)
    kind = kept.pop(SPAN_KIND, None)
    kept = {name: value for name, value in kept.items() if name not in (SCOPE_NAME, SCOPE_VERSION)}
    kept |= added(span)
    start = _nanoseconds(span.started_at)
    parent = span.parent_id or parent_id
    return {
        "traceId": trace_id,
        "spanId": span.span_id,
        **({"traceState": encodable(str(state))} if state else {}),
        **({"parentSpanId": parent} if parent else {}),
        "name": encodable(span.name),
        "kind": _KINDS.index(kind) if kind in _KINDS else 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + _nanoseconds(span.duration_s)),
        "attributes": key_values(kept),
        **({"events": [_event_record(each) for each in span.events]} if span.events else {}),
        **({"links": [_link_record(each) for each in links]} if links else {}),
        **(dropped or {}),
        "status": status_record(span.status, span.error),
    }


def status_record(status: TraceStatus, error: str | None) -> dict[str, Any]:
    """Return a status as OTLP/JSON; ``ok`` is what OpenTelemetry calls unset."""
    if status == "ok":
        return {}
    return {"code": _ERROR, **({"message": encodable(error)} if error else {})}


def _moment(record: Mapping[str, Any], name: str) -> int:
    """Return nanoseconds since 1970, which OTLP has in 64 bits."""
    found = whole(record, name)
    if not 0 <= found < 2**64:
        raise Malformed("nanoseconds since 1970", found, name)
    return found


def _nanoseconds(seconds: float) -> int:
    """Return nanoseconds, of times since 1970 whole hundreds: a float holds no more of them."""
    whole_seconds = int(seconds)
    step = 100 if whole_seconds > 10**8 else 1
    return whole_seconds * _NS + step * round((seconds - whole_seconds) * _NS / step)


def _status(record: Mapping[str, Any]) -> tuple[TraceStatus, str | None]:
    status = entry(record, "status", {})
    if not isinstance(status, Mapping):
        raise Malformed("an object", status, "status")
    if status.get("code") in (_ERROR, str(_ERROR), "STATUS_CODE_ERROR"):
        try:
            return "error", text(status, "message") or None
        except Malformed as error:
            raise error.inside("status") from None
    return "ok", None


def _otel_attributes(record: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    kind = _kind(entry(record, "kind", 0))
    found = {
        SPAN_KIND: None if kind in ("UNSPECIFIED", "INTERNAL") else kind,
        STATE: text(record, "traceState"),
        SCOPE_NAME: text(scope, "name"),
        SCOPE_VERSION: text(scope, "version"),
        LINKS: [_link(place, each) for place, each in objects(record, "links")],
        DROPPED: {name: count for name in _DROPPED if (count := whole(record, name))},
    }
    return {name: value for name, value in found.items() if value}


def _kind(found: Any) -> str:
    if isinstance(found, str) and not found.isdecimal():
        name = found.removeprefix("SPAN_KIND_")
        if name in _KINDS:
            return name
    elif (number := whole({"kind": found}, "kind")) in range(len(_KINDS)):
        return _KINDS[number]
    raise Malformed(f"a number below {len(_KINDS)}, or SPAN_KIND_ and {', '.join(_KINDS)}", found, "kind")


def _event(place: str, record: Mapping[str, Any]) -> SpanEvent:
    try:
        return SpanEvent(text(record, "name"), _moment(record, "timeUnixNano") / _NS, attributes(record))
    except Malformed as error:
        raise error.inside(place) from None


def _event_record(event: SpanEvent) -> dict[str, Any]:
    at = str(_nanoseconds(event.at))
    return {"timeUnixNano": at, "name": encodable(event.name), "attributes": key_values(event.attributes)}


def _link(place: str, record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        ids = {"trace_id": trace_id_of(record), "span_id": identifier(record, "spanId", 8)}
        return {**ids, "attributes": attributes(record)}
    except Malformed as error:
        raise error.inside(place) from None


def _link_record(link: Mapping[str, Any]) -> dict[str, Any]:
    ids = {"traceId": link["trace_id"], "spanId": link["span_id"]}
    return {**ids, "attributes": key_values(link.get("attributes", {}))}
