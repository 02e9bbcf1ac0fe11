"""From paired values to the sums that the rule needs."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import fsum
from typing import Any

from pytest_vtrack.model.comparison import PairSums

ROUNDING = 1e-12


def differs(before: float, now: float) -> bool:
    """Tell whether two values differ by more than the last bits that arithmetic leaves."""
    return abs(now - before) > ROUNDING * max(1.0, abs(before))


def sum_pairs(before: Sequence[float], now: Sequence[float]) -> PairSums:
    """Add up the pairs of two runs, one value a case and side; the order of cases changes no bit."""
    changes = [c - b if differs(b, c) else 0.0 for b, c in zip(before, now, strict=True)]
    return PairSums(
        n=len(changes),
        s1=fsum(changes),
        s2=fsum([d * d for d in changes]),
        up=sum([d > 0 for d in changes]),
        down=sum([d < 0 for d in changes]),
        baseline_sum=fsum(before),
        baseline_sum2=fsum([b * b for b in before]),
        current_sum=fsum(now),
        largest=max(map(abs, changes), default=0.0),
    )


def sum_tables(before: Sequence[Sequence[float]], now: Sequence[Sequence[float]]) -> list[PairSums]:
    """Add up the pairs of many metrics: a row a metric, a column a case.

    Two-dimensional numpy arrays are added up at once, a hundred times faster; anything else row by row.
    """
    numpy = sys.modules.get("numpy")  # whoever made an array has imported it
    if numpy is not None and isinstance(before, numpy.ndarray) and isinstance(now, numpy.ndarray):
        return _sum_arrays(numpy, before, now)
    return [sum_pairs(*row) for row in zip(before, now, strict=True)]


def _sum_arrays(numpy: Any, before: Any, now: Any) -> list[PairSums]:
    changes = now - before
    size = numpy.abs(changes)
    changes[size <= ROUNDING * numpy.maximum(1.0, numpy.abs(before))] = 0.0
    columns = (
        numpy.full(len(changes), changes.shape[1]),
        changes.sum(axis=1),
        numpy.einsum("ij,ij->i", changes, changes),
        numpy.count_nonzero(changes > 0, axis=1),
        numpy.count_nonzero(changes < 0, axis=1),
        before.sum(axis=1),
        numpy.einsum("ij,ij->i", before, before),
        now.sum(axis=1),
        numpy.abs(changes).max(axis=1, initial=0.0),
    )
    return [PairSums(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def sum_clusters(before: Sequence[float], now: Sequence[float], clusters: Sequence[object]) -> PairSums:
    """Add up pairs whose cases depend on each other within a cluster (Liang and Zeger 1986).

    A cluster counts as one pair: its sum times clusters / cases. Every sum but ``s2`` divided by ``n`` is
    therefore still a mean over cases.
    """
    members: dict[object, list[int]] = defaultdict(list)
    for index, cluster in enumerate(clusters):
        members[cluster].append(index)
    if not members:
        return PairSums()
    weight = len(members) / len(before)
    sums = sum_pairs(
        [weight * fsum([before[index] for index in group]) for group in members.values()],
        [weight * fsum([now[index] for index in group]) for group in members.values()],
    )
    return replace(sums, baseline_sum2=weight * fsum([b * b for b in before]))
