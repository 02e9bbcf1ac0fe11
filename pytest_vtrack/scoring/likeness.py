"""When two values count as the same."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from pytest_vtrack.model import payload

_NUMBER = re.compile(
    r"(?<![\w.,])[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?![.,]?\d)"
)


def as_text(value: Any) -> str:
    """Return a text as it is, anything else as JSON writes it."""
    return value if isinstance(value, str) else payload.encode(value, "value").text


def as_number(value: Any) -> float | None:
    """Return a number, or the only number in a text; ``None`` where there is none, or several."""
    if isinstance(value, str):
        found = _NUMBER.findall(value.replace("\N{MINUS SIGN}", "-"))
        value = float(found[0].replace(",", "")) if len(found) == 1 else None
    if value is None or isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def same_value(a: Any, b: Any) -> bool:
    """Compare as JSON does: ``true`` is no number, a tuple is a list, keys have no order."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same_value, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
