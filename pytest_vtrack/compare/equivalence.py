"""Proof of sameness: a restored version behaves as before, and a flag does what it did before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pytest_vtrack.compare.sums import sum_pairs
from pytest_vtrack.compare.verdict import FEWEST_FOR_OK
from pytest_vtrack.model.comparison import MetricResult, PairSums

Equivalence = Literal["equivalent", "differs", "inconclusive"]


def equivalence(result: MetricResult) -> Equivalence:
    """Tell whether two versions are the same within the tolerance, in both directions.

    Two one-sided tests (Schuirmann 1987) read off the plausible range: all of it must lie within the
    tolerance, over at least 30 pairs. Not being called worse is not enough: that may be lack of cases.
    """
    if result.reason == "identical":
        return "equivalent"
    if result.verdict in ("worse", "better"):
        return "differs"
    if result.low is None or result.high is None or result.tolerance is None:
        return "inconclusive"
    within = -result.tolerance < result.low and result.high < result.tolerance
    return "equivalent" if within and result.pairs >= FEWEST_FOR_OK else "inconclusive"


def difference_in_differences(
    baseline_off: Mapping[str, float],
    baseline_on: Mapping[str, float],
    current_off: Mapping[str, float],
    current_on: Mapping[str, float],
) -> PairSums:
    """Sum up how a flag's effect changed between two versions, over the cases that all four runs have.

    The values are one metric by case (logarithms for latency, cost, tokens). Decide the sums as those of any
    metric; they need about twice the cases of a plain comparison, as four runs bring twice the noise.
    """
    cases = sorted(baseline_off.keys() & baseline_on.keys() & current_off.keys() & current_on.keys())
    before = [baseline_on[case] - baseline_off[case] for case in cases]
    now = [current_on[case] - current_off[case] for case in cases]
    return sum_pairs(before, now)
