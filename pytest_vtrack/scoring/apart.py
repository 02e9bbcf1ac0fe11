"""Running a function in a thread of its own that nobody has to wait for, and for whom it runs."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

for_whom: ContextVar[Any] = ContextVar("vtrack_call", default=None)
"""The call that the current thread or task works for, where several run at once: it gets what is printed."""


def run_apart(function: Callable[[], T], context: Context, name: str) -> Future[T]:
    """Start a function in a daemon thread, and return what it will return.

    A thread pool would be joined when Python ends: a call that hangs would keep the session from ending.
    """
    future: Future[T] = Future()

    def run() -> None:
        __tracebackhide__ = True
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = context.run(function)
        except BaseException as error:  # handed to whoever waits
            with suppress(Exception):
                future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


async def called(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Call a function and return its result; one that is not asynchronous runs in a thread.

    It may run an event loop of its own, and blocks none.
    """
    import asyncio

    if is_async(function):
        return await function(**given)
    call = run_apart(partial(_carried, function, given), copy_context(), "vtrack-scorer")
    try:
        result = await asyncio.wrap_future(call)
    except asyncio.CancelledError:
        call.add_done_callback(_dropped)
        raise
    return await result if hasattr(result, "__await__") else result


def _carried(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Call a function; what it waits for in an event loop would not end by a ``StopIteration``."""
    try:
        return function(**given)
    except StopIteration as error:
        raise RuntimeError("raised StopIteration").with_traceback(error.__traceback__) from error


def _dropped(call: Future[Any]) -> None:
    """Close a coroutine that comes too late: Python warns of one that is never awaited."""
    if call.exception() is None and inspect.iscoroutine(late := call.result()):
        late.close()


def is_async(function: object) -> bool:
    """Tell whether calling something makes a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  its function is looked at, not whether there is one
    )
