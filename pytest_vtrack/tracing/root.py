"""The case as the parent of its spans, in OpenTelemetry's context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import attach, detach
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

if TYPE_CHECKING:
    from contextvars import Token

    from pytest_vtrack.tracing.recorder import Recorder

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def enter_root(recorder: Recorder) -> Token[Any]:
    """Make the case's root the current span, so that spans of the call share its trace id.

    It stands for the root and is no span itself: the application's exporters are not sent a span that is
    not the application's. It is sampled, so a sampler that follows the parent drops nothing.
    """
    context = SpanContext(recorder.trace_number, recorder.root_id, is_remote=False, trace_flags=_SAMPLED)
    return attach(set_span_in_context(NonRecordingSpan(context)))


def leave_root(token: Token[Any]) -> None:
    """Make current again what was current before."""
    detach(token)
