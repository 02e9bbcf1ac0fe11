"""A phase of an item that something else than pytest's own hooks runs, reported as pytest reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    import pluggy

When = Literal["setup", "call", "teardown"]


def phase(
    item: pytest.Item, hook: pluggy.HookRelay, when: When, function: Callable[[], Any]
) -> tuple[pytest.CallInfo[Any], pytest.TestReport]:
    """Run a function as a phase of an item; return how it went, and the report that plugins make of it.

    :param hook: the item's own, which pytest looks up anew each time it is asked for.
    """
    call = pytest.CallInfo.from_call(function, when, reraise=(pytest.exit.Exception, KeyboardInterrupt))
    return call, hook.pytest_runtest_makereport(item=item, call=call)
