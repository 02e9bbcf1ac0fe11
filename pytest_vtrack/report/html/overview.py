"""The first page: how many cases changed, where, and which are the worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_vtrack.model.comparison import Comparison
from pytest_vtrack.report import numbers
from pytest_vtrack.report.html.case_index import CaseIndex
from pytest_vtrack.report.html.material import Material
from pytest_vtrack.report.view import CaseRow, ReportView
from pytest_vtrack.report.without_baseline import how_read, kind_of, worth_a_row

MOST_WORST = 20
_MOST_SLICES = 6


class Counted(NamedTuple):
    """A number and what it counts."""

    number: str
    what: str
    tone: str


class WorstCase(NamedTuple):
    """A changed case, and its number among all; ``None`` where the page does not hold it."""

    row: CaseRow
    number: int | None
    input: str


class WorseSlice(NamedTuple):
    """Cases that share a tag, and how many of them got worse."""

    label: str
    worse: int
    cases: int
    percent: float


class FirstValue(NamedTuple):
    """One metric of a run without a baseline."""

    name: str
    value: str
    how_read: str


class WeakCase(NamedTuple):
    """A case of a run without a baseline that is worth a look, and its number among all."""

    label: str
    number: int
    values: list[tuple[str, str]]
    input: str
    why: str


class Overview(NamedTuple):
    """What the first page says besides the view."""

    counts: list[Counted]
    worst: list[WorstCase]
    worst_of: int
    slices: list[WorseSlice]
    values: list[FirstValue]
    weak: list[WeakCase]

    @property
    def reasons(self) -> bool:
        """Whether any of the worst cases has a reason."""
        return any(one.row.why for one in self.worst)


def overview(material: Material, index: CaseIndex) -> Overview:
    """Return the facts of the first page."""
    view = material.view
    if view is None:
        values = [
            FirstValue(one.spec.name, numbers.value(kind_of(one), one.mean), how_read(one))
            for one in worth_a_row(material.metrics)
        ]
        return Overview([], [], 0, [], values, _weak_cases(material, index))
    rows = [*view.failing, *view.worse]
    worst = [_worst(row, index) for row in rows[:MOST_WORST]]
    listed = max(view.comparison.cases.worse, len(rows))
    return Overview(_counts(view), worst, listed, _worse_slices(view.comparison), [], [])


def _weak_cases(material: Material, index: CaseIndex) -> list[WeakCase]:
    """Return cases with errors, then those with most yes/no metrics on the bad side, in every trial first."""
    good = {side.spec.name: float(side.spec.better == "higher") for side in material.metrics}
    columns = [column for column in index.columns if column.kind == "bool" and column.name in good]
    found = []
    for number, failed in enumerate(index.errors):
        bad = [
            (abs(good[one.name] - value), one) for one in columns if (value := one.values[number]) is not None
        ]
        bad = [(size, one) for size, one in bad if size > 0]
        if failed or bad:
            found.append((-failed, -sum(size for size, _ in bad), number, [one for _, one in bad]))
    return [
        WeakCase(
            index.ids[number],
            number,
            [(one.name, one.text(number)) for one in bad_columns],
            index.inputs[number],
            index.whys[number],
        )
        for *_, number, bad_columns in sorted(found, key=lambda one: one[:3])[:MOST_WORST]
    ]


def _worst(row: CaseRow, index: CaseIndex) -> WorstCase:
    number = index.number_of(row.change.key)
    return WorstCase(row, number, "" if number is None else index.inputs[number])


def sentences(view: ReportView) -> list[str]:
    """Return what the comparison means; a sentence begins large, unless with a name."""
    names = (*view.between[:2], *(result.name for result in view.comparison.metrics))
    return [one if one.startswith(names) else one[:1].upper() + one[1:] for one in view.meaning]


def _counts(view: ReportView) -> list[Counted]:
    cases = view.comparison.cases
    unchanged = cases.shared - cases.worse - cases.better
    gone = cases.gone if view.comparison.current.status != "partial" else 0
    counted = [
        (cases.shared, "compared", "plain", True),
        (cases.worse, "worse", "worse", True),
        (cases.better, "better", "better", True),
        (unchanged, "unchanged", "plain", True),
        (cases.new, "new", "plain", False),
        (gone, "gone", "plain", False),
        (cases.edited, "edited", "plain", False),
        (cases.errors, "not finished", "not_sure", False),
    ]
    return [
        Counted(numbers.count(number), what, tone if number else "plain")
        for number, what, tone, always in counted
        if number or always
    ]


def _worse_slices(comparison: Comparison) -> list[WorseSlice]:
    """Return the tags whose cases got worse most often, by the deciding metric that shows it most."""
    decides = {result.name for result in comparison.metrics if result.gate}
    found: dict[tuple[str, str], WorseSlice] = {}
    for one in comparison.slices:
        slot = (one.tag, one.value)
        if one.result.name not in decides or not one.worse or one.worse <= one.better:
            continue
        if slot not in found or found[slot].worse < one.worse:
            percent = round(100 * one.worse / max(one.cases, 1), 1)
            found[slot] = WorseSlice(f"{one.tag}={one.value}", one.worse, one.cases, percent)
    return sorted(_telling(list(found.values()), comparison), key=lambda one: (-one.percent, one.label))[
        :_MOST_SLICES
    ]


def _telling(found: Sequence[WorseSlice], comparison: Comparison) -> list[WorseSlice]:
    """Return the slices that got worse more often than all cases did."""
    shared, worse = comparison.cases.shared, comparison.cases.worse
    return [one for one in found if one.worse * shared > worse * one.cases and one.worse > 1]
