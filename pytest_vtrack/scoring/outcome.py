"""What becomes of a coroutine: its result or its error, as values that an event loop carries unharmed.

A loop ends with a ``SystemExit`` for all that it runs, and stumbles over errors that no text can show.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeAlias

Outcome: TypeAlias = tuple[Any, BaseException | None]
"""What was returned, and what was raised."""


async def outcome(awaitable: Awaitable[Any]) -> Outcome:
    """Return what an awaitable returns or raises; Ctrl-C and a cancellation from outside go through."""
    import asyncio

    __tracebackhide__ = True
    try:
        return await awaitable, None
    except KeyboardInterrupt:  # of the user, who did not mean this one in particular
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return None, error  # its own
    except BaseException as error:  # of whatever kind: it is said where the coroutine came from
        return None, error


def told(found: Outcome) -> Any:
    """Return or raise what was returned or raised."""
    __tracebackhide__ = True
    result, error = found
    if error is not None:
        raise error
    return result
