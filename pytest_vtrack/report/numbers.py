"""How numbers read: shares, scores, durations, money, tokens, and how much they changed."""

from __future__ import annotations

import math

from pytest_vtrack.model.assessment import Kind
from pytest_vtrack.model.comparison import MetricResult

MISSING = "-"
"""Stands where there is no number; no data is not zero."""

_LARGEST, _SMALLEST, _MOST_DIGITS = 1e16, 1e-9, 9
_FACTOR_FROM = 5.0
"""From here on a change reads better as a factor (``x6.2``) than in percent (``+520 %``)."""


def share(value: float) -> str:
    """Return a share of 0..1 in percent; only all and none read ``100.0 %`` and ``0.0 %``."""
    for digits in (1, 2):
        text = f"{100 * value:.{digits}f}"
        if value in (0.0, 1.0) or float(text) not in (0.0, 100.0):
            return f"{_no_negative_zero(text)} %"
    return ">99.99 %" if value > 0.5 else "<0.01 %"


def plain(value: float, digits: int | None = None) -> str:
    """Return a score or another number, with as many decimals as it needs to be told from others."""
    digits = _digits(value) if digits is None else digits
    if abs(value) >= _LARGEST or (_is_extreme(value) and digits >= _MOST_DIGITS):
        return f"{value:.3g}"
    return _no_negative_zero(f"{value:,.{digits}f}")


def duration(seconds: float) -> str:
    """Return a duration in the unit in which it has one to three digits before the point."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    for limit, factor, unit in ((0.9995, 1e3, "ms"), (99.95, 1.0, "s"), (5999.0, 1 / 60, "min")):
        if seconds < limit:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds / 3600)} h"


def money(amount: float) -> str:
    """Return an amount with two significant digits at least: the cost of one case is far below a cent."""
    digits = (
        2 if amount == 0 or abs(amount) >= 0.1 else min(1 - math.floor(math.log10(abs(amount))), _MOST_DIGITS)
    )
    text = f"${abs(amount):.3g}" if _is_extreme(amount) else f"${abs(amount):,.{digits}f}"
    return _with_sign(amount, text) if amount < 0 else text


def count(number: int) -> str:
    """Return a whole number with thousands apart."""
    return f"{number:,}"


def tokens(amount: float) -> str:
    """Return a number of tokens, which is a mean and so rarely whole."""
    if _is_extreme(amount):
        return f"{amount:.3g}"
    digits = 1 if abs(amount) < 99.95 and amount != round(amount) else 0
    return _no_negative_zero(f"{amount:,.{digits}f}")


def size(number_of_bytes: int) -> str:
    """Return a file size."""
    amount = float(number_of_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} B" if unit == "B" else f"{_three_digits(amount)} {unit}"
        amount /= 1000
    return f"{_three_digits(amount)} TB"


def value(kind: Kind | None, amount: float | None, digits: int | None = None) -> str:
    """Return one value of a metric in the metric's own unit."""
    if amount is None:
        return MISSING
    match kind:
        case "bool":
            return share(amount)
        case "latency":
            return duration(amount)
        case "cost":
            return money(amount)
        case "tokens":
            return tokens(amount)
        case _:
            return plain(amount, digits)


def baseline_and_current(result: MetricResult) -> tuple[str, str]:
    """Return both sides of a metric, with the same number of decimals."""
    digits = _digits_of(result)
    return value(result.kind, result.baseline, digits), value(result.kind, result.current, digits)


def change(result: MetricResult) -> str:
    """Return the change in the metric's own direction: 20 % slower is ``+20 %``, though it is worse."""
    if result.effect is None:
        return MISSING
    text, unit = _signed(result, _own_direction(result, result.effect))
    return text + unit


def plausible_range(result: MetricResult) -> tuple[str, str] | None:
    """Return the two ends of where the true change could be, lower first; points carry no unit."""
    if result.low is None or result.high is None:
        return None
    low, high = sorted(_own_direction(result, end) for end in (result.low, result.high))
    (low_text, _), (high_text, unit) = _signed(result, low), _signed(result, high)
    return low_text, high_text + ("" if unit == " pt" else unit)


def amount_of_change(result: MetricResult, size_: float) -> str:
    """Return a tolerance or another size of change without sign: ``3 points``, ``10 %``, ``0.1``."""
    if result.ratio:
        return f"{_short(100 * _expm1(size_))} %"
    if result.kind == "bool":
        points = _short(100 * size_)
        return "1 point" if points == "1" else f"{points} points"
    if result.kind in ("latency", "cost"):
        return value(result.kind, size_)
    return _short(size_)


def probability(p: float) -> str:
    """Return a probability; below 1 in 10,000 only that."""
    return "below 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def rounded_up(number: int) -> str:
    """Return an estimate with two digits, upwards: a number of cases is never known better."""
    step = 10 ** max(len(str(number)) - 2, 0)
    return count(-(-number // step) * step)


def _own_direction(result: MetricResult, effect: float) -> float:
    """Turn an effect (negative is worse) into a change of the metric itself."""
    return effect if result.direction == "higher" else -effect


def _signed(result: MetricResult, moved: float) -> tuple[str, str]:
    """Return a change with its sign, and its unit."""
    if result.ratio:
        return _relative(result, moved)
    match result.kind:
        case "bool":
            return _with_sign(moved, f"{100 * abs(moved):.1f}"), " pt"
        case "latency" | "cost" | "tokens":
            text, _, unit = value(result.kind, abs(moved)).partition(" ")
            return _with_sign(moved, text), f" {unit}" if unit else ""
        case _:
            return _with_sign(moved, plain(abs(moved), _digits_of(result))), ""


def _relative(result: MetricResult, moved: float) -> tuple[str, str]:
    ends = [abs(end) for end in (result.effect, result.low, result.high) if end is not None]
    widest = max(ends, default=0.0)
    if any(_own_direction(result, end) >= math.log(_FACTOR_FROM) for end in _ends(result)):
        factor = 1 + _expm1(moved)
        return f"x{factor:.2f}" if factor < 1 else f"x{_short(factor, 2)}", ""
    digits = 1 if widest < 0.03 else 0
    percent = 100 * _expm1(moved)
    return _with_sign(percent, f"{abs(percent):.{digits}f}"), " %"


def _ends(result: MetricResult) -> list[float]:
    return [end for end in (result.effect, result.low, result.high) if end is not None]


def _expm1(logarithm: float) -> float:
    return math.expm1(min(logarithm, 60.0))  # beyond that no reader learns from more digits


def _with_sign(number: float, absolute: str) -> str:
    if not any(character in "123456789" for character in absolute):
        return absolute
    return f"{'-' if number < 0 else '+'}{absolute}"


def _no_negative_zero(text: str) -> str:
    return text if any(character in "123456789" for character in text) else text.lstrip("-")


def _digits_of(result: MetricResult) -> int:
    """Return decimals that show both sides and, unless it is minute, the difference."""
    largest = max((abs(side) for side in (result.baseline, result.current) if side is not None), default=0.0)
    digits = _digits(largest)
    moved = abs(result.effect or 0.0)
    if moved > 1e-4 * largest:
        digits = max(digits, min(-math.floor(math.log10(moved)), digits + 2))
    return digits


def _digits(value: float) -> int:
    size_ = abs(value)
    if size_ >= 1000:
        return 0
    if size_ >= 100:
        return 1
    return 2 if size_ >= 0.1 or size_ == 0 else min(1 - math.floor(math.log10(size_)), _MOST_DIGITS)


def _is_extreme(value: float) -> bool:
    """Tell whether a number is so large, or so small, that all its digits would fill a line, or be zeros."""
    return abs(value) >= _LARGEST or 0 < abs(value) < _SMALLEST


def _three_digits(amount: float) -> str:
    """Return three digits, or two for a small amount; whole numbers stay whole."""
    if amount == 0:
        return "0"
    if amount < 0.095:
        return f"{amount:.2g}"
    digits = 2 if amount < 9.995 else 1 if amount < 99.95 else 0
    text = f"{amount:.{digits}f}"
    return text.removesuffix(".00").removesuffix(".0") if amount == round(amount) else text


def _short(amount: float, digits: int = 3) -> str:
    """Return ``digits`` significant digits at most, without an exponent where it can be avoided."""
    return f"{amount:,.0f}" if abs(amount) >= 10**digits else f"{amount:.{digits}g}"
