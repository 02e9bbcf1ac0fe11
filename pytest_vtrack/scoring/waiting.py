"""Scorers that wait, as for a model: those of many cases can be asked at once, before the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_vtrack.scoring.apart import called, is_async
from pytest_vtrack.scoring.outcome import outcome

if TYPE_CHECKING:
    from pytest_vtrack.scoring.protocol import Scorer
    from pytest_vtrack.scoring.runner import ScoringContext


def waits(scorer: Scorer) -> bool:
    """Tell whether a scorer is known to wait: it is asynchronous, paid, or has a time limit or retries."""
    return scorer.paid or is_async(scorer.function)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scorer returned, or raised."""

    scorer: Scorer
    result: Any = None
    error: BaseException | None = None

    def told(self) -> Scorer:
        """Return a scorer of the same metric that gives this answer, and asks for nothing."""
        return replace(self.scorer, function=self._given, parameters=())

    def _given(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


async def ask(scorers: Iterable[Scorer], context: ScoringContext, answers: dict[Scorer, Answer]) -> None:
    """Ask scorers, all at once, and put down each answer as it comes; an error is one, too.

    What is not asynchronous runs in threads. The baseline is read in the thread of the event loop.

    :param answers: stays as far as it is when the task is cancelled.
    """
    import asyncio

    asked = (_answered(scorer, context, answers) for scorer in scorers)
    await asyncio.gather(*asked, return_exceptions=True)


async def _answered(scorer: Scorer, context: ScoringContext, answers: dict[Scorer, Answer]) -> None:
    answers[scorer] = Answer(scorer, *await outcome(_asked(scorer, context)))


async def _asked(scorer: Scorer, context: ScoringContext) -> Any:
    compared = context.beside_baseline() if scorer.needs_baseline else {}
    given = {
        name: compared[name] if name in compared else getattr(context, name) for name in scorer.parameters
    }
    return await called(scorer.function, given)
