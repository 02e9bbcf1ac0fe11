"""Products of values that may be very small: PostgreSQL refuses those that it cannot tell from zero."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import LARGEST

_SMALLEST = 1 / LARGEST
_ROUNDING = 1e-12
"""Up to this part of a value, or of one, a difference is no difference."""


def square(x: Any) -> Any:
    """Return the square of an expression, 0 where it is next to nothing."""
    return sa.case((sa.or_(x > _SMALLEST, x < -_SMALLEST), x * x), else_=0.0)


def rounding_of(value: Any) -> Any:
    """Return up to which size a difference from a value may come from rounding."""
    size = sa.func.abs(value)
    return sa.case((size > 1.0, size * _ROUNDING), else_=_ROUNDING)
