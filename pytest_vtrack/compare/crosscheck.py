"""Exact tests beside the decision: other assumptions, for the reader who asks whether they agree."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pytest_vtrack.compare.tails import binomial_mass, binomial_tail, normal_critical

MOST_FLIPS = 16
"""More changes than this have too many signs to try them all."""


def mcnemar_exact(worse: int, better: int) -> float:
    """Return the chance that this many changed cases or more went worse (McNemar 1947), one-sided."""
    return binomial_tail(worse, worse + better, 0.5)


def mcnemar_mid_p(worse: int, better: int) -> float:
    """Return the same with half the chance of exactly this many: less timid (Fagerland et al. 2013)."""
    return mcnemar_exact(worse, better) - binomial_mass(worse, worse + better, 0.5) / 2


def two_sided(p: float) -> float:
    """Return the chance of a change as large in either direction, for a one-sided p of a symmetric test."""
    return min(1.0, 2 * p)


def sign_flip(differences: Iterable[float]) -> float | None:
    """Return the share of sign changes with a sum as low as this one (Fisher 1935), one-sided.

    Exact where the two versions are interchangeable case by case. ``None`` with more than 16 changes.
    """
    changes = [difference for difference in differences if difference]
    if len(changes) > MOST_FLIPS:
        return None
    sums = [0.0]
    for size in map(abs, changes):
        sums = [total + signed for total in sums for signed in (-size, size)]
    limit = math.fsum(changes) + 1e-9 * math.fsum(map(abs, changes))  # equal sums may differ in the last bit
    return sum(total <= limit for total in sums) / len(sums)


def wilson(successes: int, cases: int, alpha: float) -> tuple[float, float] | None:
    """Return the plausible range of a share (Wilson 1927), ``alpha`` on each side; ``None`` without cases."""
    if not cases:
        return None
    z2 = normal_critical(alpha) ** 2
    centre = (successes + z2 / 2) / (cases + z2)
    spread = successes * (cases - successes) / cases + z2 / 4
    reach = math.sqrt(z2 * spread) / (cases + z2)
    return max(centre - reach, 0.0), min(centre + reach, 1.0)
