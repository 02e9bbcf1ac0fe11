"""The plus-two interval: what a mean difference over pairs plausibly is, in closed form for every kind."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_vtrack.compare.tails import t_critical, t_tail
from pytest_vtrack.model.comparison import PairSums


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference, its plausible range, and how well chance alone explains it."""

    effect: float
    """The plain mean of the differences: what is shown."""
    centre: float
    """The mean with the two added cases: what the range lies around."""
    se: float
    df: int
    low: float
    high: float
    p_worse: float
    """Chance of differences this negative if the true mean were zero."""
    p_better: float


def plus_two(pairs: PairSums, alpha: float) -> Interval:
    """Add one imaginary case as bad and one as good as a typical changed case, then take a t interval.

    For booleans with one trial this is the adjusted Wald interval of Bonett and Price (2012), but for a t
    quantile and N - 1 in the variance; for dense scores it is nearly the paired t interval. ``high < 0``
    and ``p_worse < alpha`` always say the same.

    :param pairs: sums signed so that negative is worse; at least one pair has changed.
    :param alpha: the error allowed on each side of the range.
    """
    typical_square = pairs.s2 / pairs.changed
    cases = pairs.n + 2
    df = cases - 1
    centre = pairs.s1 / cases
    variance = (pairs.s2 + 2 * typical_square - cases * centre * centre) / df
    se = math.sqrt(variance / cases)
    reach = t_critical(alpha, df) * se
    smaller = t_tail(abs(centre) / se, df)
    larger = 1 - smaller
    return Interval(
        effect=pairs.s1 / pairs.n,
        centre=centre,
        se=se,
        df=df,
        low=centre - reach,
        high=centre + reach,
        p_worse=smaller if centre < 0 else larger,
        p_better=larger if centre < 0 else smaller,
    )
