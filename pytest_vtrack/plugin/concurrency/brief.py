"""The turn of an item whose case was called ahead, amid others of its test.

Its fixtures are there already and stay, so that nobody's code runs before or after its call. Pytest would
capture and log around those phases all the same, at a tenth of what such an item costs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.beginning import hand_over
from pytest_vtrack.plugin.phases import MakeReport, When, phase, report_by_hook

if TYPE_CHECKING:
    import pluggy

_KNOWN = frozenset(
    (
        "_pytest.capture",
        "_pytest.fixtures",
        "_pytest.logging",
        "_pytest.runner",
        "_pytest.setuponly",
        "_pytest.setupplan",
        "_pytest.skipping",
        "_pytest.threadexception",
        "_pytest.unraisableexception",
        "anyio.pytest_plugin",  # it minds asynchronous fixtures only, and many clients bring it along
    )
)
"""Modules that take part in setup and teardown, and do nothing there if nothing runs."""

_REPORTING = frozenset(("_pytest.runner", "_pytest.skipping", "_pytest.tmpdir", "_pytest.unittest"))
"""Modules that take part in reports, and add nothing where nothing ran and nothing failed."""

Complete = Callable[[pytest.Item, pytest.CallInfo[Any], pytest.TestReport], None]


class BriefTurns:
    """Gives items their turn, as briefly as the plugins of the session allow."""

    def __init__(self, config: pytest.Config, complete: Complete) -> None:
        """Take what completes the report of a phase with what vtrack has to say."""
        self._config = config
        self._complete = complete
        self._parametrized = False
        self._reports_plainly = False
        self.possible = False
        """Whether nobody but pytest and vtrack takes part in setup and teardown, or runs items."""

    def ask(self, *, parametrized: bool) -> None:
        """Find out what the plugins of now allow for the items of a test.

        :param parametrized: pytest sets up parameters of the test for each item, as it does fixtures.
        """
        self._parametrized = parametrized
        self.possible = _may_be_brief(self._config, parametrized=parametrized)
        reporting = self._config.hook.pytest_runtest_makereport.get_hookimpls()
        self._reports_plainly = all(_is_of(_REPORTING, each.function) for each in reporting)

    def ask_again(self) -> None:
        """Find it out anew, where a plugin has come since."""
        if self.possible:
            self.ask(parametrized=self._parametrized)

    def run(self, item: pytest.Function, nextitem: pytest.Item) -> None:
        """Report setup, call and teardown of an item; only the call does something."""
        run_briefly(item, nextitem, self._report)

    def _report(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> pytest.TestReport:
        """Make the report of setup or teardown; of what passed, those who take part say nothing more."""
        if call.excinfo is not None or not self._reports_plainly:
            return report_by_hook(item, call)
        report = pytest.TestReport.from_item_and_call(item, call)
        self._complete(item, call, report)
        return report


def _may_be_brief(config: pytest.Config, *, parametrized: bool) -> bool:
    hook = config.hook
    runs_items = [each for each in hook.pytest_runtest_protocol.get_hookimpls() if not _wraps(each)]
    concerned = [
        *hook.pytest_runtest_setup.get_hookimpls(),
        *hook.pytest_runtest_teardown.get_hookimpls(),
        *runs_items,
    ]
    if parametrized:
        concerned += hook.pytest_fixture_setup.get_hookimpls()
        concerned += hook.pytest_fixture_post_finalizer.get_hookimpls()
    shown = config.getoption("setupshow", False) or config.getoption("setuponly", False)
    return not shown and all(_is_of(_KNOWN, each.function) for each in concerned)


def _wraps(implementation: Any) -> bool:
    return bool(implementation.wrapper or implementation.hookwrapper)


def _is_of(known: frozenset[str], function: Callable[..., Any]) -> bool:
    module = str(function.__module__)  # what was made by `exec` may have none
    return module in known or module.startswith("pytest_vtrack.")


def run_briefly(item: pytest.Function, nextitem: pytest.Item, make_report: MakeReport) -> None:
    """Report setup, call and teardown of an item; only the call does something.

    :param make_report: makes the reports of setup and teardown.
    """
    from _pytest.runner import call_and_report

    hook, session = item.ihook, item.session
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    if not item._request:  # noqa: SLF001  it ran before
        item._initrequest()  # noqa: SLF001
    _open_logs(item)
    try:
        passed = _report(item, hook, make_report, "setup", partial(_set_up, item)).passed
        usual = _count_finalizers(item)
        if passed:
            call_and_report(item, "call")
        if session.shouldfail or session.shouldstop:
            call_and_report(item, "teardown", nextitem=None)
        elif _count_finalizers(item) > usual:  # a hook around the call has left code to run
            call_and_report(item, "teardown", nextitem=nextitem)
        else:
            end = partial(session._setupstate.teardown_exact, nextitem)  # noqa: SLF001
            _report(item, hook, make_report, "teardown", end)
            _close_logs(item)
    finally:
        item._request = False  # type: ignore[assignment]  # noqa: SLF001  as pytest lets go of them
        item.funcargs = None  # type: ignore[assignment]
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _set_up(item: pytest.Function) -> None:
    hand_over(item)
    item.session._setupstate.setup(item)  # noqa: SLF001  what pytest does before each call


def _count_finalizers(item: pytest.Item) -> int:
    finalizers, _ = item.session._setupstate.stack.get(item, ((), None))  # noqa: SLF001
    return len(finalizers)


def _report(
    item: pytest.Item,
    hook: pluggy.HookRelay,
    make_report: MakeReport,
    when: When,
    function: Callable[[], Any],
) -> pytest.TestReport:
    from _pytest.runner import check_interactive_exception

    call, report = phase(item, make_report, when, function)
    hook.pytest_runtest_logreport(report=report)
    if check_interactive_exception(call, report):
        hook.pytest_exception_interact(node=item, call=call, report=report)
    return report


def _open_logs(item: pytest.Item) -> None:
    """Make the place where pytest's logging keeps the records of a call."""
    from _pytest.logging import caplog_records_key

    item.stash[caplog_records_key] = {}


def _close_logs(item: pytest.Item) -> None:
    """Let go of them."""
    from _pytest.logging import caplog_handler_key, caplog_records_key

    del item.stash[caplog_records_key]
    if caplog_handler_key in item.stash:  # where there was a call
        del item.stash[caplog_handler_key]
