"""The metrics page: one card a metric, in plain words first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_vtrack.model.assessment import Kind
from pytest_vtrack.model.comparison import MetricResult, SideCounts
from pytest_vtrack.report import numbers, words
from pytest_vtrack.report.html.material import Material
from pytest_vtrack.report.html.trend import plausible_values
from pytest_vtrack.report.look import Look, metric_look
from pytest_vtrack.report.meaning import metric_meaning
from pytest_vtrack.report.view import Detail, MetricRow, ReportView
from pytest_vtrack.report.without_baseline import how_read, kind_of

_KINDS: dict[Kind | None, str] = {
    "bool": "yes or no",
    "score": "score from 0 to 1",
    "bounded": "score within bounds",
    "number": "number",
    "latency": "time",
    "cost": "cost",
    "tokens": "tokens",
    "category": "label",
}


class Share(NamedTuple):
    """A part of the compared cases, as a piece of a bar."""

    what: str
    number: str
    start: float
    width: float
    """In percent of the bar."""
    tone: str


class MetricCard(NamedTuple):
    """Everything on one metric."""

    detail: Detail
    look: Look
    row: MetricRow | None
    """Its numbers; ``None`` for one that has no row on the overview, because nothing changed."""
    traits: list[str]
    meaning: str
    sides: list[tuple[str, str]]
    """How each side came to its value."""
    shares: list[Share]


def metric_cards(material: Material, view: ReportView) -> list[MetricCard]:
    """Return a card of each metric, in the order of attention."""
    results = {result.name: result for result in view.comparison.metrics}
    rows = {row.name: row for row in view.metrics}
    before, now = _by_name(material.baseline_metrics), _by_name(material.metrics)
    cards = []
    for detail in view.details:
        result = results[detail.name]
        sides = [
            (name, _made_of(side))
            for name, side in (
                (view.between.old, before.get(result.name)),
                (view.between.new, now.get(result.name)),
            )
            if side is not None
        ]
        meaning = metric_meaning(result, view.comparison)
        card = MetricCard(
            detail,
            metric_look(result),
            rows.get(result.name),
            _traits(result),
            meaning if meaning.startswith(result.name) else meaning[:1].upper() + meaning[1:],
            sides,
            _shares(result, trials=_has_trials(detail)),
        )
        cards.append(card)
    return cards


def _by_name(sides: Sequence[SideCounts]) -> dict[str, SideCounts]:
    return {side.spec.name: side for side in sides}


def _made_of(side: SideCounts) -> str:
    """Return what one side's value was made of: how many cases, and which values they had."""
    kind = kind_of(side)
    text = how_read(side).partition(";")[0]
    if side.minimum is not None and side.maximum is not None and kind != "bool":
        lowest, highest = (numbers.value(kind, end) for end in (side.minimum, side.maximum))
        text = f"{words.counted(side.cases, 'case')}, from {lowest} to {highest}"
    if ends := plausible_values(side):
        text += f"; plausibly {' to '.join(numbers.value(kind, end) for end in ends)}"
    return text


def _traits(result: MetricResult) -> list[str]:
    allowed = ""
    if result.tolerance is not None:
        allowed = f"allowed loss: {numbers.amount_of_change(result, result.tolerance)}"
        allowed += " (the default)" if result.tolerance_assumed else ""
    traits = [
        _KINDS.get(result.kind, ""),
        "" if result.kind == "category" else f"{result.direction} is better",
        allowed,
        "decides" if result.gate else "soft: shown, never decides",
    ]
    return [trait for trait in traits if trait]


def _shares(result: MetricResult, *, trials: bool) -> list[Share]:
    """Return how the pairs moved; of a yes or no that ran once also where they stood."""
    if not result.pairs or result.kind == "category" or result.clusters is not None:
        return []
    equal = max(result.pairs - result.worse - result.better, 0)
    if result.kind == "bool" and result.baseline is not None and not trials and result.direction == "higher":
        both = round(result.baseline * result.pairs) - result.worse
        parts = [
            ("right in both", both, "plain"),
            ("right, now wrong", result.worse, "worse"),
            ("wrong, now right", result.better, "better"),
            ("wrong in both", equal - both, "muted"),
        ]
    else:
        parts = [
            ("worse", result.worse, "worse"),
            ("better", result.better, "better"),
            ("equal", equal, "plain"),
        ]
    return _pieces(parts, result.pairs)


def _pieces(parts: list[tuple[str, int, str]], total: int) -> list[Share]:
    found, start = [], 0.0
    for what, number, tone in parts:
        width = 100 * number / total
        if not number and tone in ("plain", "muted"):
            continue
        found.append(Share(what, numbers.count(number), round(start, 2), round(width, 2), tone))
        start += width
    return found


def _has_trials(detail: Detail) -> bool:
    return any(
        label == "compared" and "trial" in text and "1 trial a side" not in text
        for label, text in detail.facts
    )
