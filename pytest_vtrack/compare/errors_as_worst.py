"""What would be decided if a missing value were the worst one: errors must not improve a metric."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from pytest_vtrack.compare.difference import Difference, spec_of
from pytest_vtrack.compare.kind import value_bounds
from pytest_vtrack.model.comparison import MetricSums, SideCounts


class _Losses(NamedTuple):
    """How far values stand from the worst value, summed."""

    cases: int
    total: float
    squares: float

    def changed(self, reach: float) -> int:
        """Count the values that are not the worst already; exact for booleans, else a lower bound."""
        return math.ceil(self.squares / reach**2 - 1e-9) if reach else 0


def with_errors_as_worst(plain: Difference, sums: MetricSums) -> Difference:
    """Return the differences with each error counted as the worst value (the worst seen, without bounds).

    An error on either side adds a pair; where pairs are clusters it counts as a cluster of its own.
    """
    errors = sums.errors
    if not (errors.current or errors.baseline):
        return plain
    worst, best = _extremes(plain, sums)
    lost = _losses(errors.current, errors.current_sum, errors.current_sum2, worst, ratio=plain.ratio)
    won = _losses(errors.baseline, errors.baseline_sum, errors.baseline_sum2, worst, ratio=plain.ratio)
    reach, added, pairs = abs(worst - best), lost.cases + won.cases, plain.pairs
    weight = (pairs.n + added) / (plain.cases + added)  # 1 without clusters
    rescale = weight * plain.cases / pairs.n
    combined = replace(
        pairs,
        n=pairs.n + added,
        s1=rescale * pairs.s1 + weight * (won.total - lost.total),
        s2=rescale**2 * pairs.s2 + weight**2 * (won.squares + lost.squares),
        up=pairs.up + won.changed(reach),
        down=pairs.down + lost.changed(reach),
    )
    return replace(plain, pairs=combined, cases=plain.cases + added)


def _extremes(plain: Difference, sums: MetricSums) -> tuple[float, float]:
    """Return the worst and the best value, possible or seen, on the scale of the effect."""
    bounds = value_bounds(plain.kind, spec_of(sums).bounds)
    low, high = bounds if bounds and not plain.ratio else _seen(sums.baseline, sums.current)
    if plain.ratio:
        low, high = math.log(low), math.log(high)
    return (low, high) if plain.direction == "higher" else (high, low)


def _seen(*sides: SideCounts | None) -> tuple[float, float]:
    known = [side for side in sides if side]
    lows = [side.minimum for side in known if side.minimum is not None]
    highs = [side.maximum for side in known if side.maximum is not None]
    return min(lows, default=1.0), max(highs, default=1.0)


def _losses(cases: int, total: float, squares: float, worst: float, *, ratio: bool) -> _Losses:
    """Return how far from the worst the values are whose partner is an error."""
    if not cases:
        return _Losses(0, 0.0, 0.0)
    if ratio:  # the sums are plain, so that each value stands for the logarithm of their mean
        typical = math.log(total / cases)
        total, squares = cases * typical, cases * typical**2
    around_worst = squares - 2 * worst * total + cases * worst**2
    return _Losses(cases, abs(total - cases * worst), max(around_worst, 0.0))
