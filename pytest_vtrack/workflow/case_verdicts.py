"""What the trials of each changed case say by themselves: regressed, fixed, flaky or only changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_vtrack.compare.casewise import CaseFinding, Passes, boolean_case, confirmed, numeric_case

if TYPE_CHECKING:
    from pytest_vtrack.model.comparison import CaseChange, MetricResult, ValueChange
    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.store.protocol import Store

MOST_NUMERIC = 100
"""Of how many cases with repeated numbers the single trials are read."""

_ONE_TRIAL = CaseFinding("changed")


class CaseJudge:
    """Judges the changed cases of one comparison.

    :param results: the decided metrics, for their kinds, directions and tolerances.
    """

    def __init__(self, store: Store, baseline: Run, current: Run, results: Sequence[MetricResult]) -> None:
        self._store = store
        self._sides = (baseline, current)
        self._results: Mapping[str, MetricResult] = {result.name: result for result in results}
        self._numeric_left = MOST_NUMERIC

    def judged(self, changes: Sequence[CaseChange], *, of: int) -> tuple[CaseChange, ...]:
        """Return the changes with the verdict of their trials.

        :param of: how many cases were compared; each was looked at, changed or not.
        """
        findings = [self._finding(change) for change in changes]
        sure = confirmed([finding.p for finding in findings], of=of)
        return tuple(
            change
            if change.verdict == "error"
            else replace(change, verdict=finding.verdict, confirmed=stands)
            for change, finding, stands in zip(changes, findings, sure, strict=True)
        )

    def _finding(self, change: CaseChange) -> CaseFinding:
        """Return what the value says that moved most; a case without a value is an error already."""
        if change.verdict == "error" or not change.values:
            return CaseFinding("error")
        value = max(change.values, key=lambda each: abs(each.loss))
        result = self._results.get(value.metric)
        if result is None or min(value.baseline_trials, value.current_trials) < 2:
            return _ONE_TRIAL
        if result.kind == "bool":
            return boolean_case(
                _passes(value.baseline, value.baseline_trials), _passes(value.current, value.current_trials)
            )
        return self._numeric(change, value, result)

    def _numeric(self, change: CaseChange, value: ValueChange, result: MetricResult) -> CaseFinding:
        if self._numeric_left == 0 or change.key is None:
            return _ONE_TRIAL
        self._numeric_left -= 1
        baseline, current = (
            _numbers(self._store.case_results(run.id, change.key), value.metric) for run in self._sides
        )
        if not (baseline and current):  # a renamed test is stored under another key
            return _ONE_TRIAL
        return numeric_case(baseline, current, tolerance=result.tolerance or 0.0, direction=result.direction)


def _passes(mean: object, trials: int) -> Passes:
    return Passes(round(float(mean) * trials) if isinstance(mean, (bool, int, float)) else 0, trials)


def _numbers(results: Sequence[CaseResult], metric: str) -> list[float]:
    return [
        float(each.value)
        for result in results
        for each in result.assessments
        if each.metric.name == metric and isinstance(each.value, (int, float))
    ]
