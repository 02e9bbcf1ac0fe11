"""The limits that tests declare: seconds a call, attempts, and calls in a minute."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.plugin.call_limits import Limits
from pytest_vtrack.plugin.execution import Execution
from pytest_vtrack.plugin.limited import LimitedExecution
from pytest_vtrack.plugin.notes import notes_of
from pytest_vtrack.plugin.pacing import Pace, seconds_between
from pytest_vtrack.plugin.processes import forks
from pytest_vtrack.plugin.retrying import Retries
from pytest_vtrack.plugin.tally import Tally

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.plugin.beginning import Kind
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.slots import CaseSlot, TrackedTest


class Limiting:
    """Makes the trials of those tests that have limits."""

    def __init__(
        self, settings: Settings, tests: Iterable[TrackedTest], await_: Await, tally: Tally, share: int
    ) -> None:
        """Read what the tests declare.

        :param await_: awaits from any thread.
        :param share: how many processes share a rate.
        """
        self._tally = tally
        self._redaction = Redaction(settings.redact)
        self._await = await_
        self._share = share
        self._common = settings.rate and self._pace(settings.rate, "vtrack_rate")
        self._of = {test.id: found for test in tests if (found := self._limits(test, settings))}

    def _pace(self, rate: str, where: str) -> Pace:
        return Pace(seconds_between(rate, where=where) * self._share)

    def _limits(self, test: TrackedTest, settings: Settings) -> Limits | None:
        if not test.marked:
            return None
        given = test.arguments
        timeout = given.timeout if given.timeout is not None else settings.timeout
        kinds = given.retry_on if isinstance(given.retry_on, tuple) else (given.retry_on,)
        retries = Retries(given.retries, kinds) if given.retries else None
        pace = self._common or None
        if given.rate is not None:
            pace = self._pace(given.rate, test.id) if isinstance(given.rate, str) else None
        if not (timeout or retries or pace):
            return None
        return Limits(timeout or None, retries, pace, self._tally, self._redaction, self._await)

    def __bool__(self) -> bool:
        """Whether any test has limits."""
        return bool(self._of)

    @property
    def paced(self) -> bool:
        """Whether any test has a rate."""
        return any(limits.pace for limits in self._of.values())

    def kind(self, slot: CaseSlot) -> Kind:
        """Return what makes the trial of a case."""
        limits = self._of.get(slot.test.id)
        name = f"{slot.test.id}[{slot.id}]" if slot.id else slot.test.id
        return partial(LimitedExecution, limits, name) if limits else Execution


def limiting_of(
    config: pytest.Config, settings: Settings, tests: Iterable[TrackedTest], await_: Await
) -> Limiting | None:
    """Return what makes the trials of a session's tests with limits, ``None`` where no test has any."""
    tally = Tally(notes_of(config))
    share = getattr(config, "workerinput", {}).get("workercount", 1)
    limiting = Limiting(settings, tests, await_, tally, share)
    if not limiting:
        return None
    config.pluginmanager.register(tally, "vtrack-limits")
    if forks(config) and limiting.paced:
        line = "with --forked no rate is kept: each case has a process of its own, which knows of no other"
        notes_of(config).add(line, always=True)
    return limiting
