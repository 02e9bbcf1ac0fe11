"""Traces: what the application did for one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TraceStatus = Literal["ok", "error"]

SPAN_KINDS = (
    "CHAT_MODEL",
    "TOOL",
    "RETRIEVER",
    "EMBEDDING",
    "AGENT",
    "RERANKER",
    "PARSER",
    "CHAIN",
    "EVALUATOR",
    "UNKNOWN",
)


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened at one moment of a span, an exception for example."""

    name: str
    at: float = 0.0
    """Seconds since the epoch."""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One step inside a trace; times in seconds since the epoch."""

    name: str
    kind: str = "UNKNOWN"
    """One of ``SPAN_KINDS``."""
    started_at: float = 0.0
    duration_s: float = 0.0
    span_id: str = ""
    """16 hexadecimal digits, as OpenTelemetry writes them."""
    parent_id: str | None = None
    """``None``: a direct step of the case's call, the root of the trace."""
    status: TraceStatus = "ok"
    error: str | None = None
    inputs: Any = None
    outputs: Any = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One execution of the application on one case; the root span is the call itself.

    ``started_at`` is seconds since the epoch; ``duration_s`` is the time inside the call, by a
    monotonic clock. ``spans`` are the steps inside the call, in the order in which they started.
    """

    inputs: Any = None
    outputs: Any = None
    status: TraceStatus = "ok"
    error: str | None = None
    started_at: float = 0.0
    duration_s: float = 0.0
    spans: tuple[Span, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
