"""One trial of one case: calling the application, measuring it, and judging what came out.

Nothing here knows the item that reports the trial, so that a call can be started ahead of it.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Assessment, Feedback
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.plugin.loop import inside_event_loop
from pytest_vtrack.scoring.failure import message_of
from pytest_vtrack.scoring.runner import NO_OUTPUTS, ScoringContext, by_hand, run_scorers
from pytest_vtrack.tracing.capture import Capture, Captured

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pytest_vtrack.model.payload import Payload
    from pytest_vtrack.model.trace import Span
    from pytest_vtrack.scoring.protocol import Scorer

Await = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine to its end from synchronous code."""


class Execution:
    """What is known of a running trial; it becomes a trace when the trial ends."""

    __slots__ = (
        "_await",
        "_capture",
        "_captured",
        "_kept",
        "_measured",
        "_to_await",
        "duration_s",
        "error",
        "expectations",
        "feedback",
        "has_outputs",
        "inputs",
        "outputs",
        "started_at",
        "tags",
        "typed",
    )

    begun = True
    """Whether the application was called, and does not wait for its turn."""
    capped = False
    """Whether the time limit stands in for the time that the call would have taken."""

    def __init__(self, inputs: Mapping[str, Any], tags: Mapping[str, str], await_: Await) -> None:
        self._await = await_
        self._capture: Capture | None = None
        self._captured: Captured | None = None
        self._kept: tuple[Payload, Payload | None] | None = None
        self._measured = False
        self._to_await: Coroutine[Any, Any, Any] | None = None
        self.inputs = inputs
        self.tags = tags
        self.outputs: Any = None
        self.has_outputs = False
        self.error: str | None = None
        self.started_at = 0.0
        self.duration_s = 0.0
        self.expectations: dict[str, Any] = {}
        self.feedback: list[Feedback] = []
        self.typed: dict[str, Any] | None = None

    def call(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """Call the application as the root of the trace and return its outputs.

        An asynchronous application is awaited: inside a running event loop an awaitable is returned.
        """
        __tracebackhide__ = True
        self._measured = True
        self.started_at = self.started_at or time.time()
        start = time.perf_counter()
        try:
            with self.running():
                outputs = function(**arguments)
        except BaseException as error:
            self._ended(start, error)
            raise
        if not inspect.isawaitable(outputs):
            self._returned(start, outputs)
            return outputs
        return self._now_or_later(self._awaited(outputs, start))

    def _now_or_later(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Await a call of the application, or return it to a test that can."""
        __tracebackhide__ = True
        if not inside_event_loop():
            return self._await(call)
        self._to_await = call
        return call

    def _check_awaited(self) -> None:
        """Refuse a test that ended without its call: it would pass, and the application was not called."""
        if self._to_await is not None and inspect.getcoroutinestate(self._to_await) == inspect.CORO_CREATED:
            self._to_await.close()
            raise RuntimeError(
                "the application was not called, as nobody awaited it: write `await vtrack_case.run(…)`"
            )

    def test_body(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run the test itself; what it returns are the outputs, unless it used ``call``."""
        self.started_at = time.time()
        start = time.perf_counter()
        outputs = function(**arguments)
        if inspect.isawaitable(outputs):
            outputs = self._await(self._traced(outputs))
        self._body_returned(start, outputs)

    def watched(self, function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        """Return an asynchronous test that leaves what it returns here too, whichever plugin runs it."""

        async def test(*args: Any, **kwargs: Any) -> Any:
            return await self._awaited_body(function(*args, **kwargs))

        # Where a mark has a condition as a text, pytest looks its names up in these.
        names = getattr(function, "__globals__", test.__globals__)
        own = FunctionType(test.__code__, names, test.__name__, None, test.__closure__)
        return functools.wraps(function)(own)

    async def async_body(self, function: Callable[..., Awaitable[Any]], arguments: Mapping[str, Any]) -> None:
        """Run an asynchronous test itself; what it returns are the outputs, unless it used ``call``."""
        await self._awaited_body(function(**arguments))

    def awaits_by(self, await_: Await) -> None:
        """Await by other means, as in a thread that has no event loop."""
        self._await = await_

    async def _awaited_body(self, awaitable: Awaitable[Any]) -> Any:
        self.started_at = time.time()
        start = time.perf_counter()
        outputs = await self._traced(awaitable)
        self._check_awaited()
        self._body_returned(start, outputs)
        return outputs

    def _body_returned(self, start: float, outputs: Any) -> None:
        if not self._measured and not self.has_outputs:
            self.duration_s = time.perf_counter() - start
            self.outputs, self.has_outputs = outputs, outputs is not None

    def body_took(self, started_at: float, duration_s: float) -> None:
        """Take the time of the whole test where no call inside it was measured."""
        if not self._measured and not self.duration_s:
            self.started_at, self.duration_s = started_at, duration_s

    def running(self) -> AbstractContextManager[None]:
        """Return a context manager: spans and tags of what runs inside it are this trial's."""
        if self._capture is None:
            self._capture = Capture()
        return self._capture.running()

    def captured(self) -> Captured:
        """Close the trace, and return the spans and tags of the application."""
        if self._captured is None:
            self._captured = self._capture.close(time.time()) if self._capture else Captured()
            if self._captured.tags:
                self.tags = {**self.tags, **self._captured.tags}
        return self._captured

    def keep_contents(self) -> None:
        """Take down what is expected and what was put out, before scorers can change it."""
        if self._kept is None:
            self._kept = self._contents()

    def contents(self) -> tuple[Payload, Payload | None]:
        """Return what is expected and what was put out, if anything was, as they are stored."""
        return self._kept or self._contents()

    def _contents(self) -> tuple[Payload, Payload | None]:
        expected = payload.encode(self.expectations, "expectations")
        return expected, payload.encode(self.outputs, "outputs") if self.has_outputs else None

    def trace(self) -> Trace:
        """Return the trial as a trace, as far as it is."""
        captured = self._captured or (self._capture.so_far(time.time()) if self._capture else Captured())
        return Trace(
            self.inputs,
            self.outputs,
            "error" if self.error else "ok",
            self.error,
            self.started_at,
            self.duration_s,
            captured.spans,
            {**self.tags, **captured.tags} if captured.tags else self.tags,
        )

    async def _traced(self, awaitable: Awaitable[Any]) -> Any:
        __tracebackhide__ = True
        with self.running():  # here too: an event loop may have a context of its own
            return await awaitable

    async def _awaited(self, outputs: Any, start: float) -> Any:
        __tracebackhide__ = True
        try:
            result = await self._traced(outputs)
        except BaseException as error:
            self._ended(start, error)
            raise
        self._returned(start, result)
        return result

    def _returned(self, start: float, outputs: Any) -> None:
        self._ended(start, None)
        self.outputs, self.has_outputs = outputs, True

    def _ended(self, start: float, error: BaseException | None) -> None:
        self.duration_s += time.perf_counter() - start
        self.error = error_text(error) if error else None


def error_text(error: BaseException) -> str:
    """Return an exception as one line: its type and message."""
    message = message_of(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def assess(
    execution: Execution,
    scorers: tuple[Scorer, ...],
    context: Mapping[str, Any],
    *,
    failure: str | None,
    crashed: bool,
    await_: Await,
    measure: Callable[[tuple[Span, ...]], list[Assessment]],
) -> list[Assessment]:
    """Judge a finished trial: the built-in metrics, the test's own feedback, then every scorer.

    :param context: what scorers may ask for besides outputs and trace.
    :param failure: why the test failed, or ``None``.
    :param crashed: whether it failed by an error rather than by an assertion.
    :param measure: returns the metrics of spans; a scorer of the same name takes a metric's place.
    """
    spans = execution.captured().spans
    said = _scored(execution, scorers, context, await_) if scorers else []
    if execution.feedback:
        said = by_hand(execution.feedback) + said
    scorer_error = next((each.error for each in said if each.error), None)
    unfinished = (failure if crashed or execution.error else None) or scorer_error
    builtin = [
        Assessment(PASSED, failure is None, rationale=failure),
        Assessment(COMPLETED, unfinished is None, rationale=unfinished),
    ]
    if execution.capped or (not execution.error and not crashed and execution.duration_s > 0):
        builtin.append(Assessment(LATENCY, execution.duration_s))
    if spans:
        own = {each.metric.name for each in said}
        builtin += [each for each in measure(spans) if each.metric.name not in own]
    return builtin + said


def amended(
    assessments: Iterable[Assessment], *, passed: bool | None, completed: bool | None = None, why: str
) -> list[Assessment]:
    """Return the assessments of a trial with another verdict of the test itself.

    :param passed: ``None``: the test says nothing.
    :param completed: ``None``: as it was.
    """
    found = list(assessments)
    new = {PASSED.name: Assessment(PASSED, passed, rationale=None if passed else why)}
    if completed is not None or not found:
        new[COMPLETED.name] = Assessment(COMPLETED, completed, rationale=None if completed else why)
    kept = [each for each in found if each.metric.name not in new]
    return [*new.values(), *kept]


def _scored(
    execution: Execution, scorers: tuple[Scorer, ...], context: Mapping[str, Any], await_: Await
) -> list[Assessment]:
    if not execution.has_outputs:
        why = execution.error or (f"{NO_OUTPUTS}: return them, or call vtrack_case.run(your_app)")
        return [Assessment(scorer.spec, None, error=why) for scorer in scorers]
    execution.keep_contents()
    trace = execution.trace()
    return run_scorers(
        scorers,
        ScoringContext(inputs=execution.inputs, outputs=execution.outputs, trace=trace, **context),
        await_=await_,
    )
