"""Sentences for the detail block of a metric: what a reader should know before trusting its verdict."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_vtrack.compare.difference import Difference
from pytest_vtrack.compare.verdict import Finding, Ruling
from pytest_vtrack.model.assessment import RATIO_KINDS
from pytest_vtrack.model.comparison import MetricSums

_RARE_BREAKAGE_BELOW = 150


def notes(sums: MetricSums, finding: Finding, ruling: Ruling) -> Iterator[str]:
    """Yield what is unusual about this metric's comparison."""
    difference, interval = finding.difference, finding.interval
    yield from _about_the_method(sums, difference)
    yield from _about_missing_values(sums, difference)
    n = difference.pairs.n
    if interval is None and difference.kind == "bool" and n < _RARE_BREAKAGE_BELOW:
        yield (
            f"Identical in all {n} cases; that cannot exclude breakage rarer than "
            f"{min(3 / n, 1):.0%} of what users ask."
        )
    if ruling.reason == "within_tolerance" and interval and interval.high < 0:
        yield "A real loss, but smaller than the tolerance."


def _about_the_method(sums: MetricSums, difference: Difference) -> Iterator[str]:
    if difference.kind in RATIO_KINDS and not difference.ratio:
        yield "Some values are not above zero, so the versions are compared by a difference, not by a factor."
    if difference.margin.unusable:
        yield "The tolerance is set in points, but this metric has no range; the default is used."
    if sums.clusters is not None:
        yield f"{difference.cases} cases in {sums.clusters} groups of like cases; the groups are compared."
    if sums.trials.baseline_trials != sums.trials.current_trials:
        yield "The two runs have different numbers of trials; each case counts once, by its mean."


def _about_missing_values(sums: MetricSums, difference: Difference) -> Iterator[str]:
    errors = sums.errors
    if errors.current or errors.baseline:
        yield (
            f"Errors in place of a value: {errors.current} now, {errors.baseline} in the baseline. These "
            "cases are left out; the verdict is checked again with each error counted as the worst value."
        )
    if sums.unpaired:
        yield f"{sums.unpaired} of {sums.unpaired + difference.cases} cases have a value on one side only."
