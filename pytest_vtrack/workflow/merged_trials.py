"""Which attempts of a trial a merge stores, where its target has some already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_vtrack.workflow.resuming import is_finished, same_call

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseKey, CaseResult
    from pytest_vtrack.model.stored_trial import StoredTrial
    from pytest_vtrack.store.protocol import Store

Trial = tuple["CaseKey", int]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A case that two shards ran, with different results."""

    case_id: str
    trial: int
    kept: str
    """Where the result is from that counts."""
    other: str


@dataclass(slots=True)
class MergedTrials:
    """The trials of one run in the target, while sources are added one after the other."""

    target: Store
    run_id: str
    known: dict[Trial, StoredTrial]
    """What is stored there."""
    added: int = 0
    there: int = 0
    """Results that the target had already."""
    conflicts: list[Conflict] = field(default_factory=list)
    _origin: dict[Trial, str] = field(default_factory=dict)

    def take(self, attempts: Sequence[CaseResult], own: StoredTrial, source: str) -> list[CaseResult]:
        """Return what of a trial has to be stored, and know it from now on.

        Of two calls that differ it is the one that finished, else the first.

        :param attempts: all that a source has of the trial.
        :param own: the highest of them.
        :param source: what the user calls it.
        """
        trial = trial_of(attempts[-1])
        wanted = self._wanted(trial, attempts, own, source)
        if wanted:
            self.known[trial] = replace(own, attempt=wanted[-1].attempt)
            self._origin[trial] = source
            self.added += 1
        return wanted

    def _wanted(
        self, trial: Trial, attempts: Sequence[CaseResult], own: StoredTrial, source: str
    ) -> list[CaseResult]:
        there = self.known.get(trial)
        if there is None:
            return list(attempts)
        seen = self._seen(trial, attempts, there)
        if seen == len(attempts):
            self.there += 1
            return []
        if seen:  # the session went on since, ran the case again, or it was scored again
            later = there.attempt - attempts[seen - 1].attempt
            return [replace(each, attempt=each.attempt + later) for each in attempts[seen:]]
        before = self._origin.get(trial, "the store")
        counts = is_finished(own) and not is_finished(there)
        kept, other = (source, before) if counts else (before, source)
        self.conflicts.append(Conflict(trial[0].case_id, trial[1], kept, other))
        return [replace(attempts[-1], attempt=there.attempt + 1)] if counts else []

    def _seen(self, trial: Trial, attempts: Sequence[CaseResult], there: StoredTrial) -> int:
        """Return how many attempts of a trial the target has; 0 where it has none of their calls.

        A call that was scored again is several attempts, which only their answers tell apart.
        """
        same = [number for number, each in enumerate(attempts, start=1) if same_call(each, there)]
        if len(same) < 2:
            return sum(same)
        stored = self.target.trials_from_case(self.run_id, trial[0], limit=trial[1] + 1)
        said = {_answers(each) for found in stored if trial_of(found[-1]) == trial for each in found}
        return max((number for number in same if _answers(attempts[number - 1]) in said), default=same[0])


def trial_of(result: CaseResult) -> Trial:
    """Return what the attempts of one trial have in common."""
    return result.key, result.trial


def _answers(result: CaseResult) -> frozenset[tuple[object, ...]]:
    said = result.assessments
    return frozenset((each.metric.name, each.metric.fingerprint, each.value, each.error) for each in said)
