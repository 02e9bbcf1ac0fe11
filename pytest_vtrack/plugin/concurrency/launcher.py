"""Starting calls, in the session's event loop or in threads, and waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING

from pytest_vtrack.plugin.concurrency.workers import Workers
from pytest_vtrack.plugin.loop import GRACE_S, SessionLoop

if TYPE_CHECKING:
    from pytest_vtrack.plugin.calls import Call

WATCH_S = 1.0
"""How often it is looked whether a thread is still there."""


class Launcher:
    """Runs calls while the main thread waits for one of them or reports another."""

    def __init__(self, loop: SessionLoop) -> None:
        self._loop = loop
        self._workers = Workers()

    @property
    def usable(self) -> bool:
        """Whether the event loop is there: an application may have closed it."""
        return not self._loop.loop.is_closed()

    @property
    def threads_allowed(self) -> int | None:
        """How many threads the system allowed, where that was less than what was asked for."""
        return self._workers.allowed

    def launch(self, call: Call, context: Context, ended: Callable[[Call], None]) -> None:
        """Start a call in a context of its own.

        :param context: what it is a copy of.
        :param ended: called in the main thread.
        """
        own, loop = context.copy(), self._loop.loop
        if call.asynchronous:
            call.task = loop.create_task(call.run_async(), context=own)
            call.task.add_done_callback(lambda _: ended(call), context=context)
            return

        def tell() -> None:
            loop.call_soon_threadsafe(partial(ended, call), context=context)

        try:
            self._workers.submit(partial(own.run, call.run), context, tell)
        except RuntimeError as error:  # no thread at all: the item says so
            call.error = error
            call.over = True
            loop.call_soon(partial(ended, call), context=context)

    def wait(self, call: Call) -> None:
        """Let all calls go on until this one has ended, or :meth:`wake` is called."""
        if call.done:
            self._loop.keep_turning()
            return
        call.waiter = self._loop.loop.create_future()
        while not call.done and not call.waiter.done():
            if why := self._why_never(call):
                call.error = RuntimeError(why)
                call.ended()
                return
            try:
                self._loop.wait([call.waiter], WATCH_S)
            except RuntimeError:
                if not self.usable:
                    continue
                self._loop.turn()  # the application stopped the loop, which all cases share: it goes on

    def wake(self, call: Call) -> None:
        """Make an end of the wait for a call, from a signal's handler."""
        if self.usable:
            self._loop.loop.call_soon_threadsafe(call.stop_waiting)

    def _why_never(self, call: Call) -> str | None:
        """Say why a call is not going to end."""
        if not self.usable:
            return "the event loop was closed while the case ran"
        if call.thread is not None and not call.thread.is_alive() and not call.over:
            return "the thread that ran the case ended without a result"
        return None

    def give_up(self, calls: Iterable[Call]) -> None:
        """Cancel calls; what does not end is left behind after a moment, and a thread cannot be ended."""
        calls = list(calls)
        for call in calls:
            call.taken = True
        try:
            self._end(calls)
        finally:
            for call in calls:
                call.execution.captured()  # no report follows that would close its trace

    def _end(self, calls: list[Call]) -> None:
        if not self.usable:
            return
        ends = time.monotonic() + GRACE_S
        self._loop.cancel([call.task for call in calls if call.task is not None], calls)
        while time.monotonic() < ends and any(call.thread and not call.over for call in calls):
            self._loop.turn()
            time.sleep(0.005)
