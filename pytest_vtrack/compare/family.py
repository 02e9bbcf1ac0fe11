"""Several questions asked at once: raise the bar so that chance does not answer one of them."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of any false alarm among them stays below the level (Holm 1979)."""
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(_ascending(p_values)):
        highest = max(highest, p_values[index] * (len(p_values) - rank))
        adjusted[index] = min(highest, 1.0)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float], *, of: int | None = None) -> list[float]:
    """Adjust p-values so that the expected share of false alarms among the alarms stays below the level.

    :param of: how many were looked at, where ``p_values`` leaves out some that are larger than all of these.
    """
    number = max(of or 0, len(p_values))
    adjusted = [1.0] * len(p_values)
    lowest = 1.0
    for rank, index in reversed(list(enumerate(_ascending(p_values), start=1))):
        lowest = min(lowest, p_values[index] * (number / rank))
        adjusted[index] = lowest
    return adjusted


def unadjusted(p_values: Sequence[float]) -> list[float]:
    """Return the p-values as they are: each question is judged by itself."""
    return list(p_values)


def _ascending(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=p_values.__getitem__)
