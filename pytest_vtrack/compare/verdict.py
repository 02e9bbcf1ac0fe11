"""The rule for one metric: from its differences to a verdict, first match wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pytest_vtrack.compare.difference import Difference
from pytest_vtrack.compare.interval import Interval
from pytest_vtrack.compare.reasons import Reason, moved
from pytest_vtrack.model.comparison import MetricVerdict
from pytest_vtrack.model.policy import Evidence, Policy

FEWEST_CASES = 5
"""Below this many pairs nothing is called worse or better."""
FEWEST_FOR_OK = 30
"""With n cases nothing rarer than about 3 in n can be excluded, so fewer cannot show that all is well."""
MOST_UNPAIRED = 0.1
"""Where a larger share of the cases has a value on one side only, nothing is called ok or better."""


class Ruling(NamedTuple):
    """A verdict and why."""

    verdict: MetricVerdict
    reason: Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """What the differences of one metric say, before the rule reads it."""

    difference: Difference
    interval: Interval | None
    """``None`` where no pair has changed."""
    p_worse: float = 1.0
    """Adjusted for the metrics that were asked together with this one."""
    p_better: float = 1.0


def rule(finding: Finding, policy: Policy, *, level: float, fewest: int) -> Ruling:
    """Apply rules 2 to 7; rule 1 is :func:`pytest_vtrack.compare.kind.obstacle`.

    :param level: the error allowed for the adjusted p-values.
    :param fewest: the number of pairs below which nothing is decided.
    """
    difference, interval = finding.difference, finding.interval
    if interval is None:
        return Ruling("ok", "identical")
    if difference.pairs.n < fewest:
        return Ruling("not_sure", "too_few")
    tolerance = difference.margin.amount
    worse = interval.p_worse <= policy.alpha and finding.p_worse <= level
    better = interval.p_better <= policy.alpha and finding.p_better <= level
    if worse and _loses_enough(interval, tolerance, policy.evidence):
        return Ruling("worse", moved(difference.direction, worse=True))
    if better and _reaches(interval.effect, tolerance):
        return Ruling("better", moved(difference.direction, worse=False))
    if interval.low > -tolerance:
        enough = difference.pairs.n >= FEWEST_FOR_OK
        return Ruling("ok", "within_tolerance") if enough else Ruling("not_sure", "too_few")
    return Ruling("not_sure", "unclear_size" if worse or better else "chance")


def overruled(ruling: Ruling, *, errors_decide: bool, unpaired: float) -> Ruling:
    """Take back a verdict that rests on the cases left out.

    A ``worse`` stands whatever is unpaired: missing cases cannot take back what the pairs show.

    :param errors_decide: whether errors counted as the worst value give another verdict.
    :param unpaired: the share of cases that have a value on one side only.
    """
    if errors_decide:
        return Ruling("not_sure", "errors_decide")
    if unpaired > MOST_UNPAIRED and ruling.verdict in ("ok", "better"):
        return Ruling("not_sure", "unpaired")
    return ruling


def _loses_enough(interval: Interval, tolerance: float, evidence: Evidence) -> bool:
    if evidence == "beyond-tolerance":
        return interval.high < -tolerance
    return _reaches(-interval.effect, tolerance)


def _reaches(amount: float, tolerance: float) -> bool:
    """Compare with room for rounding: three of 150 cases is a drop of two points."""
    return amount >= tolerance - 1e-9 * abs(tolerance)
