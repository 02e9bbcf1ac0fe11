"""Calling the test of a chunk for its cases: one after another, or several at once."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.calls import Call
from pytest_vtrack.plugin.concurrency.several import Gear, Several
from pytest_vtrack.plugin.slots import CASE_FIXTURE
from pytest_vtrack.plugin.trial import Trial

if TYPE_CHECKING:
    from pytest_vtrack.plugin.execution import Execution


@dataclass(slots=True, kw_only=True)
class BulkTrial(Trial):
    """A trial of a chunk."""

    number: int
    """Which of the chunk's trials it is."""


def called(trial: Trial, item: pytest.Function, arguments: Mapping[str, Any]) -> BaseException | None:
    """Call the test for one case, and return what it raised."""
    execution = trial.execution
    error: BaseException | None = None
    started_at, start = time.time(), time.perf_counter()
    try:
        with execution.running():
            execution.test_body(_own(item), _with_case(arguments, trial))
    except (KeyboardInterrupt, pytest.exit.Exception):
        execution.captured()  # its trace is over, and no report follows
        raise
    except BaseException as raised:
        error = raised
    execution.body_took(started_at, time.perf_counter() - start)
    return error


def several_ended(
    gear: Gear,
    item: pytest.Function,
    trials: Iterator[BulkTrial],
    arguments: Mapping[str, Any],
    limits: tuple[int, int],
) -> Generator[tuple[BulkTrial, BaseException | None]]:
    """Call the test for several cases at once, and yield each that has ended with what it raised.

    :param limits: how many may run at once, and how many may have been called and not looked at.
    """
    asynchronous = inspect.iscoroutinefunction(item.function)

    def prepared(trial: BulkTrial) -> Call:
        execution: Execution = trial.execution
        execution.awaits_by(gear.loop.run_from_thread)
        body: Callable[..., Any] = execution.async_body if asynchronous else execution.test_body
        call = partial(body, _own(item), _with_case(arguments, trial))
        return Call(trial, execution, call, asynchronous=asynchronous, judging=gear.judging(trial))

    with closing(Several(gear, map(prepared, trials), *limits).ended()) as calls:
        for call in calls:
            trial: Any = call.item
            if isinstance(call.error, (KeyboardInterrupt, pytest.exit.Exception)):
                trial.execution.captured()
                raise call.error
            trial.execution.body_took(call.started_at, call.duration_s)
            yield trial, call.error


def _own(item: pytest.Function) -> Callable[..., Any]:
    """Return the test for one case: a method has an instance of its class for itself, as an item has."""
    return item.obj if item.cls is None else getattr(item.cls(), item.originalname or item.name)  # type: ignore[no-any-return]


def _with_case(arguments: Mapping[str, Any], trial: Trial) -> dict[str, Any]:
    return {name: trial.handle if name == CASE_FIXTURE else value for name, value in arguments.items()}
