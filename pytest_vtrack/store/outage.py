"""A time in which a store takes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_vtrack.errors import StoreError, StoreUnreachable

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.store.spool import Spool

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 10.0


class Outage:
    """Keeps what cannot be stored in a file, and says when to try again: later each time."""

    def __init__(self, spool: Spool, clock: Callable[[], float]) -> None:
        self._spool = spool
        self._clock = clock
        self._pause = _FIRST_PAUSE_S
        self._again_at = 0.0
        self.error: StoreUnreachable | None = None
        """Why the store takes nothing, ``None`` while it does."""

    @property
    def due(self) -> float | None:
        """When to try again, ``None`` while the store takes what comes."""
        return None if self.error is None else self._again_at

    def keep(self, results: Sequence[tuple[str, CaseResult]]) -> None:
        """Keep more results."""
        self._spool.add(results)

    def note(self, error: StoreUnreachable, waiting: Sequence[tuple[str, CaseResult]]) -> None:
        """Note that storing failed; the first time everything that waits is kept.

        :raises StoreError: nor can it be kept.
        """
        if self.error is None:
            self._pause = _FIRST_PAUSE_S
            try:
                self.keep(waiting)
            except StoreError as unkept:
                raise StoreError(f"{error}; {unkept}") from None
        else:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)
        self.error, self._again_at = error, self._clock() + self._pause

    def given_up(self, error: StoreError, waiting: Sequence[tuple[str, CaseResult]]) -> StoreError:
        """Keep what waits where the store failed for good, and return what the user is told."""
        try:
            if self.error is None:
                self.keep(waiting)
        except StoreError as unkept:
            return error if str(unkept) in str(error) else StoreError(f"{error}; {unkept}")
        return self._spool.told(error, len(waiting))

    def over(self) -> None:
        """Note that everything is stored."""
        if self.error is not None:
            self.error = None
            self._spool.remove()

    def outlast(self, patience_s: float, store: Callable[[], None], waiting: Callable[[], int]) -> None:
        """Try again and again until the store takes what waits.

        :raises StoreUnreachable: it did not for so long, or Ctrl-C ended the wait; the text says where what
            waits is.
        """
        until = self._clock() + patience_s
        while self.error is not None:
            if self._clock() >= until:
                raise self._spool.told(self.error, waiting())
            try:
                time.sleep(max(0.0, min(self._again_at, until) - self._clock()))
                store()
            except KeyboardInterrupt:
                until = -math.inf
