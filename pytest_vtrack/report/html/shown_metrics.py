"""Which metrics the cases are listed with, in which order, and of what kind they are."""

from __future__ import annotations

from typing import NamedTuple

from pytest_vtrack.model.assessment import STABLE, Kind
from pytest_vtrack.report import look
from pytest_vtrack.report.html.material import Material
from pytest_vtrack.report.without_baseline import kind_of, worth_a_row


class ShownMetrics(NamedTuple):
    """The metrics of the cases, those of the table first."""

    kinds: dict[str, Kind | None]
    listed: int
    """How many of them the table has columns for; a case's own page shows all."""


def shown_metrics(material: Material) -> ShownMetrics:
    """Return the metrics that single cases have: those of the overview first, in its order."""
    if material.view is None:
        kinds = {side.spec.name: kind_of(side) for side in material.metrics}
        first = [side.spec.name for side in worth_a_row(material.metrics)]
    else:
        results = sorted(material.view.comparison.metrics, key=look.rank)
        sides = {side.spec.name: kind_of(side) for side in (*material.baseline_metrics, *material.metrics)}
        kinds = {one.name: one.kind or sides.get(one.name) for one in results}
        first = [row.name for row in material.view.metrics]
    kinds.pop(STABLE.name, None)  # counted over trials: no case has it
    first = [name for name in first if name in kinds]
    return ShownMetrics({name: kinds[name] for name in dict.fromkeys((*first, *kinds))}, len(first))
