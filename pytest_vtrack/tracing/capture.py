"""Capturing the spans of one case's call.

.. code-block:: python

    capture = Capture()
    with capture.running():
        outputs = app(**inputs)
    captured = capture.close(time.time())
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_vtrack.tracing.attachment import attach_to_known_providers, follow_spans, import_recording
from pytest_vtrack.tracing.recorder import (
    close_recorder,
    current_recorder,
    open_recorder,
    speak_for,
    stop_speaking,
)
from pytest_vtrack.tracing.routing import routing
from pytest_vtrack.tracing.threads import follow_threads

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

    from pytest_vtrack.model.trace import Span


@dataclass(frozen=True, slots=True)
class Captured:
    """What a case's call left behind."""

    trace_id: str = ""
    """32 hexadecimal digits; empty without spans."""
    spans: tuple[Span, ...] = ()
    """In the order in which they started."""
    tags: dict[str, str] = field(default_factory=dict)
    """Set by the application while it ran."""
    problems: tuple[str, ...] = ()
    """What could not be recorded."""


NOTHING = Captured()
"""Left behind by an application that is not instrumented."""


def prepare() -> None:
    """Import what spans take before the first call is timed, where the application can leave any."""
    follow_spans()
    if "opentelemetry.trace" in sys.modules or "pytest_vtrack.tracing.spans" in sys.modules:
        import_recording()


class Capture:
    """Takes the spans and tags of one case from when it is made until it is closed."""

    __slots__ = ("recorder",)

    def __init__(self) -> None:
        follow_threads()
        follow_spans()
        self.recorder = open_recorder()

    def running(self) -> Running:
        """Return a context manager: what runs inside it, and what that starts, is the case's.

        To be entered in the thread or task of the call; several times where the call has several parts.
        """
        return Running(self)

    def close(self, now: float) -> Captured:
        """Return the trace, and take nothing more.

        :param now: in seconds since the epoch.
        """
        recorder = self.recorder
        close_recorder(recorder)
        if "opentelemetry.trace" in sys.modules:
            routing.remove(recorder)
            return self.so_far(now)
        return Captured(tags=recorder.tags) if recorder.tags else NOTHING

    def so_far(self, now: float) -> Captured:
        """Return what there is of the trace.

        Spans that have not ended are returned as far as they are, with the attribute ``vtrack.unfinished``.
        """
        recorder = self.recorder
        problems = tuple(f"a span could not be recorded: {why}" for why in routing.take_failures())
        if not recorder.spans:
            return Captured(tags=recorder.tags, problems=problems)
        from pytest_vtrack.tracing.conversion import converted

        spans, failed = converted(recorder, now)
        return Captured(f"{recorder.trace_number:032x}", spans, recorder.tags, problems + failed)


class Running:
    """The current context works for a capture's case, and OpenTelemetry knows its trace."""

    __slots__ = ("_capture", "_root", "_token")

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._token: Token[Any] | None = None
        self._root: Token[Any] | None = None

    def __enter__(self) -> None:
        recorder = self._capture.recorder
        if recorder.closed or current_recorder() is recorder:
            return
        self._token = speak_for(recorder)
        if "opentelemetry.trace" in sys.modules:
            from pytest_vtrack.tracing.root import enter_root

            attach_to_known_providers()
            routing.add(recorder)
            self._root = enter_root(recorder)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._root is not None:
            from pytest_vtrack.tracing.root import leave_root

            leave_root(self._root)
        if self._token is not None:
            stop_speaking(self._token)
        self._token = self._root = None  # they hold the context, and what in it works for the case holds this
