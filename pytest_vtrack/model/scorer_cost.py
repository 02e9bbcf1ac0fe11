"""What scorers say that their own paid calls have cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_KEYS = ("judge.cost", "cost")
"""In the metadata of an assessment: of this project's judges, and of those of other libraries."""


def said_cost(metadata: Mapping[str, Any]) -> float:
    """Return the cost that stands in the metadata of an assessment, 0 where none does.

    What is no amount of money is none: below 0 it would make room for more calls, as NaN for any number.
    """
    for key in _KEYS:
        cost = metadata.get(key)
        if isinstance(cost, (int, float)) and not isinstance(cost, bool):
            return float(cost) if 0 <= cost < math.inf else 0.0
    return 0.0
