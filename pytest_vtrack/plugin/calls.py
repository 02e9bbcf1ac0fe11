"""The call of a case that runs ahead of the item that reports it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pytest_vtrack.scoring.apart import for_whom

if TYPE_CHECKING:
    import asyncio
    import logging

    from pytest_vtrack.plugin.execution import Execution
    from pytest_vtrack.plugin.judging import Judging

speaking: ContextVar[Call | None] = for_whom
"""The call that the current thread or task works for."""


class Call:
    """The body of one test, run once, and judged: where it stands, and what it left for its item."""

    __slots__ = (
        "_body",
        "_running",
        "asynchronous",
        "done",
        "duration_s",
        "error",
        "execution",
        "item",
        "judged_s",
        "judging",
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
        execution: Execution,
        body: Callable[[], Any],
        *,
        asynchronous: bool,
        judging: Judging | None = None,
    ) -> None:
        """Prepare a call.

        :param execution: of the case; its trace is open while the body runs.
        :param asynchronous: the body returns a coroutine, which opens the trace by itself.
        :param judging: what follows the body; no part of its time.
        """
        self.item = item
        self.execution = execution
        self._running = None if asynchronous else execution.running()  # made in the main thread
        self._body = body
        self.asynchronous = asynchronous
        self.judging = judging
        self.over = False
        """Whether body and judging have ended."""
        self.done = False
        """Whether the main thread knows that it has."""
        self.taken = False
        """Whether its item reports it, or it was cancelled: from then on its output is nobody's."""
        self.error: BaseException | None = None
        self.started_at = self.start = self.duration_s = 0.0
        self.judged_s = self.waited_s = 0.0
        """How long its item waited for it."""
        self.thread: threading.Thread | None = None
        self.printed: list[tuple[str, str]] = []
        """Names of streams, and what was written to them."""
        self.records: list[logging.LogRecord] = []
        self.task: asyncio.Task[None] | None = None
        self.waiter: asyncio.Future[None] | None = None

    def run(self) -> None:
        """Run a synchronous body to its end, in the context of its own."""
        if self.taken:  # given up before it began
            self.over = True
            return
        self.thread = threading.current_thread()
        self._begin()
        try:
            with self._running or nullcontext():
                self._body()
        except BaseException as error:  # of whatever kind: its item reports it
            self.error = error
        finally:
            self._returned()
        try:
            if judging := self._due():
                judging.run_from_thread()
        finally:
            self._end()

    async def run_async(self) -> None:
        """Run an asynchronous body to its end, in the context of its own."""
        self._begin()
        try:
            await self._run_body()
            if judging := self._due():
                await judging.run()
        finally:
            self._end()

    async def _run_body(self) -> None:
        try:
            coroutine: Coroutine[Any, Any, Any] = self._body()
            await coroutine
        except KeyboardInterrupt as error:  # of the user, who did not mean this case in particular
            self.error = error
            raise
        except BaseException as error:  # of whatever kind: its item reports it
            self.error = error
        finally:
            self._returned()

    def _due(self) -> Judging | None:
        due = self.judging is not None and not self.taken and self.judging.is_due(self.error)
        return self.judging if due else None

    def _begin(self) -> None:
        speaking.set(self)
        self.started_at, self.start = time.time(), time.perf_counter()

    def _returned(self) -> None:
        self.duration_s = time.perf_counter() - self.start

    def _end(self) -> None:
        if self.judging is not None:
            self.judged_s = time.perf_counter() - self.start - self.duration_s
        self.over = True

    def ended(self) -> None:
        """Let whoever waits for the call go on; only in the thread of the event loop."""
        self.done = True
        self.task = None  # its context holds the call: only the garbage collector would free the two
        self.stop_waiting()

    def stop_waiting(self) -> None:
        """Let whoever waits for the call go on, whether it has ended or not."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def lasted(self, turn_s: float) -> float:
        """Return the time of call, judging and turn together, without the wait for them.

        :param turn_s: how long the turn of the item was.
        """
        return max(0.0, turn_s - self.waited_s) + self.duration_s + self.judged_s
