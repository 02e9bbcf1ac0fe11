"""The slices page: one table a tag, its values with each metric that decides."""

from __future__ import annotations

from typing import NamedTuple

from pytest_vtrack.model.comparison import Comparison, SliceResult
from pytest_vtrack.report import look, numbers
from pytest_vtrack.report.look import Look

_TOO_FEW = Look("too few", "?", "muted")


class SliceRow(NamedTuple):
    """One metric over the cases with one value of a tag."""

    value: str
    cases: str
    metric: str
    baseline: str
    current: str
    change: str
    moved: str
    look: Look


class SliceTable(NamedTuple):
    """All values of one tag."""

    tag: str
    rows: list[SliceRow]


def slice_tables(comparison: Comparison) -> list[SliceTable]:
    """Return a table of each tag; metrics that cannot decide are left out where others can."""
    deciding = {result.name for result in comparison.metrics if result.gate and result.pairs}
    quiet = {result.name for result in comparison.metrics if result.reason == "identical"}
    names = (deciding - quiet) or deciding or {result.name for result in comparison.metrics}
    tables: dict[str, list[SliceRow]] = {}
    for one in sorted(comparison.slices, key=_order):
        if one.result.name in names:
            tables.setdefault(one.tag, []).append(_row(one))
    return [SliceTable(tag, rows) for tag, rows in sorted(tables.items())]


def _row(one: SliceResult) -> SliceRow:
    baseline, current = numbers.baseline_and_current(one.result)
    return SliceRow(
        value=one.value,
        cases=numbers.count(one.cases),
        metric=one.result.name,
        baseline=baseline,
        current=current,
        change=numbers.change(one.result),
        moved=f"{numbers.count(one.worse)} worse, {numbers.count(one.better)} better",
        look=_look(one),
    )


def _look(one: SliceResult) -> Look:
    return _TOO_FEW if one.result.reason == "too_few" else look.metric_look(one.result)


def _order(one: SliceResult) -> tuple[str, int, float, str]:
    """Sort by metric, then by attention, then the largest loss first."""
    attention = ["worse", "not sure", "too few", "better", "ok"]
    word = _look(one).word
    place = attention.index(word) if word in attention else len(attention)
    return one.result.name, place, one.result.effect or 0.0, one.value
