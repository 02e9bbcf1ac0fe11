"""Buffering results on their way to the store: few commits, and nothing waits long."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from pytest_vtrack.errors import StoreError, StoreUnreachable
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.store.outage import Outage

if TYPE_CHECKING:
    from pytest_vtrack.store.spool import Spool

MOST = 250
"""How many results wait at most."""
DELAY_S = 0.5
"""How long a result waits at most."""
PATIENCE_S = 60.0
"""How long the end of a session waits for a store that takes nothing."""
_PAUSE_S = 1.0
_Result = TypeVar("_Result")


class Adding(Protocol):
    """A store, as far as it takes results."""

    def add(self, run_id: str, results: Sequence[CaseResult]) -> None:
        """Store results of a run, all or none."""


def patiently(
    work: Callable[[], _Result], patience_s: float, clock: Callable[[], float] = time.monotonic
) -> _Result:
    """Do something with a store, and again for so long while it takes and gives nothing.

    :raises StoreError: the store refused, or was away for too long, or until Ctrl-C.
    """
    until = clock() + patience_s
    while True:
        try:
            return work()
        except StoreUnreachable as error:
            left = until - clock()
            if left <= 0:
                raise
            try:
                time.sleep(min(_PAUSE_S, left))
            except KeyboardInterrupt:
                raise error from None


class Writer:
    """Stores results in batches, of any number of runs.

    A batch is stored when :data:`MOST` results wait, or :data:`DELAY_S` after the oldest came, by a thread.
    A result that comes when nothing was stored for that long is stored at once, so that slow cases are safe
    immediately. Results that could not be stored are kept for the next attempt; an error met by the thread
    is raised by the next call. In a forked child all methods do nothing: its parent is the writer.

    A store that takes nothing for now is no error: results wait in memory and in a file, the thread tries
    again, later each time, and only :meth:`close` gives up, after a while.

    :param spool: where results wait; without it a server's silence, or a lock, is an error.
    :param patience_s: how long :meth:`close` waits; default: :data:`PATIENCE_S`.
    """

    def __init__(
        self,
        store: Adding,
        *,
        delay_s: float = DELAY_S,
        clock: Callable[[], float] = time.monotonic,
        spool: Spool | None = None,
        patience_s: float | None = None,
    ) -> None:
        self._store = store
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._outage = None if spool is None else Outage(spool, clock)
        self._delay_s = delay_s
        self._clock = clock
        self._process = os.getpid()
        self._waiting: list[tuple[str, CaseResult]] = []
        self._oldest = 0.0
        self._flushed = -math.inf
        self._lock = threading.RLock()  # entered itself: Ctrl-C in methods of a condition leaves it locked
        self._changed = threading.Condition(self._lock)
        self._storing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None
        self._closed = False

    @property
    def waiting(self) -> list[CaseResult]:
        """What is not stored yet."""
        return [result for _, result in self._waiting]

    @property
    def is_held_up(self) -> bool:
        """Whether the store took nothing a moment ago."""
        return self._outage is not None and self._outage.error is not None

    def add(self, run_id: str, results: Sequence[CaseResult]) -> None:
        """Take results of a run."""
        if self._is_child() or not results:
            return
        with self._lock:
            now = self._clock()
            first = not self._waiting
            if first:
                self._oldest = now
            fresh = [(run_id, result) for result in results]
            self._waiting += fresh
            if self._outage is not None and self.is_held_up:
                self._outage.keep(fresh)
                return
            due = len(self._waiting) >= MOST or now - self._flushed >= self._delay_s
            if not due and (first or self._thread is None):
                due = not self._wake()  # later ones are stored with the first: waking costs more than storing
        if due or self._error is not None:
            self.flush()

    def flush(self) -> None:
        """Store everything that waits; when this returns, it is durable."""
        if self._is_child():
            return
        kept, self._error = self._error, None
        self._try()  # even after an error: the reason for it may have passed
        if kept is not None:
            raise kept

    def close(self) -> None:
        """Store everything that waits and end the thread; Ctrl-C ends the wait, not the storing.

        :raises StoreError: the store took nothing, or not for too long; what is not stored is kept in the
            file, and the text says where, unless it cannot be kept either.
        """
        if self._is_child():
            return
        try:
            self._store_rest()
        except KeyboardInterrupt:
            self.flush()  # pressed again, this ends too, and the rest still waits
            raise

    def _store_rest(self) -> None:
        with self._lock:
            self._closed = True
            self._changed.notify()
        thread = self._thread
        if thread is not None:
            thread.join()
        try:
            self.flush()
        except StoreError as error:
            if self._outage is None or not self._waiting:
                raise
            raise self._outage.given_up(error, self._waiting) from None
        if self._outage is not None:
            self._outage.outlast(self._patience_s, self.flush, lambda: len(self._waiting))

    def patiently(self, work: Callable[[], _Result]) -> _Result:
        """Do something else with the store, and again while it takes and gives nothing.

        :raises StoreError: the store refused, or was away for too long.
        """
        return work() if self._outage is None else patiently(work, self._patience_s, self._clock)

    def _is_child(self) -> bool:
        return os.getpid() != self._process

    def _store_waiting(self) -> None:
        with self._storing:
            batch: list[tuple[str, CaseResult]] = []
            try:
                with self._lock:
                    batch, self._waiting = self._waiting, []
                while batch:
                    run_id = batch[0][0]
                    self._store.add(run_id, [result for owner, result in batch if owner == run_id])
                    batch = [(owner, result) for owner, result in batch if owner != run_id]
            finally:
                with self._lock:
                    self._waiting = batch + self._waiting
                    self._flushed = self._clock()

    def _try(self) -> None:
        """Store what waits; a server that does not answer is left for later."""
        try:
            self._store_waiting()
        except StoreUnreachable as error:
            if self._outage is None:
                raise
            with self._lock:
                self._outage.note(error, self._waiting)
                if not self._closed:
                    self._wake()
        else:
            with self._lock:
                if self._outage is not None and not self._waiting:
                    self._outage.over()

    def _wake(self) -> bool:
        """Let the thread look, made when first needed; tell whether there is one: the system may refuse."""
        if self._thread is None:
            thread = threading.Thread(target=self._watch, name="vtrack-writer", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        self._changed.notify()
        return True

    def _watch(self) -> None:
        while self._wait_until_due():
            try:
                self._try()
            except Exception as error:  # raised in the thread that calls next
                self._error, self._thread = error, None
                return

    def _wait_until_due(self) -> bool:
        with self._lock:
            while not self._closed:
                if not self._waiting:
                    self._changed.wait()
                    continue
                outage = self._outage.due if self._outage is not None else None
                left = (self._oldest + self._delay_s if outage is None else outage) - self._clock()
                if left <= 0:
                    return True
                self._changed.wait(left)
            return False
