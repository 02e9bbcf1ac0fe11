"""What a session stores of a run that other sessions fill at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_vtrack.workflow.resuming import is_finished, same_call

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseKey, CaseResult
    from pytest_vtrack.model.stored_trial import StoredTrial

_Trial = tuple["CaseKey", int]


@dataclass(slots=True)
class OwnTrials:
    """The trials of one session, and those that stay as another one had stored them."""

    kept: set[_Trial] = field(default_factory=set)
    _later: dict[_Trial, int] = field(default_factory=dict)
    """Of the session's own: by how much their attempts come later than the session counts."""
    _chosen: dict[_Trial, int | None] = field(default_factory=dict)

    def choose(self, there: StoredTrial, fresh: Sequence[CaseResult]) -> Sequence[CaseResult]:
        """Return what of a trial is to be stored: nothing where another session's result has finished.

        Beside one that has not, the session's own is a later attempt. What counts is said by :meth:`stored`.
        """
        trial = fresh[0].key, fresh[0].trial
        later, fresh = self._place(trial, there, fresh)
        self._chosen[trial] = later
        if later is None:
            return []
        return [replace(each, attempt=each.attempt + later) for each in fresh]

    def stored(self, results: Iterable[CaseResult]) -> None:
        """Take note that results are stored as they were chosen last."""
        for result in results:
            trial = result.key, result.trial
            later = self._chosen.get(trial, 0)
            if later is None:
                self.kept.add(trial)
            else:
                self._later[trial] = later
        self._chosen.clear()

    def _place(
        self, trial: _Trial, there: StoredTrial, fresh: Sequence[CaseResult]
    ) -> tuple[int | None, Sequence[CaseResult]]:
        """Return by how much attempts come later, ``None`` where another's stays, and what to store."""
        if trial in self._later:
            return self._later[trial], fresh
        for place, each in enumerate(fresh):
            if same_call(each, there):  # stored, and then the connection was lost
                return there.attempt - each.attempt, fresh[place + 1 :]
        if there.counts and is_finished(there):
            return None, []
        return max(there.attempt + 1 - fresh[0].attempt, 0), fresh
