"""Which cases came to their limits in this process: told at the end of the session."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_vtrack.plugin.notes import Notes

_PATIENCE_S = 0.5
"""How often a call that waits for its turn looks whether it comes at all."""


class Tally:
    """Takes names of cases, from any thread."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.again: list[str] = []
        """Cases with more than one attempt."""
        self.timed_out: list[str] = []
        self.over = threading.Event()
        """Whether no more calls may start."""
        self._running: list[tuple[str, Future[Any]]] = []

    def wind_up(self) -> None:
        """Let no more calls start."""
        self.over.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep, and no longer than until no more calls may start."""
        import asyncio

        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.over.is_set():
            await asyncio.sleep(min(left, _PATIENCE_S))

    def left_behind(self, name: str, call: Future[Any]) -> None:
        """Take note of a call that goes on in vain."""
        self._running.append((name, call))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hand over what there is to say."""
        self._say("needed more than one attempt", self.again)
        self._say("took longer than the time limit", self.timed_out)
        running = [name for name, call in self._running if not call.done()]
        self._say("still ran at the end, as a thread cannot be stopped", running)

    def _say(self, what: str, names: Sequence[str]) -> None:
        if names:
            self._notes.cases.setdefault(what, []).extend(names)
