"""What a test says and how long it takes, whichever plugin runs it and whenever it was called."""

from __future__ import annotations

import inspect
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_vtrack.plugin.trial import Trial


def took(trial: Trial, started_at: float, start: float) -> tuple[float, float]:
    """Return when the test began and how long it took, also where it was called ahead of its item."""
    call = trial.called
    return (call.started_at, call.duration_s) if call else (started_at, time.perf_counter() - start)


def watched(item: pytest.Item, trial: Trial) -> Any:
    """Let a marked asynchronous test leave what it returns in the trial, whichever plugin runs it.

    Returns the function that was replaced, ``None`` where there was nothing to do.
    """
    function = item.obj if isinstance(item, pytest.Function) and trial.slot.test.marked else None
    trial.function = function
    if function is None or not _is_async(item.function):  # type: ignore[attr-defined]
        return None
    item.obj = trial.function = trial.execution.watched(function)  # type: ignore[attr-defined]
    return function


def called_with(item: pytest.Function) -> dict[str, Any]:
    """Return what pytest itself calls a test with."""
    _check_runs(item.function)
    names = item._fixtureinfo.argnames  # noqa: SLF001  no public way to ask
    return {name: item.funcargs[name] for name in names}


@lru_cache(maxsize=64)
def _check_runs(function: Any) -> None:
    """Fail a test whose body would not run if it were called."""
    if inspect.isasyncgenfunction(function):
        pytest.fail(
            f"{function.__name__} is an async generator, which nobody reads: it would pass without being "
            "run. Return the outputs in place of `yield`, or call vtrack_case.run(your_app)",
            pytrace=False,
        )


@lru_cache(maxsize=64)
def _is_async(function: Any) -> bool:
    """Tell whether a test is asynchronous; its items share one function."""
    return inspect.iscoroutinefunction(function)
