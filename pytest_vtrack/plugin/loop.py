"""The event loop of a session: one for all asynchronous tests, so that clients may live through it."""

from __future__ import annotations

import inspect
import sys
import threading
import time
from collections.abc import Callable, Container, Coroutine, Generator, Iterable
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from pytest_vtrack.plugin.ctrl_c import CtrlCAfterwards
from pytest_vtrack.plugin.processes import forks
from pytest_vtrack.scoring.outcome import outcome, told

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    import pytest

GRACE_S = 1.0
"""How long what was cancelled may take to end; then it is left behind."""

PACE_S = 0.001
"""So long what is ready may wait while items are reported: the call of a model takes a hundred times that."""


class SessionLoop:
    """Runs coroutines in the main thread, made when the first one comes."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lent: dict[Future[Any], object] = {}
        self._stopped_at = time.monotonic()
        self._stood_still_s = 0.0

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end."""
        __tracebackhide__ = True
        running = outcome(coroutine)
        try:
            runner = self._made()
            with self._turning():
                return told(runner.run(running, context=copy_context()))  # or all share one
        finally:
            if inspect.getcoroutinestate(running) == inspect.CORO_CREATED:
                running.close()  # it was refused, as inside a loop that runs already

    def _made(self) -> asyncio.Runner:
        if self._runner is None:
            import asyncio

            runner = asyncio.Runner()
            runner.get_loop()  # where that fails, as without sockets, there is nothing to close later
            self._runner = runner
        return self._runner

    def run_from_thread(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end, for a call in another thread: whenever the main thread waits."""
        __tracebackhide__ = True
        if threading.current_thread() is threading.main_thread():
            return self.run(coroutine)
        import asyncio

        from pytest_vtrack.scoring.apart import for_whom

        running = outcome(coroutine)
        try:
            future = asyncio.run_coroutine_threadsafe(running, self.loop)
        except RuntimeError:  # the loop is closed
            running.close()
            raise
        self._lent[future] = for_whom.get()
        try:
            return told(future.result())
        finally:
            del self._lent[future]

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop itself."""
        if self._loop is None:
            from pytest_vtrack.scoring.loop_timer import stands_still

            self._loop = self._made().get_loop()
            stands_still(self._loop, lambda: self._stood_still_s)
        return self._loop

    @contextmanager
    def _turning(self) -> Generator[None]:
        """Measure how long the loop stands still, from one turn to the next."""
        self._stood_still_s += time.monotonic() - self._stopped_at
        try:
            yield
        finally:
            self._stopped_at = time.monotonic()

    def soon(self, function: Callable[[], None]) -> None:
        """Call a function after what is ready now has gone on."""
        self.loop.call_soon(function)

    def turn(self) -> None:
        """Let what is ready go a few steps: a timer, the task it wakes, and who waits for the task."""
        loop = self.loop
        loop.call_soon(loop.call_soon, loop.call_soon, loop.stop)
        with CtrlCAfterwards(), self._turning():  # or it would hit a callback
            loop.run_forever()

    def keep_turning(self) -> None:
        """Let what is ready go on, unless it could a moment ago."""
        if time.monotonic() - self._stopped_at > PACE_S:
            self.turn()

    def wait(self, tasks: Iterable[asyncio.Future[Any]], timeout: float | None) -> None:
        """Wait until all are done, or the time is over; Ctrl-C ends it."""
        import asyncio

        if waiting := [each for each in tasks if not each.done()]:
            self.run(_all(asyncio.wait, waiting, timeout))

    def cancel(self, tasks: Iterable[asyncio.Task[Any]], calls: Container[object] | None = None) -> None:
        """Cancel tasks, and what threads await here, and give them a moment to end.

        :param calls: only what threads that work for one of these await; ``None``: for whomever.
        """
        if self._runner is None or self.loop.is_closed():
            return
        for future, call in [*self._lent.items()]:
            if calls is None or call in calls:
                future.cancel()
        found = [*tasks]
        for task in found:
            task.cancel()
        for _ in range(3):
            with suppress(RuntimeError):  # something had stopped the loop: Ctrl-C, or the application
                self.wait(found, GRACE_S)
                break

    def close(self) -> None:
        """Close the loop; one with a task that will not end is left open, so that the session ends."""
        if self._runner is None:
            return
        if not self.loop.is_closed():
            import asyncio

            left = asyncio.all_tasks(self.loop)
            self.cancel(left)
            if not all(task.done() for task in left):
                return
        self._runner.close()


def session_loop(config: pytest.Config) -> SessionLoop:
    """Return the loop of a session, made at once where pytest-socket may forbid items to make it."""
    loop = SessionLoop()
    if "pytest_socket" in sys.modules and not forks(config):
        loop.turn()
    return loop


def inside_event_loop() -> bool:
    """Tell whether asyncio runs in this thread, or what says so as trio does."""
    import asyncio

    # Of the thread only: what sniffio keeps in the context goes with its copies to other threads.
    claimed = getattr(sys.modules.get("sniffio"), "thread_local", None)
    if getattr(claimed, "name", None) is not None:
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _all(wait: Any, waiting: list[Any], timeout: float | None) -> None:
    await wait(waiting, timeout=timeout)
