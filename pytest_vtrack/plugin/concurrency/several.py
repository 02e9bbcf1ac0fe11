"""Several calls at once, taken in the order in which they end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pytest_vtrack.plugin.concurrency.alarms import AlarmsAfterwards
from pytest_vtrack.plugin.concurrency.window import Window

if TYPE_CHECKING:
    from pytest_vtrack.plugin.calls import Call
    from pytest_vtrack.plugin.concurrency.launcher import Launcher
    from pytest_vtrack.plugin.concurrency.output import Output
    from pytest_vtrack.plugin.judging import Judging
    from pytest_vtrack.plugin.loop import SessionLoop
    from pytest_vtrack.plugin.trial import Trial


@dataclass(frozen=True, slots=True)
class Gear:
    """What calls of a session are made with."""

    loop: SessionLoop
    launcher: Launcher
    output: Output
    in_vain: Callable[[int], None]
    """Takes how many calls were made that nobody needed."""
    judging: Callable[[Trial], Judging | None]
    """Returns what a trial is judged by as part of its call."""


class Several:
    """Some calls run at once, while others wait for their start, and what has ended is looked at."""

    def __init__(self, gear: Gear, calls: Iterator[Call], at_once: int, most_ahead: int) -> None:
        """Prepare to start calls.

        :param calls: makes each when it can start.
        :param most_ahead: how many may be made that were not taken.
        """
        self._gear = gear
        self._running: dict[int, Call] = {}
        self._over: deque[Call] = deque()
        self._awaited: Call | None = None
        context = copy_context()

        def launch(call: Call) -> None:
            self._running[id(call)] = call
            gear.output.keep_logs()
            gear.launcher.launch(call, context, self._ended)

        self._window = Window(partial(next, calls, None), launch, gear.loop.soon, at_once, most_ahead)

    def ended(self) -> Generator[Call]:
        """Start calls, and yield each that has ended."""
        self._gear.output.route()
        self._window.fill()
        try:
            while call := self._next():
                self._gear.output.replay(call)
                yield call
        finally:
            if left := self._window.close():
                self._gear.in_vain(sum(call.started_at > 0 and call.execution.begun for call in left))
                self._gear.launcher.give_up(left)

    def _next(self) -> Call | None:
        """Wait for the next call to end; ``None``: there are no more."""
        if self._over:
            self._gear.loop.turn()  # so that those that run are not held up
        while not self._over:
            if not self._running:
                self._window.fill()
            if not self._running:
                return None
            self._awaited = next(iter(self._running.values()))
            with AlarmsAfterwards(partial(self._gear.launcher.wake, self._awaited)):
                self._gear.launcher.wait(self._awaited)
            if self._awaited.done and id(self._awaited) in self._running:  # it will never end by itself
                self._ended(self._awaited)
        call = self._over.popleft()
        self._window.take(call.item)
        self._window.fill()
        return call

    def _ended(self, call: Call) -> None:
        if self._running.pop(id(call), None) is None:
            return
        self._window.ended(call)
        self._over.append(call)
        if self._awaited is not None:
            self._awaited.stop_waiting()
