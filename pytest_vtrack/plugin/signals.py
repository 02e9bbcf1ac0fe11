"""Handlers of signals, put in place and taken back for every case."""

from __future__ import annotations

# What the module ``signal`` wraps: to make members of an Enum of the handlers takes it twenty times as long,
# which is longer than what the event loop has to do for a case.
import _signal  # type: ignore[import-not-found]

handle = _signal.signal
handler_of = _signal.getsignal
