"""How much worse a metric may get, on the scale of its effect."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_vtrack.model.assessment import RATIO_KINDS, Kind
from pytest_vtrack.model.comparison import PairSums
from pytest_vtrack.model.policy import Tolerance

SHARE_OF_RANGE = 0.02
"""Default for booleans, scores and every metric with bounds: two points."""
SHARE_OF_SPREAD = 0.1
"""Default for numbers without bounds: a tenth of the baseline's standard deviation over cases."""
SHARE_OF_LATENCY = 0.10
SHARE_OF_SPENDING = 0.05
"""Default for cost and tokens."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A tolerance in the unit of the effect: the metric's own, or the logarithm of a factor."""

    amount: float
    assumed: bool = False
    """Whether nobody declared it, so that it is a default of the kind."""
    unusable: bool = False
    """Whether the setting is in points, and the metric has no range that a point could be a part of."""


def margin(
    kind: Kind, pairs: PairSums, width: float | None, setting: Tolerance | None, *, ratio: bool
) -> Margin:
    """Return the tolerance set by policy or scorer, else the default of the kind.

    :param width: highest minus lowest possible value, ``None`` without limits.
    :param setting: a plain amount is in the metric's unit, for latency, cost and tokens a share.
    :param ratio: whether effects are logarithms of a factor.
    """
    mean = abs(pairs.baseline_sum / pairs.n)
    if kind in RATIO_KINDS:
        share = _share(setting)
        amount = _default_share(kind) if share is None else share
        in_unit = math.log1p(amount) if ratio else amount * mean
        return Margin(in_unit, assumed=share is None, unusable=setting is not None and share is None)
    declared = _amount(setting, mean, width)
    if declared is not None:
        return Margin(declared)
    default = _spread(pairs) * SHARE_OF_SPREAD if width is None else width * SHARE_OF_RANGE
    return Margin(default, assumed=True, unusable=setting is not None)


def _share(setting: Tolerance | None) -> float | None:
    if setting is None or setting.unit == "pt":
        return None
    return setting.amount / 100 if setting.unit == "%" else setting.amount


def _amount(setting: Tolerance | None, mean: float, width: float | None) -> float | None:
    if setting is None:
        return None
    match setting.unit:
        case "plain":
            return setting.amount
        case "%":
            return setting.amount / 100 * mean
        case "pt":
            return None if width is None else setting.amount / 100 * width


def _default_share(kind: Kind) -> float:
    return SHARE_OF_LATENCY if kind == "latency" else SHARE_OF_SPENDING


def _spread(pairs: PairSums) -> float:
    """Return the baseline's standard deviation over cases."""
    if pairs.n < 2:
        return 0.0
    squares = pairs.baseline_sum2 - pairs.baseline_sum**2 / pairs.n
    return math.sqrt(max(squares, 0.0) / (pairs.n - 1))
