"""Where bars and dots of the forest plot stand: each metric on the scale of its own tolerance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_vtrack.model.comparison import MetricResult

WIDTH, HEIGHT = 240, 28
_EDGE = 8
_LEAST, _MOST = 2.0, 12.0
"""How many tolerances are shown to each side of no change."""


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One metric as positions on the drawing; worse is left of the middle."""

    low: float
    dot: float
    high: float
    band: tuple[float, float]
    """What is allowed, from left to right."""
    beyond_left: bool
    """Whether the range goes on where the drawing ends."""
    beyond_right: bool


def scale_of(results: Iterable[MetricResult]) -> float:
    """Return how many tolerances the drawing shows to each side, so that most rows fit."""
    ends = [abs(end) / unit for one in results if (unit := _unit(one)) for end in (one.low, one.high) if end]
    return min(max([_LEAST, *ends]) * 1.05, _MOST)


def forest_row(result: MetricResult, scale: float) -> ForestRow | None:
    """Return where a metric's change stands; ``None`` where there is none, or no range.

    :param scale: see :func:`scale_of`.
    """
    unit = _unit(result)
    if not unit or result.effect is None or result.low is None or result.high is None:
        return None
    low, high, tolerance = result.low / unit, result.high / unit, (result.tolerance or 0.0) / unit
    return ForestRow(
        low=_x(low, scale),
        dot=_x(result.effect / unit, scale),
        high=_x(high, scale),
        band=(_x(-tolerance, scale), _x(tolerance, scale)),
        beyond_left=low < -scale,
        beyond_right=high > scale,
    )


def _unit(result: MetricResult) -> float:
    """Return the metric's tolerance; where no loss is allowed, a third of the larger end."""
    if result.tolerance:
        return result.tolerance
    ends = [abs(end) for end in (result.low, result.high) if end]
    return max(ends, default=0.0) / 3


def _x(tolerances: float, scale: float) -> float:
    inside = max(-1.0, min(1.0, tolerances / scale))
    return round(WIDTH / 2 + inside * (WIDTH / 2 - _EDGE), 1)
