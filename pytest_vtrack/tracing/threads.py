"""Threads that a case starts work for that case.

Python gives tasks a copy of the context they were made in, but not threads. Without this, what an
application does in a thread of its own could not be told from what it does for another case.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pytest_vtrack.tracing.recorder import inherited, speak_for, stop_speaking


@functools.cache
def follow_threads() -> None:
    """Let threads and the work given to thread pools speak for the case they were started in.

    Only that is handed over, never the whole context: an application sees no other context variables,
    and no other current span, than without this.
    """
    threading.Thread.start = _starting(threading.Thread.start)  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = _submitting(ThreadPoolExecutor.submit)  # type: ignore[method-assign]


def _starting(start: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(start)
    def started(thread: threading.Thread) -> None:
        who = inherited(background=thread.daemon)
        if who is not None:
            thread.run = functools.partial(_speaking, who, thread.run)  # type: ignore[method-assign]
        start(thread)

    return started


def _submitting(submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    @functools.wraps(submit)
    def submitted(
        pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        # Also where there is no case: the pool's thread may have been started in one.
        who = inherited(background=False)
        return submit(pool, functools.partial(_speaking, who, function), *args, **kwargs)

    return submitted


def _speaking(who: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    token = speak_for(who)
    try:
        return function(*args, **kwargs)
    finally:
        stop_speaking(token)
