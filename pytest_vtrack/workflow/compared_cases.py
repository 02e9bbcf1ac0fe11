"""All cases of a comparison, read from the store side by side."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_vtrack.workflow.case_status import CaseStatuses
from pytest_vtrack.workflow.comparing import watched_metrics
from pytest_vtrack.workflow.paired_cases import Paired, name_of, paired_cases

if TYPE_CHECKING:
    from pytest_vtrack.model.comparison import Comparison
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.report.html.material import CasePair
    from pytest_vtrack.store.protocol import Store

_Renames = Mapping[tuple[str, str], str]
"""By dataset and test of the baseline, the test that runs the dataset now."""


class ComparedCases:
    """Can be read again and again; only one case of each run is held at a time.

    As in the comparison a dataset that exactly one test ran on each side pairs whatever the tests are called.
    """

    def __init__(self, store: Store, comparison: Comparison) -> None:
        self._store = store
        self._comparison = comparison
        self._statuses = CaseStatuses(watched_metrics(comparison.metrics), comparison.metrics)
        self._tests: tuple[_Tests, _Tests] = (defaultdict(set), defaultdict(set))
        self._renames: _Renames = {}

    def __iter__(self) -> Iterator[CasePair]:
        partial = self._comparison.current.status == "partial"
        current = self._store.results(self._comparison.current.id)
        for pair in paired_cases(self._baseline(), current):
            self._note_tests(pair)
            if pair.current or not partial:  # cases that were left out on purpose are not gone
                yield self._statuses.of(pair)

    def found_renames(self) -> bool:
        """Tell whether what was read last should be read again, because tests turned out to be renamed."""
        before, now = self._tests
        found = {
            (dataset, *old): next(iter(now[dataset]))
            for dataset, old in before.items()
            if dataset and len(old) == len(now.get(dataset, ())) == 1 and old != now[dataset]
        }
        is_news = bool(found) and not self._renames
        self._renames = {(dataset, old): new for (dataset, old), new in found.items()}
        return is_news

    def _note_tests(self, pair: Paired) -> None:
        for tests, trials in zip(self._tests, pair, strict=True):
            if trials:
                tests[trials[0].key.dataset].add(trials[0].key.test)

    def _baseline(self) -> Iterator[CaseResult]:
        """Return the baseline's results in the order of the names that their tests have now."""
        if not self._renames:
            return self._store.results(self._comparison.baseline.id)
        kept = self._of_test(None)
        return heapq.merge(kept, *(self._of_test(each) for each in self._renames), key=name_of)

    def _of_test(self, renamed: tuple[str, str] | None) -> Iterator[CaseResult]:
        """Return the results of one renamed test under its new name, or those of all other tests."""
        for result in self._store.results(self._comparison.baseline.id):
            slot = (result.key.dataset, result.key.test)
            if renamed is None and slot not in self._renames:
                yield result
            elif slot == renamed:
                yield replace(result, key=replace(result.key, test=self._renames[slot]))


_Tests = defaultdict[str, set[str]]
"""By dataset, the tests that ran it."""
