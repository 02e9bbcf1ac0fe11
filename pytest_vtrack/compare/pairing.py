"""Pair the assessments of two runs in memory: what every other way of summing them must agree with."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev, variance
from typing import TypeAlias

from pytest_vtrack.compare.sums import sum_clusters, sum_pairs
from pytest_vtrack.model.assessment import RATIO_KINDS, MetricSpec, Value
from pytest_vtrack.model.comparison import ErrorSums, MetricSums, PairSums, SideCounts, TrialSums


@dataclass(frozen=True, slots=True)
class Row:
    """One stored assessment: a metric's value, or error, for one trial of one case."""

    metric: MetricSpec
    case: Hashable
    """Equal on both sides where the cases pair (:class:`pytest_vtrack.model.run.CaseKey`)."""
    value: Value | None = None
    trial: int = 0
    error: str | None = None
    cluster: str | None = None
    """What the case shares with others that it depends on; the current run's word counts."""


@dataclass(slots=True)
class _Case:
    """The trials of one case under one metric."""

    rows: list[Row] = field(default_factory=list)

    @property
    def newest(self) -> Row:
        return max(self.rows, key=lambda row: row.trial)

    @property
    def has_value(self) -> bool:
        return any(row.value is not None for row in self.rows)

    @property
    def has_error(self) -> bool:
        return not self.has_value and self.newest.error is not None

    @property
    def label(self) -> str | None:
        """The category that the newest trial with one has."""
        labels = [(row.trial, row.value) for row in self.rows if isinstance(row.value, str)]
        return max(labels)[1] if labels else None

    def numbers(self, scale: Callable[[float], float] = float) -> list[float]:
        return [scale(row.value) for row in self.rows if isinstance(row.value, bool | int | float)]


_Side: TypeAlias = dict[Hashable, _Case]


def pair_runs(baseline: Iterable[Row], current: Iterable[Row]) -> tuple[MetricSums, ...]:
    """Sum up every metric of either run, in the order of their names."""
    before, now = _by_metric(baseline), _by_metric(current)
    return tuple(_metric_sums(name, before.get(name), now.get(name)) for name in sorted({*before, *now}))


def _by_metric(rows: Iterable[Row]) -> dict[str, _Side]:
    metrics: dict[str, _Side] = defaultdict(lambda: defaultdict(_Case))
    for row in rows:
        metrics[row.metric.name][row.case].rows.append(row)
    return metrics


def _metric_sums(name: str, before: _Side | None, now: _Side | None) -> MetricSums:
    if before is None or now is None:
        return MetricSums(name, _counts(before) if before else None, _counts(now) if now else None)
    shared = [case for case in before if case in now]
    pairs = [(before[case], now[case]) for case in shared if before[case].numbers() and now[case].numbers()]
    labels = [(before[case].label, now[case].label) for case in shared]
    labels = [pair for pair in labels if None not in pair]
    is_ratio = _takes_logarithms(before) and _takes_logarithms(now)
    return MetricSums(
        name,
        _counts(before),
        _counts(now),
        raw=_sum(pairs, float),
        log=_sum(pairs, math.log) if is_ratio else None,
        trials=_trial_sums(pairs, math.log if is_ratio else float),
        errors=_error_sums([(before[case], now[case]) for case in shared]),
        unpaired=len(_valued(before) ^ _valued(now)),
        clusters=len(set(_clusters(pairs))) if _is_clustered(pairs) else None,
        changed_labels=sum(first != second for first, second in labels),
        label_pairs=len(labels),
    )


_Pairs: TypeAlias = Sequence[tuple[_Case, _Case]]


def _sum(pairs: _Pairs, scale: Callable[[float], float]) -> PairSums:
    before = [fmean(first.numbers(scale)) for first, _ in pairs]
    now = [fmean(second.numbers(scale)) for _, second in pairs]
    return sum_clusters(before, now, _clusters(pairs)) if _is_clustered(pairs) else sum_pairs(before, now)


def _is_clustered(pairs: _Pairs) -> bool:
    return any(now.newest.cluster is not None for _, now in pairs)


def _clusters(pairs: _Pairs) -> list[Hashable]:
    """Return the cluster of each pair; a case without one is a cluster by itself."""
    return [now.newest.cluster if now.newest.cluster is not None else now.newest for _, now in pairs]


def _trial_sums(pairs: _Pairs, scale: Callable[[float], float]) -> TrialSums:
    repeated = [(first.numbers(scale), second.numbers(scale)) for first, second in pairs]
    repeated = [(first, second) for first, second in repeated if min(len(first), len(second)) > 1]
    return TrialSums(
        pairs=len(repeated),
        variance_sum=math.fsum(variance(side) / len(side) for pair in repeated for side in pair),
        baseline_trials=sum(len(first) for first, _ in repeated),
        current_trials=sum(len(second) for _, second in repeated),
    )


def _error_sums(shared: _Pairs) -> ErrorSums:
    lost = [fmean(before.numbers()) for before, now in shared if now.has_error and before.numbers()]
    won = [fmean(now.numbers()) for before, now in shared if before.has_error and now.numbers()]
    return ErrorSums(
        current=len(lost),
        current_sum=math.fsum(lost),
        current_sum2=math.fsum(value * value for value in lost),
        baseline=len(won),
        baseline_sum=math.fsum(won),
        baseline_sum2=math.fsum(value * value for value in won),
    )


def _counts(side: _Side) -> SideCounts:
    rows = [row for case in side.values() for row in case.rows]
    numbers = [number for case in side.values() for number in case.numbers()]
    bools = sum(isinstance(row.value, bool) for row in rows)
    return SideCounts(
        spec=rows[-1].metric,
        cases=len(_valued(side)),
        bools=bools,
        numbers=len(numbers) - bools,
        labels=sum(isinstance(row.value, str) for row in rows),
        errors=sum(case.has_error for case in side.values()),
        minimum=min(numbers, default=None),
        maximum=max(numbers, default=None),
        mean=_mean(side) if numbers else None,
        standard_error=_standard_error(side),
    )


def _standard_error(side: _Side) -> float | None:
    """Return the standard error of the mean over cases; a geometric mean has none here."""
    values = [fmean(case.numbers()) for case in side.values() if case.numbers()]
    return None if len(values) < 2 or _takes_logarithms(side) else stdev(values) / math.sqrt(len(values))


def _mean(side: _Side) -> float:
    """Return the mean over cases of the mean over trials, geometric where the metric compares by a factor."""
    if _takes_logarithms(side):
        return math.exp(fmean(fmean(case.numbers(math.log)) for case in side.values() if case.numbers()))
    return fmean(fmean(case.numbers()) for case in side.values() if case.numbers())


def _takes_logarithms(side: _Side) -> bool:
    rows = [row for case in side.values() for row in case.rows]
    values = [number for case in side.values() for number in case.numbers()]
    return rows[-1].metric.kind in RATIO_KINDS and all(value > 0 for value in values)


def _valued(side: _Side) -> set[Hashable]:
    return {case for case, trials in side.items() if trials.has_value}
