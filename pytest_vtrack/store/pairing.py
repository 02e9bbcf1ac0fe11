"""Pairing two runs case by case: the sums of every metric, over all cases and over slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from pytest_vtrack.model.comparison import ErrorSums, MetricSums, PairSums, SideCounts, TrialSums
from pytest_vtrack.store import grouping, pair_queries
from pytest_vtrack.store.pair_queries import ALL
from pytest_vtrack.store.protocol import SliceSums
from pytest_vtrack.store.sides import Sides, lay_out
from pytest_vtrack.store.summaries import merged, summaries, takes_logarithms

_Addable = TypeVar("_Addable", PairSums, TrialSums, ErrorSums)


class _Sums(NamedTuple):
    """What one scorer's pairs add up to, in one part of the cases; sums of parts may be added."""

    raw: PairSums = PairSums()
    log: PairSums = PairSums()
    trials: TrialSums = TrialSums()
    errors: ErrorSums = ErrorSums()
    labels: int = 0
    changed_labels: int = 0
    unpaired: int = 0
    clusters: int = 0


@dataclass(frozen=True, slots=True)
class _Metric:
    """One metric name in two runs: which scorers computed it on each side."""

    name: str
    baseline: Mapping[int, SideCounts]
    current: Mapping[int, SideCounts]

    @property
    def shared(self) -> list[int]:
        """The scorers of both sides: only their values pair."""
        return [scorer_id for scorer_id in self.baseline if scorer_id in self.current]

    @property
    def log(self) -> bool:
        return all(takes_logarithms(side) for side in (*self.baseline.values(), *self.current.values()))

    def counts(self, sides: Mapping[int, SideCounts]) -> SideCounts | None:
        """Return what a side stored, under the shared declaration where there is one."""
        if not sides:
            return None
        chosen = self.shared[0] if self.shared else max(sides, key=lambda scorer_id: sides[scorer_id].cases)
        return merged(list(sides.values()), sides[chosen].spec)


def metric_sums(
    connection: sa.Connection, baseline_key: str, current_key: str, *, cluster: str | None
) -> list[MetricSums]:
    """Add up every metric that either run has, sorted by name."""
    sides = lay_out(connection, baseline_key, current_key)
    if cluster is not None:
        grouping.write_clusters(connection, sides.current, cluster)
    return [
        _in_total(
            metric,
            [_all_cases(connection, sides, metric, each, cluster) for each in metric.shared],
            _without_partner(metric),
        )
        for metric in _metrics(connection, sides)
    ]


def slice_sums(
    connection: sa.Connection, baseline_key: str, current_key: str, *, max_values: int
) -> list[SliceSums]:
    """Add up every metric over the cases with each value of each tag."""
    sides = lay_out(connection, baseline_key, current_key)
    tags = grouping.tags_with_few_values(connection, sides.current, max_values)
    if not tags:
        return []
    parts = grouping.write_parts(connection, sides.current, tags)
    sizes = grouping.part_sizes(connection)
    members: dict[tuple[str, str], list[int]] = {}
    for number, part in parts.items():
        for pair in part:
            members.setdefault(pair, []).append(number)
    metrics = _metrics(connection, sides)
    by_part = {metric.name: _by_part(connection, sides, metric) for metric in metrics}
    return [
        SliceSums(
            tag,
            value,
            sum(sizes.get(number, 0) for number in numbers),
            tuple(_in_slice(metric, by_part[metric.name], numbers) for metric in metrics),
        )
        for (tag, value), numbers in sorted(members.items())
    ]


def _metrics(connection: sa.Connection, sides: Sides) -> list[_Metric]:
    before, now = summaries(connection, sides.baseline), summaries(connection, sides.current)
    names = sorted({side.spec.name for side in (*before.values(), *now.values())})

    def named(counts: Mapping[int, SideCounts], name: str) -> dict[int, SideCounts]:
        return {scorer_id: side for scorer_id, side in counts.items() if side.spec.name == name}

    return [_Metric(name, named(before, name), named(now, name)) for name in names]


def _all_cases(
    connection: sa.Connection, sides: Sides, metric: _Metric, scorer_id: int, cluster: str | None
) -> _Sums:
    before, now = metric.baseline[scorer_id], metric.current[scorer_id]
    pairs, trials = pair_queries.pair_sums(connection, sides, scorer_id).get(ALL, (PairSums(), TrialSums()))
    cases, clusters, log = pairs.n, None, PairSums()
    if metric.log:
        log, trials = pair_queries.pair_sums(connection, sides, scorer_id, log=True).get(ALL, (log, trials))
    if cluster is not None:
        pairs, clusters = pair_queries.cluster_sums(connection, sides, scorer_id)
        if metric.log:
            log, _ = pair_queries.cluster_sums(connection, sides, scorer_id, log=True)
    labels = (0, 0)
    if before.labels and now.labels:
        labels = pair_queries.label_sums(connection, sides, scorer_id).get(ALL, labels)
    errors = {}
    if before.errors or now.errors:
        errors = pair_queries.error_sums(connection, sides, scorer_id)
    unpaired = before.cases + now.cases - 2 * (cases + labels[0])
    return _Sums(pairs, log, trials, errors.get(ALL, ErrorSums()), *labels, max(unpaired, 0), clusters or 0)


def _by_part(connection: sa.Connection, sides: Sides, metric: _Metric) -> list[dict[int, _Sums]]:
    return [_scorer_by_part(connection, sides, metric, scorer_id) for scorer_id in metric.shared]


def _scorer_by_part(
    connection: sa.Connection, sides: Sides, metric: _Metric, scorer_id: int
) -> dict[int, _Sums]:
    pairs = pair_queries.pair_sums(connection, sides, scorer_id, by_part=True)
    logs = pair_queries.pair_sums(connection, sides, scorer_id, log=True, by_part=True) if metric.log else {}
    has_errors = metric.baseline[scorer_id].errors or metric.current[scorer_id].errors
    errors = pair_queries.error_sums(connection, sides, scorer_id, by_part=True) if has_errors else {}
    labels = pair_queries.label_sums(connection, sides, scorer_id, by_part=True)
    before = pair_queries.valued_cases(connection, sides, scorer_id, now=False)
    now = pair_queries.valued_cases(connection, sides, scorer_id, now=True)
    sums = {}
    for part in {*before, *now}:
        raw, trials = pairs.get(part, (PairSums(), TrialSums()))
        log, trials = logs.get(part, (PairSums(), trials))
        label_pairs, changed = labels.get(part, (0, 0))
        unpaired = before.get(part, 0) + now.get(part, 0) - 2 * (raw.n + label_pairs)
        error = errors.get(part, ErrorSums())
        sums[part] = _Sums(raw, log, trials, error, label_pairs, changed, max(unpaired, 0))
    return sums


def _in_slice(metric: _Metric, scorers: Sequence[Mapping[int, _Sums]], parts: Iterable[int]) -> MetricSums:
    chosen = list(parts)
    return _in_total(metric, [by_part[part] for by_part in scorers for part in chosen if part in by_part])


def _in_total(metric: _Metric, scorers: Sequence[_Sums], without_partner: int = 0) -> MetricSums:
    return MetricSums(
        metric.name,
        metric.counts(metric.baseline),
        metric.counts(metric.current),
        raw=_added_pairs([each.raw for each in scorers]),
        log=_added_pairs([each.log for each in scorers]) if metric.log and metric.shared else None,
        trials=_added([each.trials for each in scorers], TrialSums()),
        errors=_added([each.errors for each in scorers], ErrorSums()),
        unpaired=sum(each.unpaired for each in scorers) + without_partner,
        clusters=sum(each.clusters for each in scorers) or None,
        changed_labels=sum(each.changed_labels for each in scorers),
        label_pairs=sum(each.labels for each in scorers),
    )


def _without_partner(metric: _Metric) -> int:
    """Count the cases that a scorer of one side only gave a value, under a name that both sides have."""
    if not metric.baseline or not metric.current:
        return 0
    sides = (metric.baseline, metric.current)
    return sum(
        counts.cases for side in sides for scorer_id, counts in side.items() if scorer_id not in metric.shared
    )


def _added_pairs(sums: Sequence[PairSums]) -> PairSums:
    return replace(_added(sums, PairSums()), largest=max((each.largest for each in sums), default=0.0))


def _added(sums: Sequence[_Addable], empty: _Addable) -> _Addable:
    totals: dict[str, Any] = {
        field.name: sum(getattr(each, field.name) for each in sums) for field in fields(empty)
    }
    return replace(empty, **totals)
