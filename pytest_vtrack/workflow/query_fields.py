"""The fields of a query for traces: their names, and which operators and values each takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta, tzinfo

from pytest_vtrack.errors import nearest
from pytest_vtrack.model.query import STATUSES, AllOf, AnyOf, Compare, Condition, Field, FieldKind, Operator
from pytest_vtrack.model.trace import SPAN_KINDS

PLAIN: tuple[FieldKind, ...] = (
    "version",
    "env",
    "run",
    "status",
    "duration",
    "time",
    "span.name",
    "span.kind",
    "text",
)
PREFIXED: tuple[FieldKind, ...] = ("tags", "flags")

_NULLABLE = ("tags", "flags", "metric", "span.name", "span.kind")
_EQUAL, _ORDER = ("=", "!="), ("<", "<=", ">", ">=")
_ALLOWED: dict[FieldKind, tuple[str, ...]] = {
    "version": (*_EQUAL, "~"),
    "env": (*_EQUAL, "~"),
    "run": _EQUAL,
    "status": _EQUAL,
    "duration": (*_EQUAL, *_ORDER),
    "time": (*_EQUAL, *_ORDER),
    "text": ("~",),
    "tags": (*_EQUAL, "~"),
    "flags": (*_EQUAL, "~"),
    "metric": (*_EQUAL, *_ORDER, "~"),
    "span.name": (*_EQUAL, "~"),
    "span.kind": _EQUAL,
}
_UNITS = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z]*)\Z")
_QUOTED = re.compile(r"\"((?:\\.|[^\"\\])*)\"\Z|'((?:\\.|[^'\\])*)'\Z")


class Unsuitable(ValueError):
    """A field, operator or value is not one that can stand there."""

    def __init__(self, message: str, *, of_operator: bool = False) -> None:
        super().__init__(message)
        self.of_operator = of_operator


def field_of(name: str, metrics: Collection[str]) -> Field:
    """Return the field that a name stands for.

    :raises Unsuitable: there is none; the nearest known names are in the text.
    """
    lower = name.lower()
    for plain in PLAIN:
        if lower == plain:
            return Field(plain)
    for prefix in PREFIXED:
        if lower.startswith(f"{prefix}.") and len(name) > len(prefix) + 1:
            return Field(prefix, _without_quotes(name[len(prefix) + 1 :]))
    metric = _without_quotes(name)
    if metric in metrics:
        return Field("metric", metric)
    known = [*PLAIN, *(f"{prefix}.NAME" for prefix in PREFIXED), *sorted(metrics)]
    raise Unsuitable(f"there is no field {name!r}; nearest: {', '.join(nearest(lower, known))}")


def nullable(field: Field) -> bool:
    """Tell whether a trace may lack the field."""
    return field.kind in _NULLABLE


def compared(field: Field, operator: str, value: str, *, quoted: bool, zone: tzinfo) -> Condition:
    """Return a comparison with the value as the field has it.

    :param quoted: whether the value stands in quotes, and so is a text.
    :raises Unsuitable: the field does not take the operator, or the value.
    """
    allowed = _ALLOWED[field.kind]
    if operator not in allowed:
        raise Unsuitable(f"{field.kind} takes {' '.join(allowed)}, not {operator}", of_operator=True)
    if field.kind == "time":
        return _time(field, operator, value, zone)
    convert = _CONVERT.get(field.kind)
    if field.kind == "metric":
        return Compare(field, _operator(operator), _metric_value(operator, value, quoted=quoted))
    return Compare(field, _operator(operator), convert(value) if convert else value)


def _operator(operator: str) -> Operator:
    return operator  # type: ignore[return-value]  # the grammar has no others


def _without_quotes(name: str) -> str:
    match = _QUOTED.match(name)
    return re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2]) if match else name


def _seconds(value: str) -> float:
    match = _NUMBER.match(value)
    unit = match[2].lower() or "s" if match else ""
    if match is None or unit not in _UNITS:
        raise Unsuitable(f"expected a duration like 250ms, 2s or 1.5m, found {value!r}")
    return float(match[1]) * _UNITS[unit]


def _one_of(names: Collection[str], what: str, change: Callable[[str], str]) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if change(value) not in names:
            raise Unsuitable(f"there is no {what} {value!r}; known: {', '.join(names)}")
        return change(value)

    return convert


_CONVERT: dict[FieldKind, Callable[[str], str | float]] = {
    "duration": _seconds,
    "status": _one_of(STATUSES, "status", str.lower),
    "span.kind": _one_of(SPAN_KINDS, "span kind", str.upper),
    "run": str.lower,
}


def _metric_value(operator: str, value: str, *, quoted: bool) -> str | float | bool:
    if quoted or operator == "~":
        number: str | float | bool = value
    elif value.lower() in ("true", "false"):
        number = value.lower() == "true"
    else:
        try:
            number = _seconds(value)
        except Unsuitable:
            number = value
    if operator in _ORDER and isinstance(number, str):
        raise Unsuitable(f"expected a number after {operator}, found {value!r}")
    return number


def _time(field: Field, operator: str, value: str, zone: tzinfo) -> Condition:
    """Return a comparison of times; a date without time of day is the whole day."""
    start, end = _day_or_moment(value, zone)
    begun, not_ended = Compare(field, ">=", start), Compare(field, "<", end)
    match operator:
        case "=":
            return AllOf((begun, not_ended))
        case "!=":
            return AnyOf((Compare(field, "<", start), Compare(field, ">=", end)))
        case "<":
            return Compare(field, "<", start)
        case "<=":
            return not_ended
        case ">":
            return Compare(field, ">=", end)
        case _:
            return begun


def _day_or_moment(value: str, zone: tzinfo) -> tuple[float, float]:
    """Return where a time begins, and where the next one does: a day, or a second later."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            day = date.fromisoformat(value)
            moments = [datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1))]
            return moments[0].timestamp(), moments[1].timestamp()
        moment = datetime.fromisoformat(value)
        start = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise Unsuitable(f"expected a date like 2026-11-23 or 2026-11-23T14:30, found {value!r}") from None
    return start, start + (1.0 if moment.microsecond == 0 else 1e-6)
