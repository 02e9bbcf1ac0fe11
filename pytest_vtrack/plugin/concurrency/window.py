"""A sliding window over calls: some run at once, and not too many ahead of who takes their results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.plugin.calls import Call


FEW = 8
"""So many calls are started in one go: preparing one takes about a tenth of a millisecond."""


class Window:
    """The calls of one test that were started and not yet taken, in the order of their items.

    Used in one thread only.
    """

    def __init__(
        self,
        following: Callable[[], Call | None],
        launch: Callable[[Call], None],
        soon: Callable[[Callable[[], None]], None],
        at_once: int,
        most_ahead: int,
    ) -> None:
        """Open a window.

        :param following: prepares the next call; ``None`` while there is none.
        :param launch: starts a call; :meth:`ended` is to be called when it has ended.
        :param soon: calls a function when what is ready to go on has gone on.
        :param most_ahead: how many calls may be there whose results were not taken.
        """
        self._following = following
        self._launch = launch
        self._soon = soon
        self._at_once = at_once
        self._most_ahead = most_ahead
        self._running = 0
        self._calls: dict[int, Call] = {}
        self._closed = False
        self._filling = False

    def fill(self) -> None:
        """Start as many calls as may be, a few at a time, so that those that run need not wait for it."""
        for _ in range(FEW):
            call = self._following() if self._has_room else None
            if call is None:
                return
            self._calls[id(call.item)] = call
            self._running += 1
            self._launch(call)
        if not self._filling:
            self._filling = True
            self._soon(self._go_on)

    @property
    def _has_room(self) -> bool:
        return not self._closed and self._running < self._at_once and len(self._calls) < self._most_ahead

    def _go_on(self) -> None:
        self._filling = False
        self.fill()

    def ended(self, call: Call) -> None:
        """Take note that a call has ended, and start others in its place."""
        self._running -= 1
        call.ended()
        if not self._filling:
            self._filling = True
            self._soon(self._go_on)

    def take(self, item: object) -> Call | None:
        """Return the call of an item, which is no longer in the window; ``None`` where there is none."""
        return self._calls.pop(id(item), None)

    def call(self, item: object) -> Call | None:
        """Return the call of an item, which stays in the window."""
        return self._calls.get(id(item))

    def wind_up(self) -> None:
        """Start no more."""
        self._closed = True

    def holds(self, item: object) -> bool:
        """Tell whether the call of an item was started and not yet taken."""
        return id(item) in self._calls

    @property
    def filling(self) -> bool:
        """Whether calls are about to be started."""
        return self._filling

    @property
    def empty(self) -> bool:
        """Whether all calls were taken."""
        return not self._calls

    def close(self) -> list[Call]:
        """Start no more, and return the calls that nobody took."""
        self._closed = True
        left = list(self._calls.values())
        self._calls.clear()
        return left
