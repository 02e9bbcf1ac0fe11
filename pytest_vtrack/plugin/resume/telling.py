"""Telling stored results again: the items of finished cases report what is stored, and run nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.phases import When, phase, report_by_hook
from pytest_vtrack.plugin.resumed import told_key
from pytest_vtrack.plugin.slots import nodeid_of, run_key

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.model.stored_trial import StoredTrial
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.resumed import Resuming
    from pytest_vtrack.plugin.runner import CaseRunner
    from pytest_vtrack.plugin.transport import Plain


class Teller:
    """Stands in for pytest's own protocol where an item has nothing to run."""

    def __init__(
        self, session: pytest.Session, runner: CaseRunner, collector: CaseCollector, resuming: Resuming
    ) -> None:
        self._runner = runner
        self._resuming = resuming
        self._collector = collector
        for item in session.items:
            if (slot := collector.slot(item)) and (told := resuming.told_of(nodeid_of(item), run_key(slot))):
                item.stash[told_key] = told

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what goes on; with workers the controller does."""
        return [f"vtrack: {safe(line)}" for line in self._resuming.lines]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Report what is stored, without setting anything up."""
        told = item.stash.get(told_key, None)
        if told is None:
            return None
        hook, slot = item.ihook, self._collector.slot(item)
        assert slot is not None, "only cases are stored"
        plain: Plain = {"run": list(run_key(slot)), "told": nodeid_of(item)}
        plain |= self._runner.header_once()
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in _reports(item, *told, partial(_end_fixtures, item, nextitem)):
            if plain:
                report.vtrack, plain = plain, {}  # type: ignore[attr-defined]
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


def _end_fixtures(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what items before this one left for it, and the next one does not need."""
    item.session._setupstate.teardown_exact(nextitem)  # noqa: SLF001  what pytest does after each item


def _reports(
    item: pytest.Item, run: Run, stored: StoredTrial, end: Callable[[], None]
) -> Iterator[pytest.TestReport]:
    """Yield the reports of all phases, as other plugins and pytest make them of what happened."""
    why = safe(stored.why or "no reason is stored")
    before = stored.outcome == "error" and not why.startswith("teardown: ")
    after = stored.outcome == "error" and not before
    failing = partial(_fail, f"{why}\n(stored in run {run.short_id})")
    yield _report(item, run, "setup", failing if before else _nothing)
    if not before:
        report = _report(item, run, "call", _nothing if after else partial(_say, stored, run))
        report.duration = stored.duration_s
        yield report

    def teardown() -> None:
        end()
        if after:
            failing()

    yield _report(item, run, "teardown", teardown)


def _report(item: pytest.Item, run: Run, when: When, function: Callable[[], Any]) -> pytest.TestReport:
    _, report = phase(item, report_by_hook, when, function)
    report.vtrack_stored = run.short_id  # type: ignore[attr-defined]
    return report


def _say(stored: StoredTrial, run: Run) -> None:
    """Say of a test what it said when it ran."""
    where = f"(stored in run {run.short_id})"
    why = safe(stored.why or "no reason is stored")
    if stored.outcome == "skipped":
        pytest.skip(f"skipped when it ran {where}")
    if stored.outcome == "failed":
        if stored.passed is None:
            pytest.xfail(why.removeprefix("expected to fail: "))
        _fail(f"{why}\n{where}")


def _fail(why: str) -> NoReturn:
    pytest.fail(why, pytrace=False)


def _nothing() -> None:
    return None
