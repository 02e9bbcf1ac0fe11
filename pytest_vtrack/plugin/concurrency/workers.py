"""Threads for the synchronous calls; none of them can keep the process from ending."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context

Job = Callable[[], None]


class Workers:
    """Starts a thread where all are busy; a thread that has nothing to do for a while ends."""

    IDLE_S = 5.0

    def __init__(self) -> None:
        self._jobs: deque[tuple[Job, Job]] = deque()
        self._changed = threading.Condition()
        self._idle = 0

    def submit(self, job: Job, context: Context, ended: Job) -> None:
        """Run a job in a thread.

        :param context: threads are started in a copy of it.
        :param ended: called in the thread when the job is over, however it ended.
        :raises RuntimeError: no more threads can be started.
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
                self._jobs.pop()
                raise

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
                return self._jobs.popleft() if self._jobs else None
            finally:
                self._idle -= 1
