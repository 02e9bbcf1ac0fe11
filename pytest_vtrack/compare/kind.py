"""Whether two runs measured the same thing, and of what kind it is."""

from __future__ import annotations

import math

from pytest_vtrack.compare.reasons import Reason
from pytest_vtrack.model.assessment import Kind
from pytest_vtrack.model.comparison import MetricSums, SideCounts


def obstacle(sums: MetricSums) -> Reason | None:
    """Return why the two sides cannot be compared, or ``None``."""
    if sums.baseline is None:
        return "new_metric"
    if sums.current is None:
        return "gone_metric"
    before, now = sums.baseline.spec, sums.current.spec
    if before.fingerprint != now.fingerprint:
        return "fingerprint"
    if before.better != now.better:
        return "direction"
    if before.bounds != now.bounds:
        return "bounds"
    if metric_kind(sums) is None and sums.baseline.cases and sums.current.cases:
        return "kind"
    if not (sums.raw.n or sums.label_pairs):
        return "no_pairs"
    return None if math.isfinite(sums.raw.s2 + sums.raw.baseline_sum2) else "overflow"


def metric_kind(sums: MetricSums) -> Kind | None:
    """Return the declared kind, else the one that the values of both sides show.

    ``None``: the sides disagree, or there is no value to read it from. Under a declared kind booleans may
    stand among numbers: they count as 0 and 1.
    """
    one, other = sums.baseline or sums.current, sums.current or sums.baseline
    if one is None or other is None or one.spec.kind != other.spec.kind:
        return None
    kind = one.spec.kind
    if kind is None:
        return _shown_kind(one, other)
    labels, others = one.labels or other.labels, one.bools or one.numbers or other.bools or other.numbers
    return None if (others if kind == "category" else labels) else kind


def value_bounds(kind: Kind | None, declared: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the lowest and highest possible value; ``None`` where there is no limit."""
    if declared and declared[0] < declared[1]:
        return declared
    return (0.0, 1.0) if kind in ("bool", "score") else None


def _shown_kind(one: SideCounts, other: SideCounts) -> Kind | None:
    bools, numbers, labels = (
        one.bools or other.bools,
        one.numbers or other.numbers,
        one.labels or other.labels,
    )
    if bool(bools) + bool(numbers) + bool(labels) != 1:
        return None
    if numbers:
        return _number_kind(one, other)
    return "bool" if bools else "category"


def _number_kind(one: SideCounts, other: SideCounts) -> Kind:
    if value_bounds(None, one.spec.bounds):
        return "bounded"
    lows = [side.minimum for side in (one, other) if side.minimum is not None]
    highs = [side.maximum for side in (one, other) if side.maximum is not None]
    return "score" if lows and min(lows) >= 0 and max(highs) <= 1 else "number"
