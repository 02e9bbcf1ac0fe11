"""Threads for the synchronous calls; none of them can keep the process from ending."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context

Job = Callable[[], None]


class Workers:
    """Starts a thread where all are busy; a thread that has nothing to do for a while ends.

    Where the system allows no more threads, a job waits for one of those that there are.
    """

    IDLE_S = 5.0

    def __init__(self) -> None:
        self._jobs: deque[tuple[Job, Job]] = deque()
        self._changed = threading.Condition()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self.allowed: int | None = None
        """How many threads there were when the system allowed no more."""

    def submit(self, job: Job, context: Context, ended: Job) -> None:
        """Run a job in a thread.

        :param context: threads are started in a copy of it.
        :param ended: called in the thread when the job is over, however it ended.
        :raises RuntimeError: not even one thread can be started.
        """
        with self._changed:
            self._jobs.append((job, ended))
            if self._idle >= len(self._jobs):
                self._changed.notify()
                return
            thread = threading.Thread(target=self._work, name="vtrack-case", daemon=True)
            try:
                context.copy().run(thread.start)
            except RuntimeError:
                self._threads = {each for each in self._threads if each.is_alive()}
                if not self._threads:
                    self._jobs.pop()
                    raise
                self.allowed = len(self._threads)
            else:
                self._threads.add(thread)

    def _work(self) -> None:
        while self._do_next():
            pass  # a thread that waits holds nothing of the case before

    def _do_next(self) -> bool:
        found = self._next()
        if found is None:
            return False
        job, ended = found
        try:
            job()
        finally:  # also where something ended the thread from outside
            ended()
        return True

    def _next(self) -> tuple[Job, Job] | None:
        with self._changed:
            self._idle += 1
            try:
                self._changed.wait_for(lambda: self._jobs, self.IDLE_S)
            finally:
                self._idle -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads.discard(threading.current_thread())
            return None
