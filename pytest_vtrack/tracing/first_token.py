"""When the first token of an answer was there."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_vtrack.model.trace import Span

_SECONDS = ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token")
_EVENTS = ("First Token Stream Event", "llm.content.completion.chunk", "gen_ai.content.completion.chunk")
_MLFLOW = "mlflow.chunk.item.0"
FIRST_TOKEN = _EVENTS[0]
"""OpenInference's name of the event, which our own spans use too."""


def time_to_first_token(spans: Iterable[Span]) -> float | None:
    """Return the seconds from the start of a call to a model until its first token.

    Of several calls it is that of the first one that says so; ``None`` where none does.
    """
    for span in sorted(spans, key=lambda span: span.started_at):
        found = _of(span)
        if found is not None:
            return found
    return None


def _of(span: Span) -> float | None:
    for name in _SECONDS:
        value = span.attributes.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
    at = [event.at for event in span.events if event.name in _EVENTS or event.name == _MLFLOW]
    return max(0.0, min(at) - span.started_at) if at else None
