"""A run that a session is compared with, as the processes see it that score it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseKey, CaseResult, Run
    from pytest_vtrack.plugin.transport import Plain
    from pytest_vtrack.scoring.protocol import Scorer
    from pytest_vtrack.store.protocol import Store, StoredScores
    from pytest_vtrack.workflow.rescoring import MetricNames

_AHEAD = 50
"""How many trials are read with the one that is needed: the next cases are stored behind it."""
_KEPT = 1000


@dataclass
class TestScores:
    """What one test's scorers have to say about one stored run."""

    names: MetricNames
    scorers: list[Scorer]
    """Those that some trace lacks."""
    unproved: set[Scorer] = field(default_factory=set)
    """Those that have not shown yet that they say of what is stored what they say of what was returned."""
    done: set[CaseKey] = field(default_factory=set)


class StoredRun:
    """A run that the session is compared with, as this process reads it."""

    def __init__(
        self, store: Callable[[], Store], run_id: str, origin: str, scores: StoredScores | None = None
    ) -> None:
        """Name a run.

        :param store: opens the store, where more has to be known than the scores that are given.
        """
        self.id = run_id
        self.has_spans = origin != "file"
        self.tests: dict[tuple[str, str], TestScores] = {}
        self._store = store
        self._scores = scores
        self._read: OrderedDict[CaseKey, list[list[CaseResult]]] = OrderedDict()

    @property
    def scores(self) -> StoredScores:
        """Which metrics its tests have and lack, as it was when this process began."""
        if self._scores is None:
            self._scores = self._store().stored_scores(self.id)
        return self._scores

    def trials(self, key: CaseKey) -> list[list[CaseResult]]:
        """Return the trials of a case, each with all of its attempts."""
        if key not in self._read:
            self._read.update(self._from(key, _AHEAD))
        while len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return self._read.pop(key, [])

    def _from(self, key: CaseKey, limit: int) -> dict[CaseKey, list[list[CaseResult]]]:
        """Return a case and some that follow it, all of them whole."""
        found: dict[CaseKey, list[list[CaseResult]]] = {}
        trials = self._store().trials_from_case(self.id, key, limit=limit)
        for trial in trials:
            found.setdefault(trial[-1].key, []).append(trial)
        if len(trials) < limit:
            return found
        if len(found) == 1:
            return self._from(key, 2 * limit)
        del found[next(reversed(found))]  # there may be more trials of it
        return found


def told_to_workers(store: Store, runs: Mapping[str, Run]) -> Plain:
    """Return what is scored of each run, by its REF, so that no worker has to open the store for it."""
    told: Plain = {}
    for ref, run in runs.items():
        scores = store.stored_scores(run.id)
        lacking = [[*metric, sorted(tests)] for metric, tests in scores.lacking.items()]
        told[ref] = [run.id, run.origin, sorted(scores.tests), lacking]
    return told


def scores_of(tests: Sequence[str], lacking: Mapping[tuple[str, str], frozenset[str]]) -> StoredScores:
    """Return what was told of a run."""
    from pytest_vtrack.store.protocol import StoredScores

    return StoredScores(frozenset(tests), lacking)
