"""Comparing the parts of a dataset: those of every common tag, and those that decide."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_vtrack.compare.relative import is_relative
from pytest_vtrack.compare.slices import SlicedMetric, decide_slices

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_vtrack.model.comparison import SliceResult
    from pytest_vtrack.model.policy import Policy
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import SliceSums, Store

MOST_VALUES = 20
"""A tag with more values, or with one only, is not compared part by part unless it was chosen to decide."""


def compared_slices(store: Store, baseline: Run, current: Run, policy: Policy) -> tuple[SliceResult, ...]:
    """Decide every metric in every part of the dataset, and in each that was chosen to decide."""
    chosen = policy.gating_slices
    tags = sorted({name for each in chosen for name in (each, each.partition("=")[0])})
    sums = store.slice_sums(baseline.id, current.id, max_values=MOST_VALUES, always=tags)
    values = Counter(part.tag for part in sums)
    parts = [part for part in sums if 2 <= values[part.tag] <= MOST_VALUES or _names(part) & set(chosen)]
    metrics = [
        SlicedMetric(part.tag, part.value, metric)
        for part in parts
        for metric in part.metrics
        if not is_relative(metric)
    ]
    return decide_slices(metrics, policy)


def without_cases(chosen: Collection[str], slices: Collection[SliceResult]) -> list[str]:
    """Return the slices that were chosen to decide and have no case, sorted."""
    return sorted(set(chosen).difference(*(_names(each) for each in slices)))


def _names(part: SliceSums | SliceResult) -> set[str]:
    """Return the ways in which a part can be chosen."""
    return {part.tag, f"{part.tag}={part.value}"}
