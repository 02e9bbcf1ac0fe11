"""Whether two runs measured the same thing, and of what kind it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

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
    sides = [side for side in (sums.baseline, sums.current) if side is not None]
    declared = {side.spec.kind for side in sides}
    if len(declared) > 1:
        return None
    kind = declared.pop()
    if kind is None:
        return _shown_kind(sides)
    allowed = {"label"} if kind == "category" else {"bool", "number"}
    return kind if _value_types(sides) <= allowed else None


def value_bounds(kind: Kind | None, declared: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the lowest and highest possible value; ``None`` where there is no limit."""
    if declared and declared[0] < declared[1]:
        return declared
    return (0.0, 1.0) if kind in ("bool", "score") else None


def _shown_kind(sides: Sequence[SideCounts]) -> Kind | None:
    match sorted(_value_types(sides)):
        case ["bool"]:
            return "bool"
        case ["label"]:
            return "category"
        case ["number"]:
            return _number_kind(sides)
    return None


def _number_kind(sides: Sequence[SideCounts]) -> Kind:
    if value_bounds(None, sides[0].spec.bounds):
        return "bounded"
    lows = [side.minimum for side in sides if side.minimum is not None]
    highs = [side.maximum for side in sides if side.maximum is not None]
    return "score" if lows and min(lows) >= 0 and max(highs) <= 1 else "number"


def _value_types(sides: Sequence[SideCounts]) -> set[Literal["bool", "number", "label"]]:
    types: set[Literal["bool", "number", "label"]] = set()
    for side in sides:
        types |= {"bool"} if side.bools else set()
        types |= {"number"} if side.numbers else set()
        types |= {"label"} if side.labels else set()
    return types
