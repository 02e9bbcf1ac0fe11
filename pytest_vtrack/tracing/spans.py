"""Spans written by hand: a block of code, or every call of a function.

Thin sugar over OpenTelemetry: without a provider of the application, and outside of a recorded case, they
cost a no-op.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import SettingError, nearest
from pytest_vtrack.model import payload
from pytest_vtrack.model.trace import SPAN_KINDS
from pytest_vtrack.tracing.contents import INPUTS, JSON_TYPE, MIME_TYPES, OUTPUTS, TEXT_TYPE
from pytest_vtrack.tracing.first_token import FIRST_TOKEN
from pytest_vtrack.tracing.kinds import KIND

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OpenTelemetrySpan
    from opentelemetry.trace import Tracer


class OpenSpan:
    """A step that is running; ``otel`` is OpenTelemetry's span behind it."""

    __slots__ = ("otel",)

    def __init__(self, otel: OpenTelemetrySpan) -> None:
        self.otel = otel

    def set_inputs(self, value: Any) -> None:
        """Record what went into the step; any value."""
        self._set(INPUTS, value)

    def set_outputs(self, value: Any) -> None:
        """Record what came out of the step; any value."""
        self._set(OUTPUTS, value)

    def set_attribute(self, name: str, value: Any) -> None:
        """Record something else, by OpenTelemetry's rules for attributes."""
        self.otel.set_attribute(name, value)

    def first_token(self) -> None:
        """Record that the first part of a streamed answer is there."""
        self.otel.add_event(FIRST_TOKEN)

    def _set(self, name: str, value: Any) -> None:
        if not self.otel.is_recording():
            return
        text = value if type(value) is str else _encoded(value, name)
        kind = TEXT_TYPE if text is value else JSON_TYPE
        self.otel.set_attributes({name: text, MIME_TYPES[name]: kind})


def _encoded(value: Any, name: str) -> str:
    try:
        return payload.encode(value, name).text
    except Exception as error:  # an object that fails when looked at must not break the application
        return payload.encode({"$unreadable": f"{type(value).__qualname__}: {error!r}"}, name).text


@contextmanager
def span(name: str, *, kind: str = "UNKNOWN", inputs: Any = None) -> Iterator[OpenSpan]:
    """Record a block of code as a step of the current trace.

    Works inside ``async def`` too. An exception that leaves the block is recorded, and goes on.

    :param kind: what kind of step it is: one of ``SPAN_KINDS``.
    :raises SettingError: the kind is not one of those.
    """
    check_kind(kind)
    with current(start(name, kind), ends=True) as otel:
        step = OpenSpan(otel)
        if inputs is not None:
            step.set_inputs(inputs)
        yield step


def start(name: str, kind: str) -> OpenTelemetrySpan:
    """Start a span below the current one; it is not made current."""
    return _tracer().start_span(name, attributes={KIND: kind} if kind != "UNKNOWN" else None)


def current(otel: OpenTelemetrySpan, *, ends: bool) -> AbstractContextManager[OpenTelemetrySpan]:
    """Make a span the current one for a block, with the exception that leaves it.

    :param ends: whether the span ends with the block.
    """
    return _use_span()(otel, end_on_exit=ends)


@functools.cache
def _tracer() -> Tracer:
    from opentelemetry.trace import get_tracer

    return get_tracer("pytest_vtrack")


@functools.cache
def _use_span() -> Callable[..., AbstractContextManager[OpenTelemetrySpan]]:
    from opentelemetry.trace import use_span

    return use_span


def check_kind(kind: str) -> None:
    """Refuse a kind that is none.

    :raises SettingError: the kind is not one of ``SPAN_KINDS``.
    """
    if kind not in SPAN_KINDS:
        near = nearest(str(kind), SPAN_KINDS, most=1)[0]
        raise SettingError(
            f"kind {kind!r} is none of a span; did you mean {near!r}? Known: {', '.join(SPAN_KINDS)}"
        )
