"""Calling an application again after errors that were declared, with growing pauses in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.scoring.limits import FIRST_WAIT_S, LONGEST_WAIT_S


@dataclass(frozen=True, slots=True)
class Retries:
    """After which errors a call is made again, and how often."""

    most: int
    """Attempts after the first."""
    after: tuple[type[BaseException], ...]
    first_wait_s: float = FIRST_WAIT_S

    def called(self, attempt: Callable[[], Any], may_retry: Callable[[], bool]) -> Any:
        """Make attempts until one returns, or they are used up.

        Not in a loop over attempts: such loops take the end of an iterator, as an error, for their own.

        :param may_retry: tells whether there may be one more.
        """
        from tenacity import Retrying

        return Retrying(**self._how(may_retry))(attempt)

    async def awaited(self, attempt: Callable[[], Awaitable[Any]], may_retry: Callable[[], bool]) -> Any:
        """Do the same for what is awaited."""
        from tenacity import AsyncRetrying

        return await AsyncRetrying(**self._how(may_retry))(attempt)

    def _how(self, may_retry: Callable[[], bool]) -> dict[str, Any]:
        from tenacity import retry_if_exception, stop_after_attempt, wait_random_exponential

        return {
            "stop": stop_after_attempt(self.most + 1),
            "wait": wait_random_exponential(self.first_wait_s, LONGEST_WAIT_S),
            "retry": retry_if_exception(lambda error: self._covers(error) and may_retry()),
            "reraise": True,
        }

    def _covers(self, error: BaseException) -> bool:
        """Tell whether an error was declared; a test that says no has given an answer."""
        return isinstance(error, self.after) and not isinstance(error, AssertionError)
