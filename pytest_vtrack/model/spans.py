"""Spans as JSON text, for the way from process to process and into the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.scorer_spans import application_spans, scorer_spans
from pytest_vtrack.model.span_lines import joined
from pytest_vtrack.model.trace import Span, SpanEvent

_FIELDS = (
    "name",
    "kind",
    "started_at",
    "duration_s",
    "span_id",
    "parent_id",
    "status",
    "error",
    "inputs",
    "outputs",
    "attributes",
)


def encode(spans: Iterable[Span]) -> payload.Payload:
    """Return spans as the JSON text of a list, one a line; what JSON cannot hold is described."""
    each = [payload.encode(_plain(span), f"spans[{number}]") for number, span in enumerate(spans)]
    return payload.Payload(
        joined(one.text for one in each), tuple(told for one in each for told in one.problems)
    )


def decode(text: str | None) -> tuple[Span, ...]:
    """Return the application's among the spans that :func:`encode` was given."""
    return application_spans(decode_all(text))


def decode_scorers(text: str | None) -> tuple[Span, ...]:
    """Return the spans of scorers among them, such as the requests of judges."""
    return scorer_spans(decode_all(text))


def decode_all(text: str | None) -> tuple[Span, ...]:
    """Return all of them, for passing them on."""
    return tuple(_span(plain) for plain in json.loads(text)) if text else ()


def _plain(span: Span) -> dict[str, Any]:
    """Return what differs from a span without content, and the name."""
    plain: dict[str, Any] = {"name": span.name}
    for name in _FIELDS[1:]:
        value = getattr(span, name)
        if value or value is False or (value == 0 and name in ("inputs", "outputs")):
            plain[name] = value
    if span.events:
        plain["events"] = [[event.name, event.at, event.attributes] for event in span.events]
    return plain


def _span(plain: Mapping[str, Any]) -> Span:
    known = {name: plain[name] for name in _FIELDS if name in plain}
    return Span(**known, events=tuple(SpanEvent(*event) for event in plain.get("events", ())))
