"""Which case a span belongs to."""

from __future__ import annotations

import threading

from pytest_vtrack.tracing.recorder import Recorder, any_open, current_recorder


class Routing:
    """Knows the trace ids of the open cases: their own, and those that an application began in them."""

    def __init__(self) -> None:
        self._own: dict[int, Recorder] = {}
        self._begun: dict[int, Recorder] = {}
        self._shared: set[int] = set()
        self._lock = threading.Lock()
        self.strays = 0
        """Spans that belonged to no open case."""
        self._failures: list[str] = []

    def add(self, recorder: Recorder) -> None:
        """Claim a recorder's own trace id for it."""
        self._own[recorder.trace_number] = recorder

    def recorder_of(self, trace_number: int) -> Recorder | None:
        """Return the recorder of a span that is just starting, in this thread or task.

        A case's own trace id tells it for sure. An application that begins a trace of its own is known by
        the context it does so in; from then on that trace id tells the case where the context does not.
        """
        own = self._own.get(trace_number)
        if own is not None:
            return own
        found = current_recorder()
        if found is not None:
            self._begin(trace_number, found)
            return found
        begun = self._begun.get(trace_number)
        if begun is None or trace_number in self._shared:
            with self._lock:
                self.strays += 1
            return None
        return begun

    def remove(self, recorder: Recorder) -> None:
        """Forget a closed recorder: what still comes with its trace ids belongs to no case."""
        with self._lock:
            self._own.pop(recorder.trace_number, None)
            for number in recorder.begun:
                self._begun.pop(number, None)
            if not any_open():
                self._shared.clear()

    def failed(self, error: Exception) -> None:
        """Note that a span could not be recorded."""
        with self._lock:
            self._failures.append(f"{type(error).__name__}: {error}")

    def take_failures(self) -> list[str]:
        """Return what was noted since the last call."""
        if not self._failures:
            return []
        with self._lock:
            taken, self._failures = self._failures, []
        return taken

    def _begin(self, trace_number: int, recorder: Recorder) -> None:
        if self._begun.get(trace_number) is recorder:
            return
        with self._lock:
            if self._begun.setdefault(trace_number, recorder) is recorder:
                recorder.begun.append(trace_number)
            else:
                self._shared.add(trace_number)  # two cases in one trace: its id tells nothing


routing = Routing()
"""Of this process: several providers may feed it."""
