"""The call of a case that runs ahead of the item that reports it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    import logging
    from contextlib import AbstractContextManager

speaking: ContextVar[Call | None] = ContextVar("vtrack_call", default=None)
"""The call that the current thread or task works for."""


class Call:
    """The body of one test, run once: where it stands, and what it left for its item."""

    __slots__ = (
        "_body",
        "_running",
        "asynchronous",
        "done",
        "duration_s",
        "error",
        "item",
        "over",
        "printed",
        "records",
        "start",
        "started_at",
        "taken",
        "task",
        "thread",
        "waited_s",
        "waiter",
    )

    def __init__(
        self,
        item: object,
        running: AbstractContextManager[None],
        body: Callable[[], Any],
        *,
        asynchronous: bool,
    ) -> None:
        """Prepare a call.

        :param running: entered while a synchronous body runs.
        :param asynchronous: the body returns a coroutine, which enters it by itself.
        """
        self.item = item
        self._running = running
        self._body = body
        self.asynchronous = asynchronous
        self.over = False
        """Whether the body has ended."""
        self.done = False
        """Whether the main thread knows that it has."""
        self.taken = False
        """Whether its item reports it, or it was cancelled: from then on its output is nobody's."""
        self.error: BaseException | None = None
        self.started_at = self.start = self.duration_s = 0.0
        self.waited_s = 0.0
        """How long its item waited for it."""
        self.thread: threading.Thread | None = None
        self.printed: list[tuple[str, str]] = []
        """Names of streams, and what was written to them."""
        self.records: list[logging.LogRecord] = []
        self.task: asyncio.Task[None] | None = None
        self.waiter: asyncio.Future[None] | None = None

    def run(self) -> None:
        """Run a synchronous body to its end, in the context of its own."""
        self.thread = threading.current_thread()
        self._begin()
        try:
            with self._running:
                self._body()
        except BaseException as error:  # of whatever kind: its item reports it
            self.error = error
        finally:
            self._end()

    async def run_async(self) -> None:
        """Run an asynchronous body to its end, in the context of its own."""
        self._begin()
        try:
            coroutine: Coroutine[Any, Any, Any] = self._body()
            await coroutine
        except KeyboardInterrupt as error:  # of the user, who did not mean this case in particular
            self.error = error
            raise
        except BaseException as error:  # of whatever kind: its item reports it
            self.error = error
        finally:
            self._end()

    def _begin(self) -> None:
        speaking.set(self)
        self.started_at, self.start = time.time(), time.perf_counter()

    def _end(self) -> None:
        self.duration_s = time.perf_counter() - self.start
        self.over = True

    def ended(self) -> None:
        """Let whoever waits for the call go on; only in the thread of the event loop."""
        self.done = True
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def lasted(self, turn_s: float) -> float:
        """Return the time of call and turn together, without the wait for the call.

        :param turn_s: how long the turn of the item was.
        """
        return max(0.0, turn_s - self.waited_s) + self.duration_s
