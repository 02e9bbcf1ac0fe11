"""Metrics that compare with the baseline already: their values stand against what no change would give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from pytest_vtrack.model.comparison import ErrorSums, MetricSums, PairSums, SideCounts, TrialSums

NO_CHANGE: Mapping[str, float] = {
    "builtin:unchanged/": 1.0,
    "builtin:regression_detector/": 0.0,
    "builtin:pairwise/": 0.0,
}
"""By how the fingerprint of a metric begins: its value where the baseline is compared with itself."""


def is_relative(sums: MetricSums) -> bool:
    """Tell whether a metric's values say how a case differs from the baseline."""
    return _no_change(sums) is not None


def against_no_change(sums: MetricSums, *, measured: bool) -> MetricSums:
    """Return the sums of a relative metric as if the baseline had the value of no change in every case.

    What the baseline's own run stored under the name was measured against another baseline: it does not
    count. Every difference is taken to be -1, 0 or 1, as it is with one trial; with more trials fewer cases
    count as changed, each by more, which widens the range. Other metrics are returned as they are.

    :param measured: whether the current run's values were measured against this very baseline; where they
        were not, there is nothing to compare.
    """
    expected, side = _no_change(sums), sums.current
    if expected is None or side is None:
        return sums
    if side.mean is None or not measured:
        return MetricSums(sums.name, None, side)
    baseline = SideCounts(
        side.spec,
        side.cases,
        bools=side.bools,
        numbers=side.numbers,
        minimum=expected,
        maximum=expected,
        mean=expected,
        standard_error=0.0 if side.cases > 1 else None,
    )
    errors = ErrorSums(side.errors, expected * side.errors, expected * expected * side.errors)
    return replace(
        MetricSums(sums.name, baseline, side),
        raw=_pairs(side, side.mean, expected),
        trials=TrialSums(),
        errors=errors,
    )


def _pairs(side: SideCounts, mean: float, expected: float) -> PairSums:
    n, d = side.cases, mean - expected
    spread = (side.standard_error or 0.0) ** 2 * n * (n - 1)
    s1, s2 = n * d, spread + n * d * d
    changed = math.ceil(s2 - 1e-9)
    up = min(changed, max(0, round((changed + s1) / 2)))
    values = (side.minimum, side.maximum)
    return PairSums(
        n=n,
        s1=s1,
        s2=s2,
        up=up,
        down=changed - up,
        baseline_sum=n * expected,
        baseline_sum2=n * expected * expected,
        current_sum=n * mean,
        largest=max((abs(value - expected) for value in values if value is not None), default=0.0),
    )


def _no_change(sums: MetricSums) -> float | None:
    if sums.current is None:
        return None
    fingerprint = sums.current.spec.fingerprint
    return next((value for start, value in NO_CHANGE.items() if fingerprint.startswith(start)), None)
