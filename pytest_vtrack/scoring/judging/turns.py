"""How many requests a judge has under way in a process, and when none may start."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A limit shared by all threads; whoever is told to slow down slows all of them down."""

    def __init__(self, at_once: int) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._resume_at = 0.0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, and hold it."""
        with self._slots:
            while (wait_s := self._resume_at - time.monotonic()) > 0:
                time.sleep(wait_s)
            yield

    def pause(self, seconds: float) -> None:
        """Let no request start for a while."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)
