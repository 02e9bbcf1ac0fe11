"""What one case's call leaves while it runs: its spans, and the tags it sets.

Nothing here needs OpenTelemetry, so that a case of an application without it costs next to nothing.
"""

from __future__ import annotations

import random
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span as LiveSpan

# Of their own source, because applications and plugins seed Python's before each test: two cases
# would get the same trace id.
_bits = random.SystemRandom().getrandbits


def new_trace_id() -> int:
    """Return a trace id that no seed can repeat."""
    return _bits(128) or 1


def new_span_id() -> int:
    """Return a span id that no seed can repeat."""
    return _bits(64) or 1


class Recorder:
    """Collects what happens inside one case's call, from whichever thread or task."""

    __slots__ = ("_root_id", "_trace_number", "begun", "closed", "spans", "tags")

    def __init__(self) -> None:
        self.closed = False
        self.spans: list[LiveSpan] = []
        """In the order in which they started."""
        self.tags: dict[str, str] = {}
        self.begun: list[int] = []
        """Ids of the traces that the application began by itself inside the call."""
        self._trace_number = 0
        self._root_id = 0

    @property
    def trace_number(self) -> int:
        """The trace's id; drawn when it is first asked for."""
        if not self._trace_number:
            self._trace_number = new_trace_id()
        return self._trace_number

    @property
    def root_id(self) -> int:
        """The id of the root span, which is the call itself."""
        if not self._root_id:
            self._root_id = new_span_id()
        return self._root_id


class Inherited(NamedTuple):
    """A recorder that a background thread has from the thread that started it.

    Such a thread may go on to serve other cases, so it speaks for this one only while no other is open.
    """

    recorder: Recorder


_current: ContextVar[Recorder | Inherited | None] = ContextVar("vtrack_case", default=None)
_open: set[Recorder] = set()


def open_recorder() -> Recorder:
    """Return a new recorder that takes spans and tags until it is closed."""
    recorder = Recorder()
    _open.add(recorder)
    return recorder


def close_recorder(recorder: Recorder) -> None:
    """Let a recorder take nothing more."""
    recorder.closed = True
    _open.discard(recorder)


def any_open() -> bool:
    """Return whether some case is running in this process."""
    return bool(_open)


def current_recorder() -> Recorder | None:
    """Return the recorder of the case that this thread or task works for."""
    found = _current.get()
    if isinstance(found, Inherited):
        found = found.recorder if len(_open) == 1 else None
    return None if found is None or found.closed else found


def inherited(*, background: bool) -> Recorder | Inherited | None:
    """Return what a new thread of the current context speaks for."""
    found = _current.get()
    return Inherited(found) if background and isinstance(found, Recorder) else found


def speak_for(who: Recorder | Inherited | None) -> Token[Any]:
    """Let the current context speak for a case until :func:`stop_speaking`."""
    return _current.set(who)


def stop_speaking(token: Token[Any]) -> None:
    """Let the current context speak for whom it spoke before."""
    try:
        _current.reset(token)
    except ValueError:  # left in another context than entered, as a generator may: nothing to restore
        return
