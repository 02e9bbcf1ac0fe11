"""Running the cases of a chunk, each with a trace and a result of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.at_once import at_once, most_ahead
from pytest_vtrack.plugin.beginning import attempt_of, execution_of
from pytest_vtrack.plugin.bulk.calls import BulkTrial, called, several_ended
from pytest_vtrack.plugin.bulk.failures import Failures
from pytest_vtrack.plugin.bulk.parcels import post_of
from pytest_vtrack.plugin.chunks import Chunk, single_nodeid
from pytest_vtrack.plugin.concurrency.in_order import session_reason
from pytest_vtrack.plugin.execution import Execution
from pytest_vtrack.plugin.handles import CaseHandle
from pytest_vtrack.plugin.notes import notes_of
from pytest_vtrack.plugin.slots import nodeid_of, run_key
from pytest_vtrack.plugin.trial import identity_of

if TYPE_CHECKING:
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.runner import CaseRunner
    from pytest_vtrack.plugin.slots import CaseSlot


class BulkRunner:
    """Runs the items that are chunks of cases, in every process that runs tests."""

    def __init__(
        self, config: pytest.Config, settings: Settings, collector: CaseCollector, runner: CaseRunner
    ) -> None:
        self._config = config
        self._collector = collector
        self._runner = runner
        self._settings = settings
        self._post = post_of(config)
        self._last: BulkTrial | None = None
        self._cut_short = False
        config.pluginmanager.register(self, "vtrack-bulk")

    def _chunk(self, item: pytest.Item) -> Chunk | None:
        handle = self._collector.handle(item)
        return handle if isinstance(handle, Chunk) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object | None:
        """Run the cases of a chunk."""
        chunk = self._chunk(pyfuncitem)
        if chunk is None:
            return None
        failures = Failures(pyfuncitem, chunk)
        with (
            closing(self._post.opened(pyfuncitem)),
            closing(self._ended(pyfuncitem, chunk, failures)) as ended,
        ):
            for trial, error in ended:
                if not trial.execution.begun:  # the money was spent before its turn came
                    trial.execution.captured()
                    self._cut_short = True
                    continue
                self._report(pyfuncitem, trial, error, failures)
                if self._ends(pyfuncitem.session, failures):
                    failures.ended_at = trial.number
                    break
        failures.raise_any()
        if self._cut_short:
            pytest.skip("other cases of the chunk were not called, as --vtrack-max-cost was reached")
        return True

    def _ended(
        self, item: pytest.Function, chunk: Chunk, failures: Failures
    ) -> Generator[tuple[BulkTrial, BaseException | None]]:
        """Yield each trial that was called, and what it raised."""
        names = item._fixtureinfo.argnames  # noqa: SLF001  what pytest itself calls the test with
        arguments = {name: item.funcargs[name] for name in names}
        trials = self._trials(item, chunk, failures)
        limit, gear = at_once(self._settings, chunk.slot.test), self._runner.gear
        if limit > 1 and gear and gear.launcher.usable and not self._why_in_order():
            ahead = most_ahead(self._config, self._settings, limit)
            with closing(several_ended(gear, item, trials, arguments, (limit, ahead))) as ended:
                yield from ended
        else:
            for trial in trials:
                yield trial, called(trial, item, arguments)

    def _why_in_order(self) -> str | None:
        why = session_reason(self._config)
        if why:
            notes_of(self._config).add(f"with {why} all cases run in order, one at a time", always=True)
        return why

    def _trials(self, item: pytest.Item, chunk: Chunk, failures: Failures) -> Iterator[BulkTrial]:
        """Begin each trial that is not stored already, as where a run goes on."""
        budget: Any = self._config.pluginmanager.get_plugin("vtrack-budget")
        for number, slot in enumerate(chunk.slots()):
            if budget is not None and budget.over:
                self._cut_short = True
                return
            if self._runner.resuming is None or not self._told(item, chunk, number, slot, failures):
                yield self._begin(item, chunk, number, slot)

    def _told(self, item: pytest.Item, chunk: Chunk, number: int, slot: CaseSlot, failures: Failures) -> bool:
        """Tell a stored trial again, where there is one."""
        nodeid, key = nodeid_of(item), run_key(chunk.slot)
        single = single_nodeid(nodeid, chunk.slot.id, slot.id)
        resuming = self._runner.resuming
        found = resuming.told_of(single, key) if resuming else None
        if found is None:
            return False
        _, stored = found
        if stored.outcome in ("failed", "error") and stored.passed is not None:
            failures.add_stored(slot.id, single, stored.why or "no reason is stored")
        plain = {"run": list(key), "told": single, "place": [nodeid, number]}
        self._post.add(plain | self._runner.header_once())
        return True

    def _begin(self, item: pytest.Item, chunk: Chunk, number: int, slot: CaseSlot) -> BulkTrial:
        """Begin a trial of one case."""
        nodeid = nodeid_of(item)
        handle = CaseHandle(slot)
        limiting = self._runner.limiting
        kind = limiting.kind(slot) if limiting else Execution
        execution = execution_of(slot, self._runner.await_, kind)
        assert execution is not None, "only a dataset has so many cases"
        identity = identity_of(item, chunk.slot, nodeid)
        handle.begin(execution, self._runner.run, identity)
        single = single_nodeid(nodeid, chunk.slot.id, slot.id)
        attempt = attempt_of(item)
        if self._runner.resuming is not None:
            attempt += self._runner.resuming.attempt(run_key(slot), single)
        return BulkTrial(handle, single, identity, attempt, execution, number=number)

    def _report(
        self, item: pytest.Item, trial: BulkTrial, error: BaseException | None, failures: Failures
    ) -> None:
        """Judge a trial, hand its result over, and keep what is to be said of a failure."""
        try:
            self._runner.outcomes.judge(item, trial, error)
        except Exception as broken:  # of a hook of the user: the case is kept, and fails
            error = error or broken
        if isinstance(error, pytest.xfail.Exception) and trial.result:
            trial.result = self._runner.outcomes.excused(trial, trial.result, str(error.msg))
        elif error is not None and not isinstance(error, pytest.skip.Exception):
            failures.add(trial, error)
        self._send(item, trial, called=True)
        self._last = trial

    def _send(self, item: pytest.Item, trial: BulkTrial, *, called: bool) -> None:
        parcel = self._runner.parcel(trial, trial.result, called=called)
        parcel["place"] = [nodeid_of(item), trial.number]
        self._post.add(parcel)
        trial.execution.captured()
        trial.handle.end()

    def _ends(self, session: pytest.Session, failures: Failures) -> bool:
        """Tell whether the session ends here: after so many failures, or because somebody else says so."""
        most = self._config.option.maxfail
        failed = session.testsfailed + failures.count
        if most and failures.count and failed >= most and not session.shouldfail:
            session.shouldfail = f"stopping after {failed} failures"
        return bool(session.shouldfail or session.shouldstop)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        """Record the cases of a chunk that was skipped, or whose fixtures failed."""
        report: pytest.TestReport = yield
        if call.when == "call" or report.passed or (chunk := self._chunk(item)) is None:
            return report
        with closing(self._post.opened(item)):
            if call.when == "setup":
                for number, slot in enumerate(chunk.slots()):
                    self._without_call(item, self._begin(item, chunk, number, slot), call, report)
            elif self._last is not None:  # as with single items, the last one tells of the end of fixtures
                self._without_call(item, self._last, call, report)
        return report

    def _without_call(
        self, item: pytest.Item, trial: BulkTrial, call: pytest.CallInfo[Any], report: pytest.TestReport
    ) -> None:
        trial.result = self._runner.outcomes.reported(trial, call, report)
        self._send(item, trial, called=False)

    def pytest_unconfigure(self) -> None:
        """Stop sending."""
        self._post.end()
