"""Metrics that the spans of a trace give: tokens, cost, time to first token, seconds spent in named steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_vtrack.model.assessment import COST, TIME_TO_FIRST_TOKEN, TOKENS, Assessment, MetricSpec

if TYPE_CHECKING:
    from pytest_vtrack.model.trace import Span
    from pytest_vtrack.plugin.options import Settings


def trace_metrics(settings: Settings) -> Callable[[tuple[Span, ...]], list[Assessment]]:
    """Return the function that measures spans as a session wants it."""

    def measure(spans: tuple[Span, ...]) -> list[Assessment]:
        from pytest_vtrack.tracing.first_token import time_to_first_token
        from pytest_vtrack.tracing.latencies import latencies
        from pytest_vtrack.tracing.prices import NO_PRICES
        from pytest_vtrack.tracing.usage import usage_of

        usage = usage_of(spans, settings.prices or NO_PRICES)
        values = {
            TOKENS: usage.tokens,
            COST: usage.cost,
            TIME_TO_FIRST_TOKEN: time_to_first_token(spans),
            **{_of_step(name): took for name, took in latencies(spans, settings.span_latency).items()},
        }
        return [Assessment(metric, float(value)) for metric, value in values.items() if value is not None]

    return measure


def _of_step(name: str) -> MetricSpec:
    fingerprint = "builtin:span_latency/1"
    return MetricSpec(f"latency.{name}", fingerprint, better="lower", kind="latency", gate=False)
