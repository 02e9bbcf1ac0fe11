"""Time limits of calls: an asynchronous one is cancelled, any other one is no longer waited for.

A synchronous call runs in a thread of its own. A signal would interrupt it for good, but only in the main
thread, not on every system, in the middle of whatever it does, and pytest-timeout wants the same one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any

from pytest_vtrack.plugin.loop import inside_event_loop
from pytest_vtrack.scoring.apart import run_apart
from pytest_vtrack.scoring.loop_timer import LoopTimer


class TookTooLong(TimeoutError):
    """The call of a case was given up at its time limit."""


class TimeLimit:
    """How long one call may take; it can be lifted while the call runs."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.lifted = False
        self._timer: LoopTimer | None = None

    def lift(self) -> None:
        """Let the call take as long as it likes: it does not call the application itself."""
        self.lifted = True
        if self._timer is not None:
            self._timer.lift()

    async def awaited(self, awaitable: Awaitable[Any]) -> Any:
        """Await something, and cancel it at the limit.

        :raises TookTooLong: it took longer.
        """
        __tracebackhide__ = True
        self._timer = LoopTimer(self.seconds)
        try:
            async with self._timer:
                return await awaitable
        except TimeoutError:
            if not self._timer.expired:
                raise  # the application's own
            raise self._error() from None

    def called(
        self,
        function: Callable[[], Any],
        await_: Callable[[Any], Any],
        left_behind: Callable[[Future[Any]], None],
    ) -> Any:
        """Call something in a thread, and leave it behind at the limit.

        :param await_: runs a coroutine in the event loop of the session, so that other calls go on there.
        :param left_behind: takes what goes on in vain.
        :raises TookTooLong: it took longer.
        """
        __tracebackhide__ = True
        start = partial(run_apart, function, copy_context(), "vtrack-case")
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and not inside_event_loop():
            future = await_(self._started(start))
        else:
            future = start()
            if wait([future], self.seconds).not_done and self.lifted:
                wait([future])
        if not future.done():
            left_behind(future)
            raise self._error()
        if error := future.exception():
            try:
                raise error  # here: the frames of ``future.result()`` would stand in the test's report
            finally:
                del error  # which holds this frame
        return future.result()

    async def _started(self, start: Callable[[], Future[Any]]) -> Future[Any]:
        """Start a call and let the event loop turn until it has ended, or the time is over."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell(_: object) -> None:
            with suppress(RuntimeError):  # left behind, and the loop is closed by now
                loop.call_soon_threadsafe(done.set)

        future = start()  # only now: it may need the loop
        future.add_done_callback(tell)
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), self.seconds)
        if self.lifted:
            await done.wait()
        return future

    def _error(self) -> TookTooLong:
        return TookTooLong(f"took longer than {self.seconds:g} s")
