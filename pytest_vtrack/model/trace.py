"""Traces: what the application did for one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TraceStatus = Literal["ok", "error"]


@dataclass(frozen=True, slots=True)
class Span:
    """One step inside a trace; times in seconds since the epoch."""

    name: str
    kind: str = "UNKNOWN"
    started_at: float = 0.0
    duration_s: float = 0.0
    span_id: str = ""
    parent_id: str | None = None
    status: TraceStatus = "ok"
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """One execution of the application on one case; the root span is the call itself.

    ``started_at`` is seconds since the epoch; ``duration_s`` is the time inside the call, by a
    monotonic clock.
    """

    inputs: Any = None
    outputs: Any = None
    status: TraceStatus = "ok"
    error: str | None = None
    started_at: float = 0.0
    duration_s: float = 0.0
    spans: tuple[Span, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
