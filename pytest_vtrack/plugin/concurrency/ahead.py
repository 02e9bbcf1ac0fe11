"""Calling cases ahead of the items that report them: several of one test at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextvars import Context, copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.at_once import at_once, most_ahead
from pytest_vtrack.plugin.concurrency.alarms import AlarmsAfterwards
from pytest_vtrack.plugin.concurrency.brief import BriefTurns
from pytest_vtrack.plugin.concurrency.group import Group
from pytest_vtrack.plugin.concurrency.handing_out import to_run_alone
from pytest_vtrack.plugin.concurrency.in_order import (
    Shape,
    is_skipped_late,
    session_reason,
    shape_of,
    will_not_run,
)
from pytest_vtrack.plugin.concurrency.launcher import Launcher
from pytest_vtrack.plugin.concurrency.lost_interrupts import LostInterrupts
from pytest_vtrack.plugin.concurrency.output import Output
from pytest_vtrack.plugin.concurrency.several import Gear
from pytest_vtrack.plugin.concurrency.upcoming import Following, following_in
from pytest_vtrack.plugin.concurrency.window import Window
from pytest_vtrack.plugin.notes import notes_of
from pytest_vtrack.plugin.processes import is_forked

if TYPE_CHECKING:
    from pytest_vtrack.plugin.calls import Call
    from pytest_vtrack.plugin.concurrency.brief import Complete
    from pytest_vtrack.plugin.judging import Judging
    from pytest_vtrack.plugin.loop import SessionLoop
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.trial import Trial


class Ahead:
    """Opens a window of calls at the first item of a test, and gives each item its own call."""

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        loop: SessionLoop,
        begin: Callable[[pytest.Item], Trial | None],
        judging: Callable[[Trial], Judging | None],
        complete: Complete,
    ) -> None:
        """Watch the items of a session.

        :param begin: begins the trial of an item before its turn.
        :param judging: returns what a trial is judged by as part of its call.
        :param complete: puts on the report of a phase what the controller stores.
        """
        self._config = config
        self._settings = settings
        self._loop = loop
        self._begin = begin
        self._judging = judging
        self._notes = notes_of(config)
        self._output = Output(config)
        self._launcher = Launcher(loop)
        self._lost = LostInterrupts()
        self._alone = to_run_alone(config)
        self._shapes: dict[int, tuple[Any, Shape]] = {}
        self._following: Following = lambda _: None
        self._window: Window | None = None
        self._group: Group | None = None
        self._context = Context()
        self._winding_up = False
        self._turns = BriefTurns(config, complete)
        config.pluginmanager.register(self, "vtrack-ahead")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Know what is coming, and keep apart what calls print."""
        if why := session_reason(self._config):
            self._notes.add(f"with {why} all cases run in order, one at a time", always=True)
        else:
            self._loop.turn()  # makes it, before a plugin such as pytest-socket forbids items to open sockets
        self._following = following_in(session)
        with self._output.apart(), self._lost.watched():
            try:
                result = yield
            finally:
                self._close()
        if allowed := self._launcher.threads_allowed:
            what = "1 thread" if allowed == 1 else f"{allowed} threads"
            self._notes.add(f"the system allowed {what}, so no more cases than that ran at once", always=True)
        self._lost.raised()
        return result

    @property
    def gear(self) -> Gear:
        """What the cases of a chunk are called with, several at once."""
        return Gear(self._loop, self._launcher, self._output, self._not_needed, self._judging)

    def _not_needed(self, calls: int) -> None:
        self._notes.in_vain += calls

    def keep_context(self) -> None:
        """Let calls start from the context that fixtures have left, before the case of this item is in it."""
        self._context = copy_context()

    def holds(self, item: pytest.Item) -> bool:
        """Tell whether the item's case was called ahead."""
        return self._window is not None and self._window.holds(item)

    def wind_up(self) -> None:
        """Start no more calls; those under way are taken by their items."""
        self._winding_up = True
        if self._window is not None:
            self._window.wind_up()

    @property
    def idle(self) -> bool:
        """Whether no call waits for its item."""
        return self._window is None or self._window.empty

    def under_way(self, item: pytest.Item) -> bool:
        """Tell whether the case of an item is being called or was; a call that has not begun is dropped."""
        call = self._window.call(item) if self._window is not None else None
        if call is not None and call.started_at > 0 and call.execution.begun:
            return True
        self.release(item)
        return False

    def take(self, item: pytest.Function, trial: Trial) -> Call | None:
        """Return the call of an item that has its turn, once it has ended; ``None``: it runs in order."""
        self._lost.raised()
        if not self.holds(item) and (self._is_behind(item) or trial.called or not self._opens(item, trial)):
            return None
        window = self._window
        call = window.take(item) if window else None
        if window is None or call is None:
            return None
        trial.called = call
        window.fill()
        start = time.perf_counter()
        try:
            self._wait(window, call)
            while not call.done:  # there was an alarm, and nobody minded
                self._wait(window, call)
        except BaseException as error:
            self._launcher.give_up([call])
            if call.judging is not None:
                call.judging.broken_off(error)
            raise
        call.waited_s = time.perf_counter() - start
        self._output.replay(call)
        return call

    def _wait(self, window: Window, call: Call) -> None:
        with AlarmsAfterwards(partial(self._launcher.wake, call)):
            self._launcher.wait(call)
            if window.filling:  # or a call that ended would stand idle while items are reported
                self._loop.keep_turning()

    def release(self, item: pytest.Item) -> None:
        """Let go of an item whose turn is over, also where it did not take its call."""
        if self._window is not None and (call := self._window.take(item)):
            self._give_up([call])

    def pytest_plugin_registered(self) -> None:
        """Ask a plugin that comes late, too."""
        self._turns.ask_again()

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Report an item of which only the call is left, as those before and after it share its fixtures."""
        if not (self._turns.possible and self.holds(item)) or nextitem is None or self._group is None:
            return None
        if not self._group.covers(nextitem) or is_skipped_late(item):
            return None
        assert isinstance(item, pytest.Function)
        self._turns.run(item, nextitem)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """End the calls before their fixtures end."""
        if self._group is not None and (nextitem is None or not self._group.covers(nextitem)):
            self._close()

    def _is_behind(self, item: pytest.Function) -> bool:
        """Tell whether an item's call was taken before, and others wait: as where an item is run again."""
        open_ = self._window is not None and not self._window.empty
        return open_ and self._group is not None and self._group.covers(item)

    def _opens(self, item: pytest.Function, trial: Trial) -> bool:
        """Open a window at an item, where its test may run ahead."""
        limit = at_once(self._settings, trial.slot.test)
        if limit < 2 or item.nodeid in self._alone or self._winding_up or is_forked(self._config):
            return False
        shape = self._shape(item, trial)
        if shape.why or will_not_run(item) or not self._launcher.usable:
            return False
        self._close()
        self._output.route()
        self._turns.ask(parametrized=bool(shape.own))
        context = self._context

        def launch(call: Call) -> None:
            self._output.keep_logs()
            self._launcher.launch(call, context, window.ended)

        await_ = self._loop.run_from_thread
        group = Group(item, trial, shape, self._following, self._begin, await_, self._judging)
        ahead = most_ahead(self._config, self._settings, limit)
        window = Window(group.next_call, launch, self._loop.soon, limit, ahead)
        self._group, self._window = group, window
        window.fill()
        return True

    def _shape(self, item: pytest.Function, trial: Trial) -> Shape:
        """Return what the items of a test share, found out once, and note why they run in order."""
        info = item._fixtureinfo  # noqa: SLF001  all items of a test have the same
        if id(info) not in self._shapes:
            why = session_reason(self._config)
            replaced = "a plugin wraps it" if item.obj is not trial.function else None
            shape = Shape(why or replaced) if why or replaced else shape_of(item)
            self._shapes[id(info)] = info, shape
            if shape.why and not why:
                self.note(trial, shape.why)
        return self._shapes[id(info)][1]

    def note(self, trial: Trial, why: str) -> None:
        """Note why a test runs in order."""
        self._notes.add(f"{trial.slot.test.id} runs in order, one case at a time: {why}")

    def _close(self) -> None:
        """Close the window, and end what runs in it."""
        window, self._window, self._group = self._window, None, None
        if window is not None and (left := window.close()):
            self._give_up(left)

    def _give_up(self, calls: Sequence[Call]) -> None:
        self._notes.in_vain += sum(call.started_at > 0 and call.execution.begun for call in calls)
        self._launcher.give_up(calls)
