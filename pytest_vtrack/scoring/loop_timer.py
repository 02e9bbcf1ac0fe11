"""Time limits of what an event loop runs, where the loop may stand still: its thread is busy elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from weakref import WeakKeyDictionary

_standstills: WeakKeyDictionary[asyncio.AbstractEventLoop, Callable[[], float]] = WeakKeyDictionary()
_NOTHING_S = 0.001
"""So little is not made up for."""


def stands_still(loop: asyncio.AbstractEventLoop, seconds: Callable[[], float]) -> None:
    """Let the timers of a loop know how long it has stood still so far."""
    _standstills[loop] = seconds


class LoopTimer:
    """An ``asyncio.timeout`` that does not count the time for which the loop stood still.

    What a model has answered meanwhile cannot be taken before the loop turns again: without this, a case
    would run into its limit because another one is scored for long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(None)
        self._lifted = False

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._stood_still = _standstills.get(self._loop, float)
        self._seen_s = self._stood_still()
        self._handle = self._loop.call_later(self._seconds, self._expire)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._handle.cancel()
        await self._timeout.__aexit__(kind, error, where)

    def _expire(self) -> None:
        now_s = self._stood_still()
        lost_s, self._seen_s = now_s - self._seen_s, now_s
        if lost_s > _NOTHING_S:
            self._handle = self._loop.call_later(lost_s, self._expire)
        elif not self._lifted:
            self._timeout.reschedule(self._loop.time())

    @property
    def expired(self) -> bool:
        """Whether the limit was reached."""
        return self._timeout.expired()

    def lift(self) -> None:
        """Let what runs take as long as it likes."""
        self._lifted = True
        with suppress(RuntimeError):  # it is over already
            self._timeout.reschedule(None)
