"""The same rule on parts of the dataset: which kinds of case got worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_vtrack.compare.difference import paired_cases
from pytest_vtrack.compare.family import benjamini_hochberg, holm, unadjusted
from pytest_vtrack.compare.judging import Bar, decide_groups
from pytest_vtrack.compare.rule import is_gating
from pytest_vtrack.model.comparison import MetricSums, SliceResult
from pytest_vtrack.model.policy import Policy

FALSE_SHARE = 0.10
"""How many of the slices called worse may be false alarms, on average."""
FEWEST_CASES = 20
"""Below this many pairs a slice gets no verdict, unless nothing in it changed."""


@dataclass(frozen=True, slots=True)
class SlicedMetric:
    """One metric over the cases that have ``tag`` = ``value``."""

    tag: str
    value: str
    sums: MetricSums


def decide_slices(slices: Sequence[SlicedMetric], policy: Policy) -> tuple[SliceResult, ...]:
    """Judge every metric in every slice, in the given order.

    All slices and metrics are one family (Benjamini and Hochberg). Slices that the policy lets decide are a
    family of their own, with the evidence that gating metrics need (Holm); pass their results to
    :func:`pytest_vtrack.compare.rule.overall` beside the metrics.
    """
    results = decide_groups(
        [part.sums for part in slices],
        [_is_gating(part, policy) for part in slices],
        policy,
        gating=Bar(policy.alpha, holm if policy.holm else unadjusted, FEWEST_CASES),
        soft=Bar(FALSE_SHARE, benjamini_hochberg, FEWEST_CASES),
    )
    return tuple(
        SliceResult(
            tag=part.tag,
            value=part.value,
            cases=paired_cases(part.sums),
            worse=result.worse,
            better=result.better,
            result=result,
        )
        for part, result in zip(slices, results, strict=True)
    )


def _is_gating(part: SlicedMetric, policy: Policy) -> bool:
    chosen = {part.tag, f"{part.tag}={part.value}"} & policy.gating_slices
    return bool(chosen) and is_gating(part.sums, policy)
