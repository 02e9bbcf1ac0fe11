"""What may be declared about a scorer's metric; every value is checked, since nothing type-checks tests."""

from __future__ import annotations

import math
from typing import TypeGuard, cast, get_args

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import (
    COMPLETED,
    LATENCY,
    PASSED,
    RATIO_KINDS,
    Direction,
    Kind,
    MetricSpec,
)

RESERVED = frozenset({PASSED.name, COMPLETED.name, LATENCY.name})
"""Metrics that are measured without a scorer."""


def declared_metric(
    fingerprint: str,
    where: str,
    *,
    name: object,
    better: object = None,
    tolerance: object = None,
    bounds: object = None,
    kind: object = None,
    gate: object = None,
    must_pass: object = False,
    version: object = None,
) -> MetricSpec:
    """Return the metric that these values declare; ``version`` takes the place of the fingerprint.

    :raises ScorerError: a value is not allowed.
    """
    name = check_metric_name(name, where=where)
    where = f"{where}: scorer {name!r}"
    _check_choice(where, "kind", kind, get_args(Kind))
    _check_choice(where, "better", better, get_args(Direction))
    if version is not None and (isinstance(version, bool) or not isinstance(version, (str, int))):
        raise ScorerError(f"{where}: version={version!r} must be a text or a whole number")
    return MetricSpec(
        name,
        fingerprint if version is None else f"version:{version}",
        better=cast("Direction", better or ("lower" if kind in RATIO_KINDS else "higher")),
        tolerance=_checked_tolerance(where, tolerance),
        bounds=_checked_bounds(where, bounds),
        kind=cast("Kind | None", kind),
        gate=kind not in RATIO_KINDS if gate is None else checked_flag(where, "gate", gate),
        must_pass=checked_flag(where, "must_pass", must_pass),
    )


def check_metric_name(name: object, *, where: str) -> str:
    """Return the name of a metric as it was given.

    :raises ScorerError: it is empty, cannot stand in ``metric = tolerance`` lines, or is reserved.
    """
    if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
        raise ScorerError(
            f"{where}: name={name!r} cannot name a metric; give printable text without space around it"
        )
    if "=" in name:
        raise ScorerError(f"{where}: name={name!r} cannot name a metric: it may not contain '='")
    if name in RESERVED:
        raise ScorerError(
            f"{where}: the name {name!r} is taken: {', '.join(sorted(RESERVED))} are measured without a "
            "scorer; choose another with name=…"
        )
    return name


def _check_choice(where: str, what: str, value: object, allowed: tuple[str, ...]) -> None:
    if value is not None and not (isinstance(value, str) and value in allowed):
        raise ScorerError(f"{where}: {what}={value!r} must be one of {', '.join(map(repr, allowed))}")


def checked_flag(where: str, what: str, value: object) -> bool:
    """Return a declared flag as it was given.

    :raises ScorerError: it is neither True nor False.
    """
    if isinstance(value, bool):
        return value
    raise ScorerError(f"{where}: {what}={value!r} must be True or False")


def _checked_tolerance(where: str, tolerance: object) -> float | None:
    if tolerance is None:
        return None
    if _is_finite(tolerance) and tolerance >= 0:
        return float(tolerance)
    raise ScorerError(
        f"{where}: tolerance={tolerance!r} must be a finite number from 0 up, in the metric's own unit "
        "(for latency, cost and tokens a share: 0.1 is 10 %)"
    )


def _checked_bounds(where: str, bounds: object) -> tuple[float, float] | None:
    if bounds is None:
        return None
    if isinstance(bounds, (tuple, list)) and len(bounds) == 2:
        low, high = bounds
        if _is_finite(low) and _is_finite(high) and low < high:
            return float(low), float(high)
    raise ScorerError(f"{where}: bounds={bounds!r} must be two finite numbers, the lowest value first")


def _is_finite(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
