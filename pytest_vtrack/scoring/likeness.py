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


_PLAIN = (Mapping, str, bool, int, float, list, tuple, type(None))


def as_stored(value: Any) -> Any:
    """Return a value as it is once it is stored: in JSON's own types."""
    return value if isinstance(value, str) else payload.decode(payload.encode(value, "value").text)


def as_record(value: Any) -> Any:
    """Return what JSON holds of an object with names or items (a dataclass, a model of pydantic, an array).

    Anything else is returned as it is: as JSON, an amount of money would be a text.
    """
    if isinstance(value, _PLAIN):
        return value
    stored = as_stored(value)
    is_described = isinstance(stored, dict) and any(name[:1] == "$" for name in stored)
    return stored if isinstance(stored, (dict, list)) and not is_described else value


def as_text(value: Any) -> str:
    """Return a text as it is, anything else as JSON writes it; what JSON writes as a text is that text."""
    stored = as_stored(value)
    return stored if isinstance(stored, str) else payload.encode(stored, "value").text


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
    a, b = as_record(a), as_record(b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same_value, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
