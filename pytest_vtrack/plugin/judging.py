"""Judging a case as part of the call that runs ahead of its item: many wait for their scorers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.scoring.runner import ScoringContext
from pytest_vtrack.scoring.waiting import Answer, ask

if TYPE_CHECKING:
    from pytest_vtrack.plugin.execution import Await, Execution
    from pytest_vtrack.scoring.protocol import Scorer

_UNJUDGED = (
    *(pytest.skip.Exception, pytest.exit.Exception, KeyboardInterrupt),
    *(asyncio.CancelledError, CancelledError),
)
"""What a test may raise that leaves nothing to judge."""


class Judging:
    """Asks some scorers about a trial, and keeps their answers for its item."""

    __slots__ = ("_answers", "_await", "_context", "_execution", "_scorers", "given")

    def __init__(
        self,
        execution: Execution,
        scorers: tuple[Scorer, ...],
        context: Callable[[], Mapping[str, Any]],
        await_: Await,
    ) -> None:
        """Prepare to judge a trial.

        :param context: returns what scorers may ask for besides outputs and trace.
        :param await_: awaits from any thread, in the session's event loop.
        """
        self._execution = execution
        self._scorers = scorers
        self._context = context
        self._await = await_
        self._answers: dict[Scorer, Answer] = {}
        self.given: Mapping[str, Any] | None = None
        """What the context was when judging began."""

    def is_due(self, error: BaseException | None) -> bool:
        """Tell whether there is something to judge.

        :param error: what the test has raised.
        """
        return self._execution.has_outputs and not isinstance(error, _UNJUDGED)

    async def run(self) -> None:
        """Ask the scorers; in the thread of the event loop."""
        execution = self._execution
        try:
            given = dict(self._context())
            self.given = given | {"baseline": cache(given["baseline"])}
            execution.captured()
            execution.keep_contents()
            context = ScoringContext(
                inputs=execution.inputs, outputs=execution.outputs, trace=execution.trace(), **self.given
            )
            await ask(self._scorers, context, self._answers)
        except Exception:  # whoever has not answered is asked when the item has its turn
            return

    def run_from_thread(self) -> None:
        """Do the same for a call in a thread."""
        judging = self.run()
        try:
            self._await(judging)
        except RuntimeError:  # the event loop is closed
            judging.close()
        except BaseException:  # cancelled, for one: the item asks again, where it has its turn after all
            return

    def broken_off(self, error: BaseException) -> None:
        """Give an error as the answer of those who were asked and are silent, as after a time limit."""
        if self.given is not None:
            self._answers = {each: Answer(each, error=error) for each in self._scorers} | self._answers

    def told(self, scorers: tuple[Scorer, ...]) -> tuple[Scorer, ...]:
        """Return scorers in their order; those that were asked only tell what they have answered."""
        known = self._answers
        return tuple(known[each].told() if each in known else each for each in scorers)
