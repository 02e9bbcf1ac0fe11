"""Time limits by a signal, as those of pytest-timeout: they are meant for the item that has its turn."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_vtrack.plugin.signals import handle, handler_of

BLOCKED_S = 1.0
"""So long the event loop may take to notice; then whatever keeps it busy is interrupted."""


class AlarmsAfterwards:
    """Lets an alarm take effect only at the end, so that it hits no other case that runs meanwhile."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Prepare to wait.

        :param wake: makes an end of the wait; called when an alarm has come.
        """
        self._wake = wake
        self._rung = False
        self._usual: Any = None

    def __enter__(self) -> None:
        usual = handler_of(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
        if callable(usual) and threading.current_thread() is threading.main_thread():
            self._usual = usual
            handle(signal.SIGALRM, self._on_alarm)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._usual is None:
            return
        handle(signal.SIGALRM, self._usual)
        if self._rung:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if kind is None:
                self._usual(signal.SIGALRM, None)

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        if self._rung:
            self._usual(number, frame)
            return
        self._rung = True
        signal.setitimer(signal.ITIMER_REAL, BLOCKED_S)
        self._wake()
