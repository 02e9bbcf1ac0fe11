"""Our side of OpenTelemetry's SDK; imported only once the application has imported OpenTelemetry."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from pytest_vtrack.tracing.recorder import new_span_id, new_trace_id
from pytest_vtrack.tracing.routing import routing

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span
    from opentelemetry.trace import Tracer


class CaseSpans(SpanProcessor):
    """Notes each span with its case when it starts; what it holds is read when the case's trace is closed."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Note a span; whatever goes wrong here is none of the application's business."""
        try:
            context = span.get_span_context()
            recorder = routing.recorder_of(context.trace_id) if context else None
            if recorder is not None:
                recorder.spans.append(span)
        except Exception as error:
            routing.failed(error)


class _OwnIds(IdGenerator):
    """Ids that do not repeat where an application seeds Python's random numbers."""

    def generate_span_id(self) -> int:
        return new_span_id()

    def generate_trace_id(self) -> int:
        return new_trace_id()


@functools.cache
def own_tracer() -> Tracer:
    """Return the tracer for an application that uses OpenTelemetry and has set no provider.

    It records everything and exports nothing. One tracer serves all instrumentations: what tells them
    apart is not recorded.
    """
    provider = TracerProvider(
        ALWAYS_ON,
        Resource.get_empty(),
        shutdown_on_exit=False,
        id_generator=_OwnIds(),
        span_limits=_unlimited(),
    )
    return provider.get_tracer("pytest_vtrack")


def _unlimited() -> SpanLimits:
    """Return limits that keep long conversations whole: the default is 128 attributes a span."""
    none = SpanLimits.UNSET
    return SpanLimits(
        max_attributes=none,
        max_events=none,
        max_links=none,
        max_span_attributes=none,
        max_event_attributes=none,
        max_link_attributes=none,
        max_attribute_length=none,
        max_span_attribute_length=none,
    )
