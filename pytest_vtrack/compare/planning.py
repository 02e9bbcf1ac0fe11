"""What would settle an open question, more cases or more trials, and what these pairs could have shown."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pytest_vtrack.compare.difference import Difference
from pytest_vtrack.compare.reasons import Reason
from pytest_vtrack.compare.tails import normal_critical
from pytest_vtrack.compare.verdict import FEWEST_FOR_OK
from pytest_vtrack.model.comparison import PairSums, TrialSums

POWER = 0.8
"""How often a plan shall lead to a verdict."""
_MOST_PAIRS = 10_000_000
_OPEN: frozenset[Reason] = frozenset({"too_few", "chance", "unclear_size"})

Advice = Literal["more cases", "more trials"]


class Plan(NamedTuple):
    """How to get a verdict where there is none."""

    needed_cases: int | None = None
    """Cases in all; ``None`` where nothing is open, or where these many were already enough and the change
    is simply about as large as the tolerance."""
    detectable: float | None = None
    advice: Advice | None = None


def plan(difference: Difference, reason: Reason, trials: TrialSums, alpha: float) -> Plan:
    """Say what these pairs could have shown, and where the verdict is open, what would settle it."""
    variance = sample_variance(difference.pairs)
    if not variance:
        return Plan(FEWEST_FOR_OK if reason == "too_few" else None)
    detectable = math.sqrt(effort(alpha) * variance / difference.pairs.n)
    if reason not in _OPEN:
        return Plan(detectable=detectable)
    return Plan(_needed_cases(difference, variance, alpha), detectable, advise(variance, trials))


def needed_pairs(variance: float, tolerance: float, alpha: float) -> int | None:
    """Return how many pairs show, with power .8, that nothing got worse by the tolerance when nothing did.

    6.18 V / m^2 at alpha .05. The same number finds a loss of exactly ``tolerance`` that often. ``None``
    beyond ten million: for a tolerance of nothing, or next to it, no number of cases is enough.
    """
    work = effort(alpha) * variance
    if work > tolerance**2 * _MOST_PAIRS:
        return None
    return max(math.ceil(work / tolerance**2), FEWEST_FOR_OK)


def effort(alpha: float) -> float:
    """Return (z_alpha + z_power)^2: the squared number of standard errors that a plan must cover."""
    return (normal_critical(alpha) + normal_critical(1 - POWER)) ** 2


def sample_variance(pairs: PairSums) -> float | None:
    """Return the variance of the differences over pairs, ``None`` for fewer than two."""
    if pairs.n < 2:
        return None
    return max(pairs.s2 - pairs.s1**2 / pairs.n, 0.0) / (pairs.n - 1)


def advise(variance: float, trials: TrialSums) -> Advice:
    """Advise more trials where noise between trials is most of the variance; unknown without repeats."""
    if trials.pairs and trials.variance_sum / trials.pairs > variance / 2:
        return "more trials"
    return "more cases"


def _needed_cases(difference: Difference, variance: float, alpha: float) -> int | None:
    pairs = needed_pairs(variance, difference.margin.amount, alpha)
    if pairs is None or pairs <= difference.pairs.n:
        return None
    return math.ceil(pairs * difference.cases / difference.pairs.n)  # a cluster has several cases
