"""Calling an application again after errors that were declared, with growing pauses in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_vtrack.scoring.limits import FIRST_WAIT_S, LONGEST_WAIT_S
from pytest_vtrack.scoring.outcome import Outcome, outcome, told


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
        __tracebackhide__ = True
        from tenacity import Retrying

        return told(Retrying(**self._how(may_retry))(partial(_outcome, attempt)))

    async def awaited(self, attempt: Callable[[], Awaitable[Any]], may_retry: Callable[[], bool]) -> Any:
        """Do the same for what is awaited."""
        __tracebackhide__ = True
        from tenacity import AsyncRetrying

        async def attempted() -> Outcome:
            return await outcome(attempt())

        return told(await AsyncRetrying(**self._how(may_retry))(attempted))

    def _how(self, may_retry: Callable[[], bool]) -> dict[str, Any]:
        """Return how tenacity is to do it: with outcomes, as its frames would stand in the test's report."""
        from tenacity import retry_if_result, stop_after_attempt, wait_random_exponential

        return {
            "stop": stop_after_attempt(self.most + 1),
            "wait": wait_random_exponential(self.first_wait_s, LONGEST_WAIT_S),
            "retry": retry_if_result(lambda ended: self._covers(ended[1]) and may_retry()),
            "retry_error_callback": lambda state: state.outcome.result(),
        }

    def _covers(self, error: BaseException | None) -> bool:
        """Tell whether an error was declared; a test that says no has given an answer."""
        return isinstance(error, self.after) and not isinstance(error, AssertionError)


def _outcome(attempt: Callable[[], Any]) -> Outcome:
    __tracebackhide__ = True
    try:
        return attempt(), None
    except KeyboardInterrupt:  # of the user, who did not mean this attempt in particular
        raise
    except BaseException as error:  # of whatever kind: the declared ones are told apart later
        return None, error
