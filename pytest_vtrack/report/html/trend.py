"""Where the dots of the trend charts stand: one small chart a metric, one dot a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.report import numbers, untrusted
from pytest_vtrack.report.html.material import Material, PastRun
from pytest_vtrack.report.without_baseline import kind_of, worth_a_row

WIDTH, HEIGHT = 560, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 14, 26
_LONGEST_NAME = 14
_QUANTILE = 1.645
_FEWEST_CASES = 10
_FLAT = 0.02
"""The least that the axis spans, as a part of the values: noise must not look like a cliff."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One run on a chart."""

    x: float
    y: float
    ends: tuple[float, float] | None
    """Where the range of plausible values ends; ``None`` where it is not known."""
    whole: bool
    """Whether the run was complete."""
    role: str
    """``current``, ``baseline`` or empty."""


@dataclass(frozen=True, slots=True)
class VersionMark:
    """Where another version begins on the charts."""

    x: float
    label: str
    """Empty where there is no room for it."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One metric over runs."""

    name: str
    line: str
    """The points of the line, as SVG writes them."""
    dots: tuple[Dot, ...]
    top: str
    """The value at the upper edge."""
    bottom: str
    better: str
    newest: str
    """The last value."""


def charts(material: Material) -> list[Chart]:
    """Return a chart of each metric that has numbers in two runs or more."""
    past = material.past
    shown = [row.name for row in material.view.metrics] if material.view else []
    known = [side.spec.name for one in past for side in worth_a_row(one.metrics)]
    names = dict.fromkeys((*shown, *known))
    drawn = [_chart(name, past, material) for name in names]
    return [one for one in drawn if one is not None]


def value_of(one: PastRun, name: str) -> SideCounts | None:
    """Return what a run stored under a metric's name; of several scorers the one with most cases."""
    sides = [side for side in one.metrics if side.spec.name == name]
    return max(sides, key=lambda side: side.cases, default=None)


def plausible_values(side: SideCounts) -> tuple[float, float] | None:
    """Return the range that a run's true value plausibly lies in (90 %); ``None`` where it is not known.

    Where all values are equal, or are few, their spread says nothing about values that were not seen.
    """
    if side.mean is None or not side.standard_error or side.cases < _FEWEST_CASES:
        return None
    low, high = (side.mean + sign * _QUANTILE * side.standard_error for sign in (-1, 1))
    return (max(low, 0.0), min(high, 1.0)) if kind_of(side) == "bool" else (low, high)


def _chart(name: str, past: Sequence[PastRun], material: Material) -> Chart | None:
    found = [(index, value_of(one, name)) for index, one in enumerate(past)]
    known = [(index, side, side.mean) for index, side in found if side is not None and side.mean is not None]
    if len(known) < 2:
        return None
    newest = known[-1][1]
    axis = _axis([(mean, plausible_values(side) or (mean, mean)) for _, side, mean in known])
    dots = tuple(_dot(index, side, mean, axis, material) for index, side, mean in known)
    kind = kind_of(newest)
    return Chart(
        name=name,
        line=" ".join(f"{dot.x:g},{dot.y:g}" for dot in dots),
        dots=dots,
        top=numbers.value(kind, axis[1]),
        bottom=numbers.value(kind, axis[0]),
        better=newest.spec.better,
        newest=numbers.value(kind, newest.mean),
    )


def _axis(values: Sequence[tuple[float, tuple[float, float]]]) -> tuple[float, float]:
    """Return the values at the lower and upper edge: all dots and ranges fit."""
    low = min(min(mean, ends[0]) for mean, ends in values)
    high = max(max(mean, ends[1]) for mean, ends in values)
    least = max(abs(low), abs(high)) * _FLAT or 1.0
    room = max(least - (high - low), 0.0) / 2
    return low - room, high + room


def _dot(index: int, side: SideCounts, mean: float, axis: tuple[float, float], material: Material) -> Dot:
    past, ends = material.past, plausible_values(side)
    return Dot(
        x=_x(index, len(past)),
        y=_y(mean, axis),
        ends=(_y(ends[0], axis), _y(ends[1], axis)) if ends else None,
        whole=past[index].run.complete,
        role=_role(past[index], material),
    )


def version_marks(past: Sequence[PastRun]) -> list[VersionMark]:
    """Return where versions begin, named as far as the names fit beside each other."""
    marks: list[VersionMark] = []
    free = 0.0
    for index, one in enumerate(past):
        if index and past[index - 1].run.version.name == one.run.version.name:
            continue
        label = untrusted.one_line(one.run.version.name, _LONGEST_NAME)
        x, half = _x(index, len(past)), 3.2 * untrusted.display_width(label)
        fits = x - half >= free
        marks.append(VersionMark(x, label if fits else ""))
        free = x + half + 4 if fits else free
    return marks


def _role(one: PastRun, material: Material) -> str:
    if one.run.id == material.run.id:
        return "current"
    return "baseline" if material.baseline and one.run.id == material.baseline.id else ""


def _x(index: int, count: int) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (index + 0.5) / count, 1)


def _y(value: float, axis: tuple[float, float]) -> float:
    share = (value - axis[0]) / (axis[1] - axis[0])
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)
