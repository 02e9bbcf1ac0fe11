"""Counting what got worse while a run goes on: no verdict, and only as much work as it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_vtrack.model.assessment import RATIO_KINDS
from pytest_vtrack.store.protocol import WatchedMetric

if TYPE_CHECKING:
    from pytest_vtrack.model.comparison import SideCounts
    from pytest_vtrack.store.protocol import Store


def worse_so_far(store: Store, baseline_id: str, current_id: str) -> int:
    """Return how many cases that both runs have are worse now, beyond the tolerance of their scorers.

    Timings, amounts and labels are not looked at, as in a comparison.
    """
    watched = [metric for each in store.metric_summaries(baseline_id) if (metric := _watched(each))]
    return store.changed_cases(baseline_id, current_id, watched, limit=1).worse if watched else 0


def _watched(side: SideCounts) -> WatchedMetric | None:
    spec, yes_no = side.spec, side.bools > 0 and not side.numbers
    if spec.kind in RATIO_KINDS or spec.kind == "category" or not (side.bools or side.numbers):
        return None
    tolerance = None if yes_no else spec.tolerance
    return WatchedMetric(spec.name, spec.better, tolerance or 0.0, tolerance)
