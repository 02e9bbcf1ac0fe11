"""A phase of an item that something else than pytest's own hooks runs, reported as pytest reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

When = Literal["setup", "call", "teardown"]
MakeReport = Callable[[pytest.Item, pytest.CallInfo[Any]], pytest.TestReport]
"""Makes the report of a phase of an item from how that went."""


def phase(
    item: pytest.Item, make_report: MakeReport, when: When, function: Callable[[], Any]
) -> tuple[pytest.CallInfo[Any], pytest.TestReport]:
    """Run a function as a phase of an item; return how it went, and the report of it."""
    call = pytest.CallInfo.from_call(function, when, reraise=(pytest.exit.Exception, KeyboardInterrupt))
    return call, make_report(item, call)


def report_by_hook(item: pytest.Item, call: pytest.CallInfo[Any]) -> pytest.TestReport:
    """Make the report of a phase as plugins make it."""
    report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
    return report
