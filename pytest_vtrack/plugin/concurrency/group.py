"""The items of one test that share their fixtures, and the calls that they need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.calls import Call
from pytest_vtrack.plugin.concurrency.in_order import Shape, alike, will_not_run
from pytest_vtrack.plugin.slots import CASE_FIXTURE

if TYPE_CHECKING:
    from pytest_vtrack.plugin.concurrency.upcoming import Following
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.judging import Judging
    from pytest_vtrack.plugin.trial import Trial


class Group:
    """Prepares the calls of consecutive items, the first of which has its fixtures."""

    def __init__(
        self,
        first: pytest.Function,
        trial: Trial,
        shape: Shape,
        following: Following,
        begin: Callable[[pytest.Item], Trial | None],
        await_: Await,
        judging: Callable[[Trial], Judging | None],
    ) -> None:
        """Begin with an item whose turn it is.

        :param trial: of that item.
        :param await_: how synchronous calls, which run in threads, await what their application returns.
        :param judging: returns what a trial is judged by as part of its call.
        """
        self._first = first
        self._trial = trial
        self._shape = shape
        self._following = following
        self._begin = begin
        self._await = await_
        self._judging = judging
        self._last: pytest.Item | None = None
        self._shared = {name: first.funcargs[name] for name in shape.shared}

    def covers(self, item: pytest.Item) -> bool:
        """Tell whether an item shares the fixtures of the group."""
        return alike(self._first, item, self._shape)

    def next_call(self) -> Call | None:
        """Prepare the call of the next item, ``None`` where the group ends, as far as is known now."""
        if self._last is None:
            self._last = self._first
            return self._call(self._first, self._trial)
        item = self._following(self._last)
        while item is not None and self.covers(item) and will_not_run(item):
            self._last, item = item, self._following(item)
        if item is None or not self.covers(item):
            return None
        try:
            trial = self._begin(item)
            call = self._call(item, trial) if trial else None
        except Exception:  # e.g. of the constructor of the test's class: its own turn says so
            return None
        self._last = item
        return call

    def _call(self, item: Any, trial: Trial) -> Call:
        execution, shape = trial.execution, self._shape
        arguments = {**self._shared, **{name: item.callspec.params[name] for name in shape.own}}
        if CASE_FIXTURE in item._fixtureinfo.argnames:  # noqa: SLF001  what pytest itself calls the test with
            arguments[CASE_FIXTURE] = trial.handle
        execution.awaits_by(self._await)
        body: Callable[..., Any] = execution.async_body if shape.asynchronous else execution.test_body
        call = partial(body, item.obj, arguments)
        return Call(item, execution, call, asynchronous=shape.asynchronous, judging=self._judging(trial))
