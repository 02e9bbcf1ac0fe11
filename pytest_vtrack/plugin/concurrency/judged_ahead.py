"""Which scorers of a test are asked ahead of its items: those that wait.

Those that only compute have their turn with the item: in the event loop they would hold up other cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_vtrack.plugin.judging import Judging
from pytest_vtrack.scoring.waiting import waits

if TYPE_CHECKING:
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.trial import Trial
    from pytest_vtrack.scoring.protocol import Scorer


class JudgedAhead:
    """Prepares the judging of those trials whose tests have scorers that wait."""

    def __init__(self, context: Callable[[Trial], Mapping[str, Any]], await_: Await) -> None:
        """Remember what scorers are given.

        :param context: returns what those of a trial may ask for besides outputs and trace.
        :param await_: awaits from any thread, in the session's event loop.
        """
        self._context = context
        self._await = await_
        self._waiting: dict[tuple[Scorer, ...], tuple[Scorer, ...]] = {}

    def prepare(self, trial: Trial) -> Judging | None:
        """Return what judges a trial as part of its call, where something does; its item finds it, too."""
        scorers = trial.slot.test.scorers
        if scorers not in self._waiting:
            self._waiting[scorers] = tuple(filter(waits, scorers))
        if waiting := self._waiting[scorers]:
            context = partial(self._context, trial)
            trial.judging = Judging(trial.execution, waiting, context, self._await)
        return trial.judging
