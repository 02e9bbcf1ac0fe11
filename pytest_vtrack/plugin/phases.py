"""A phase of an item that something else than pytest's own hooks runs, reported as pytest reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

When = Literal["setup", "call", "teardown"]


def phase(
    item: pytest.Item, when: When, function: Callable[[], Any]
) -> tuple[pytest.CallInfo[Any], pytest.TestReport]:
    """Run a function as a phase of an item; return how it went, and the report that plugins make of it."""
    call = pytest.CallInfo.from_call(function, when, reraise=(pytest.exit.Exception, KeyboardInterrupt))
    return call, item.ihook.pytest_runtest_makereport(item=item, call=call)
