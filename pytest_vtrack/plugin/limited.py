"""A trial under limits: its calls are paced, have a time limit, and are made again after declared errors."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from pytest_vtrack.plugin.execution import Execution, error_text
from pytest_vtrack.plugin.time_limits import TimeLimit, TookTooLong
from pytest_vtrack.plugin.tries import Tries

if TYPE_CHECKING:
    from pytest_vtrack.plugin.call_limits import Limits

_body: ContextVar[object] = ContextVar("vtrack_body", default=None)
"""The attempt of a test that the current thread works for."""


class LimitedExecution(Execution):
    """Calls the application as :class:`Execution` does, within the limits of a test.

    A test that calls ``vtrack_case.run`` is itself under no limits from then on: those calls are.
    """

    __slots__ = ("_limit", "_limits", "_live", "_name", "_paid", "_tried", "_watched", "begun", "capped")

    def __init__(self, limits: Limits, name: str, inputs: Mapping[str, Any], tags: Any, _: Any) -> None:
        super().__init__(inputs, tags, limits.await_)
        self._limits = limits
        self._name = name
        self._limit: TimeLimit | None = None
        self._live: object = None
        self._paid = False  # whether the test has waited for its turn, and its first call need not
        self._tried = False
        self._watched = False
        self.begun = False
        self.capped = False

    def call(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """Call the application as the root of the trace and return its outputs."""
        __tracebackhide__ = True
        if _body.get() not in (None, self._live):
            raise RuntimeError("this attempt of the test was given up at its time limit")
        self._measured = True
        if self._limit is not None:
            self._limit.lift()
        call = partial(function, **arguments)
        if is_async(function):
            return self._now_or_later(self._call_async(call))
        tries = Tries()
        outputs = self._call(call, tries)
        if not inspect.isawaitable(outputs):
            return outputs
        self._paid = True  # what follows is the rest of the first attempt
        self.duration_s -= tries.last_s
        return self._now_or_later(self._call_async(_first_then(outputs, call), tries.last_s))

    def _call(self, call: Callable[[], Any], tries: Tries) -> Any:
        __tracebackhide__ = True
        with self._called(tries):
            result = self._again(partial(self._once, call, tries), self._may_retry)
            if not inspect.isawaitable(result):
                self.outputs, self.has_outputs = result, True
        return result

    async def _call_async(self, call: Callable[[], Awaitable[Any]], begun_s: float = 0.0) -> Any:
        __tracebackhide__ = True
        tries = Tries(begun_s)
        with self._called(tries):
            self.outputs = await self._again_async(partial(self._once_async, call, tries), self._may_retry)
            self.has_outputs = True
        return self.outputs

    @contextmanager
    def _called(self, tries: Tries) -> Iterator[None]:
        """Take down what a call of the application came to."""
        self.error = None
        try:
            yield
        except BaseException as error:
            self.error = error_text(error) + (f" ({tries.made} attempts)" if tries.made > 1 else "")
            raise
        finally:
            self._tried = True
            self.duration_s += tries.last_s
            self._tell(tries)

    def _tell(self, tries: Tries) -> None:
        self.capped = tries.gave_up
        if tries.gave_up:
            self._limits.tally.timed_out.append(self._name)
        if tries.made > 1:
            self._limits.tally.again.append(self._name)
            self.tags = {**self.tags, **tries.tags(self._limits.redaction)}

    def test_body(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run the test itself; what it returns are the outputs, unless it used ``call``."""
        __tracebackhide__ = True
        if is_async(function):
            self._await(self.async_body(function, arguments))
        elif self._measured or self._watched:  # by a fixture; another plugin runs the asynchronous test
            super().test_body(function, arguments)
        else:
            tries = Tries()
            with self._body_run(tries):
                body = partial(self._finished, partial(function, **arguments))
                outputs = self._again(partial(self._once, body, tries, body=True), self._starts_anew)
                self._leave(outputs)

    def _finished(self, function: Callable[[], Any]) -> Any:
        outputs = function()
        return self._await(self._traced(outputs)) if inspect.isawaitable(outputs) else outputs

    def watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return an asynchronous test that leaves what it returns here too, whichever plugin runs it."""
        self._watched = True

        @wraps(function)
        async def test(*args: Any, **kwargs: Any) -> Any:
            return await self._limited_body(partial(function, *args, **kwargs))

        return test

    async def async_body(self, function: Callable[..., Awaitable[Any]], arguments: Mapping[str, Any]) -> None:
        """Run an asynchronous test itself; what it returns are the outputs, unless it used ``call``."""
        await self._limited_body(partial(function, **arguments))

    async def _limited_body(self, body: Callable[[], Awaitable[Any]]) -> Any:
        __tracebackhide__ = True
        if self._live is not None:  # :meth:`watched` inside :meth:`test_body`
            return await body()
        if self._measured:
            return await self._awaited_body(body())
        tries = Tries()
        with self._body_run(tries):
            outputs = await self._again_async(
                partial(self._once_async, body, tries, body=True), self._starts_anew
            )
            self._check_awaited()
            self._leave(outputs)
        return outputs

    def _body_returned(self, start: float, outputs: Any) -> None:
        if not self._tried:
            super()._body_returned(start, outputs)

    def _leave(self, outputs: Any) -> None:
        if not self._measured and not self.has_outputs:
            self.outputs, self.has_outputs = outputs, outputs is not None

    @contextmanager
    def _body_run(self, tries: Tries) -> Iterator[None]:
        """Take down what the test came to, where it is the application itself."""
        try:
            yield
        finally:
            self._live = self._limit = None
            if not self._measured:
                self._tried = True
                self.duration_s = tries.last_s
                self._tell(tries)

    def body_took(self, started_at: float, duration_s: float) -> None:
        """Take the time of the whole test where nothing was measured."""
        if not self._tried:
            super().body_took(started_at, duration_s)

    def _again(self, once: Callable[[], Any], may_retry: Callable[[], bool]) -> Any:
        __tracebackhide__ = True
        retries = self._limits.retries
        return retries.called(once, may_retry) if retries else once()

    async def _again_async(self, once: Callable[[], Awaitable[Any]], may_retry: Callable[[], bool]) -> Any:
        __tracebackhide__ = True
        retries = self._limits.retries
        return await (retries.awaited(once, may_retry) if retries else once())

    def _may_retry(self) -> bool:
        return not self._limits.tally.over.is_set()

    def _starts_anew(self) -> bool:
        """Tell whether a test may run once more: not where calls of the application had their attempts."""
        if self._measured or self._limits.tally.over.is_set():
            return False
        self.feedback = []  # what this attempt left behind
        return True

    def _once(self, call: Callable[[], Any], tries: Tries, *, body: bool = False) -> Any:
        """Make one attempt."""
        __tracebackhide__ = True
        if wait_s := self._wait_s(body=body):
            self._limits.tally.over.wait(wait_s)
        self._check_money(tries)
        with self._attempt(tries, body=body) as limit:
            if limit is None:
                return call()
            return limit.called(call, self._await, partial(self._limits.tally.left_behind, self._name))

    async def _once_async(
        self, call: Callable[[], Awaitable[Any]], tries: Tries, *, body: bool = False
    ) -> Any:
        """Make one attempt of what is awaited."""
        __tracebackhide__ = True
        if wait_s := self._wait_s(body=body):
            await self._limits.tally.sleep(wait_s)
        self._check_money(tries)
        with self._attempt(tries, body=body) as limit:
            return await (call() if limit is None else limit.awaited(call()))

    def _check_money(self, tries: Tries) -> None:
        if self._limits.tally.over.is_set() and (tries.made or not self.begun):
            raise RuntimeError("not called, as the session had reached --vtrack-max-cost")
        self.begun = True

    def _wait_s(self, *, body: bool) -> float:
        """Return how long to wait for a turn."""
        paid, self._paid = self._paid, body
        return 0.0 if paid or self._limits.pace is None else self._limits.pace.wait_s(time.monotonic())

    @contextmanager
    def _attempt(self, tries: Tries, *, body: bool) -> Iterator[TimeLimit | None]:
        """Time one attempt, which is the case's, and take down its error."""
        limit = TimeLimit(self._limits.timeout) if self._limits.timeout else None
        token = None
        if body:
            self._limit, self._live = limit, object()
            token = _body.set(self._live)
        self.started_at = self.started_at or time.time()
        start = time.perf_counter()
        error: BaseException | None = None
        try:
            with self.running():
                yield limit
        except BaseException as raised:
            error = raised
            raise
        finally:
            if token is not None:
                _body.reset(token)
            own = isinstance(error, TookTooLong) and limit is not None
            took = limit.seconds if own and limit else time.perf_counter() - start
            tries.ended(took, error_text(error) if error else None, gave_up=own)


def is_async(function: object) -> bool:
    """Tell whether calling something makes a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  its function is looked at, not whether there is one
    )


def _first_then(first: Awaitable[Any], call: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """Return a function that returns what was made already, and after that makes it anew."""
    made = [first]
    return lambda: made.pop() if made else call()
