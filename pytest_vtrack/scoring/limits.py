"""Time limits and retries of scorers; a scorer without them does not come by here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.scoring.apart import called
from pytest_vtrack.scoring.configured import require
from pytest_vtrack.scoring.failure import failure_text

RetryOn = type[BaseException] | tuple[type[BaseException], ...]
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
"""Before the second attempt, and before any: doubled each time, of which a random part is waited."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a scorer may take, and how often it is tried."""

    timeout: float | None = None
    """Seconds for one call."""
    retries: int = 0
    """Attempts after the first."""
    retry_on: tuple[type[BaseException], ...] = (Exception,)


@dataclass(frozen=True, slots=True)
class Limited:
    """A scorer's function under limits: what it raises in the end is returned as an error."""

    function: Callable[..., Any]
    limits: Limits
    first_wait_s: float = FIRST_WAIT_S

    async def __call__(self, **given: Any) -> Any:
        """Call the function until it returns, or the attempts are used up."""
        if not self.limits.retries:
            return await self._once(given)
        return await self._again_and_again(given)

    async def _again_and_again(self, given: dict[str, Any]) -> Any:
        from tenacity import (
            AsyncRetrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )

        attempts = AsyncRetrying(
            stop=stop_after_attempt(self.limits.retries + 1),
            wait=wait_random_exponential(self.first_wait_s, LONGEST_WAIT_S),
            retry=retry_if_exception_type(self.limits.retry_on),
            reraise=True,
        )
        made = 0

        async def attempt() -> Any:
            nonlocal made
            made += 1
            return await self._once(given)

        try:
            # Not in a loop over attempts: it would take StopAsyncIteration, as an error, for its own.
            result: Any = await attempts(attempt)
        except Exception as error:
            why = failure_text(error) + (f" ({made} attempts)" if made > 1 else "")
            return Feedback(None, error=why, metadata={"attempts": made})
        return _with_attempts(result, made) if made > 1 else result

    async def _once(self, given: dict[str, Any]) -> Any:
        call = called(self.function, given)
        if self.limits.timeout is None:
            return await call
        from pytest_vtrack.scoring.loop_timer import LoopTimer

        limit = LoopTimer(self.limits.timeout)
        try:
            async with limit:
                return await call
        except TimeoutError:
            if not limit.expired:
                raise  # the scorer's own
            raise TimeoutError(f"no answer within timeout={self.limits.timeout:g} s") from None


def checked_limits(where: str, timeout: object, retries: object, retry_on: object) -> Limits | None:
    """Return declared limits; ``None`` where there are none.

    :raises ScorerError: a value cannot be used, or tenacity is not installed.
    """
    if timeout is not None and not _is_time(timeout):
        raise ScorerError(f"{where}: timeout={timeout!r} must be a number of seconds above 0")
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise ScorerError(f"{where}: retries={retries!r} must be a whole number from 0 up")
    kinds = _checked_kinds(where, retry_on)
    if kinds and not retries:
        raise ScorerError(f"{where}: retry_on= says when to try again, but retries= is not given")
    if retries:
        require("tenacity", kind=f"{where}: retries={retries}", package="tenacity", extra="retry")
    if timeout is None and not retries:
        return None
    seconds = float(timeout) if isinstance(timeout, (int, float)) else None
    return Limits(seconds, retries, kinds or (Exception,))


def _is_time(value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value < math.inf  # type: ignore[operator]


def _checked_kinds(where: str, retry_on: object) -> tuple[type[BaseException], ...]:
    kinds = () if retry_on is None else retry_on if isinstance(retry_on, tuple) else (retry_on,)
    for each in kinds:
        if not (isinstance(each, type) and issubclass(each, Exception)):
            raise ScorerError(
                f"{where}: retry_on={retry_on!r} must be an exception class or a tuple of them, "
                "such as ConnectionError"
            )
    return kinds


def _with_attempts(result: Any, made: int) -> Any:
    if isinstance(result, Feedback):
        return replace(result, metadata={**result.metadata, "attempts": made})
    if isinstance(result, (list, tuple)) and all(isinstance(each, Feedback) for each in result):
        return [_with_attempts(each, made) for each in result]
    # Anything else is no list of Feedback, which is its own error.
    return result if isinstance(result, (list, tuple)) else Feedback(result, metadata={"attempts": made})
