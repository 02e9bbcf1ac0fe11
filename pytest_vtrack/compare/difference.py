"""From the sums of two runs to the differences that the rule judges: signed, scaled, with their tolerance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_vtrack.compare.kind import metric_kind, value_bounds
from pytest_vtrack.compare.tolerance import Margin, margin
from pytest_vtrack.model.assessment import RATIO_KINDS, Direction, Kind, MetricSpec
from pytest_vtrack.model.comparison import MetricSums, PairSums
from pytest_vtrack.model.policy import Policy, Tolerance


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in one metric over the pairs of two runs; negative is worse."""

    kind: Kind
    direction: Direction
    ratio: bool
    """Whether the differences are logarithms of a factor."""
    pairs: PairSums
    """Signed so that negative is worse; the sums of either side keep their own sign."""
    cases: int
    """The paired cases; more than ``pairs.n`` where pairs are clusters."""
    width: float | None
    """Highest minus lowest possible value, in the unit of the effect."""
    margin: Margin


def difference(sums: MetricSums, policy: Policy) -> Difference:
    """Return the differences of a metric that has no obstacle and is not a category.

    Latency, cost and tokens are compared by their logarithms; where a value is not positive the whole
    metric falls back to plain differences, with the same percentage of the baseline's mean as tolerance.
    """
    kind, spec = metric_kind(sums), spec_of(sums)
    if kind is None:
        raise ValueError(f"metric {sums.name!r} has no kind; ask kind.obstacle() first")
    ratio = kind in RATIO_KINDS and sums.log is not None
    pairs = sums.log if ratio and sums.log else sums.raw
    bounds = None if ratio else value_bounds(kind, spec.bounds)
    width = bounds[1] - bounds[0] if bounds else None
    setting = policy.tolerances.get(sums.name) or _declared(spec)
    return Difference(
        kind=kind,
        direction=spec.better,
        ratio=ratio,
        pairs=negative_is_worse(pairs, spec.better),
        cases=paired_cases(sums),
        width=width,
        margin=margin(kind, pairs, width, setting, ratio=ratio),
    )


def negative_is_worse(pairs: PairSums, direction: Direction) -> PairSums:
    """Turn current - baseline around where lower values are better."""
    if direction == "higher":
        return pairs
    return replace(pairs, s1=-pairs.s1, up=pairs.down, down=pairs.up)


def spec_of(sums: MetricSums) -> MetricSpec:
    """Return what the metric is declared to be, by the current run where it has the metric."""
    side = sums.current or sums.baseline
    if side is None:
        raise ValueError(f"metric {sums.name!r} is in neither run")
    return side.spec


def paired_cases(sums: MetricSums) -> int:
    """Return the number of cases with a value on both sides, also where they were summed by cluster."""
    if sums.clusters is None or sums.baseline is None or sums.current is None:
        return sums.raw.n or sums.label_pairs
    return max((sums.baseline.cases + sums.current.cases - sums.unpaired) // 2, sums.raw.n)


def _declared(spec: MetricSpec) -> Tolerance | None:
    return None if spec.tolerance is None else Tolerance(spec.tolerance)
