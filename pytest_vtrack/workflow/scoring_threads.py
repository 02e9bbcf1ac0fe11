"""Many traces scored at once: synchronous scorers in threads, asynchronous ones in one event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, TypeVar

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")
_AHEAD = 2
"""How many tasks are ready for each thread."""
GRACE_S = 2.0
"""How long what is running may take to end after Ctrl-C."""


class ScoringThreads:
    """Threads that work on tasks, and an event loop for what these await."""

    def __init__(self, concurrency: int) -> None:
        self._most = concurrency * _AHEAD
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="vtrack-rescore")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vtrack-loop", daemon=True)
        self._running: set[Future[Any]] = set()
        self._thread.start()

    def await_(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end, for a thread of these."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def each(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task]) -> Iterator[_Done]:
        """Yield what becomes of each task, in the order in which they end; tasks are taken as needed."""
        for task in tasks:
            self._running.add(self._pool.submit(work, task))
            if len(self._running) >= self._most:
                yield from self._ended()
        while self._running:
            yield from self._ended()

    def _ended(self, timeout: float | None = None) -> Iterator[Any]:
        done, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
        for future in done:
            self._running.discard(future)
            yield future.result()

    def stop(self) -> Iterator[Any]:
        """Begin no more tasks, and yield what becomes of those that end within a moment."""
        for future in [*self._running]:
            if future.cancel():
                self._running.discard(future)
        wait(self._running, timeout=GRACE_S)
        for future in [each for each in self._running if each.done()]:
            yield future.result()
        self._running.clear()

    def close(self) -> None:
        """End threads and loop; a call that does not end is left behind."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(GRACE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(GRACE_S)
        if not self._loop.is_running():
            self._loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
