"""Pairing two runs case by case: the sums of every metric, over all cases and over slices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, TypeAlias, TypeVar

import sqlalchemy as sa

from pytest_vtrack.model.assessment import STABLE
from pytest_vtrack.model.comparison import ErrorSums, MetricSums, PairSums, SideCounts, TrialSums
from pytest_vtrack.store import grouping, pair_queries
from pytest_vtrack.store.pair_queries import ALL
from pytest_vtrack.store.pairs import Paired, pair_of, paired
from pytest_vtrack.store.protocol import SliceSums
from pytest_vtrack.store.series import CountedSeries
from pytest_vtrack.store.sides import Pair, Sides, lay_out
from pytest_vtrack.store.stable import stable_pairs
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
    pairs: int = 0
    """Of numbers; in ``raw`` they may be clusters."""


_Add: TypeAlias = Callable[[sa.Connection, Paired], _Sums]


@dataclass(frozen=True, slots=True)
class _Metric:
    """One metric name in two runs: which scorers computed it on each side."""

    name: str
    baseline: Mapping[int, CountedSeries]
    current: Mapping[int, CountedSeries]

    @property
    def shared(self) -> list[int]:
        """The scorers of both sides: only their values pair."""
        return [scorer_id for scorer_id in self.baseline if scorer_id in self.current]

    @property
    def log(self) -> bool:
        return all(takes_logarithms(s.counts) for s in (*self.baseline.values(), *self.current.values()))

    def counts(self, side: Mapping[int, CountedSeries]) -> SideCounts | None:
        """Return what a side stored, under the shared declaration where there is one."""
        if not side:
            return None
        chosen = self.shared[0] if self.shared else max(side, key=lambda number: side[number].counts.cases)
        return merged([each.counts for each in side.values()], side[chosen].counts.spec)


def metric_sums(
    connection: sa.Connection, baseline_key: str, current_key: str, *, cluster: str | None
) -> list[MetricSums]:
    """Add up every metric that either run has, sorted by name, and the built-in one where trials repeat."""
    sides = lay_out(connection, baseline_key, current_key)
    if cluster is not None:
        grouping.write_clusters(connection, sides, cluster)
    add = _together if cluster is None else _by_cluster
    metrics = _metrics(connection, sides)
    sums = [
        _in_total(
            metric,
            [_all_cases(connection, sides, metric, each, add) for each in metric.shared],
            _without_partner(metric),
        )
        for metric in metrics
    ]
    return sorted([*sums, *_stable(connection, sides, metrics, add)], key=lambda each: each.name)


def slice_sums(
    connection: sa.Connection,
    baseline_key: str,
    current_key: str,
    *,
    max_values: int,
    always: Collection[str] = (),
) -> list[SliceSums]:
    """Add up every metric over the cases with each value of each tag."""
    sides = lay_out(connection, baseline_key, current_key)
    tags = grouping.tags_with_few_values(connection, sides.current, max_values, always)
    if not tags:
        return []
    parts = grouping.write_parts(connection, sides, tags)
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
    names = sorted({each.counts.spec.name for each in (*before.values(), *now.values())})

    def named(side: Mapping[int, CountedSeries], name: str) -> dict[int, CountedSeries]:
        return {scorer_id: each for scorer_id, each in side.items() if each.counts.spec.name == name}

    return [_Metric(name, named(before, name), named(now, name)) for name in names]


def _all_cases(connection: sa.Connection, sides: Sides, metric: _Metric, scorer_id: int, add: _Add) -> _Sums:
    before, now = metric.baseline[scorer_id], metric.current[scorer_id]
    pair = pair_of(sides, before, now)
    sums = add(connection, paired(connection, sides, pair))
    if metric.log:
        scaled = add(connection, paired(connection, sides, pair, log=True))
        sums = sums._replace(log=scaled.raw, trials=scaled.trials)
    if before.counts.labels and now.counts.labels:
        pairs, changed = pair_queries.label_sums(connection, sides, pair).get(ALL, (0, 0))
        sums = sums._replace(labels=pairs, changed_labels=changed)
    if before.counts.errors or now.counts.errors:
        errors = pair_queries.error_sums(connection, sides, pair)
        sums = sums._replace(errors=errors.get(ALL, ErrorSums()))
    unpaired = before.counts.cases + now.counts.cases - 2 * (sums.pairs + sums.labels)
    return sums._replace(unpaired=max(unpaired, 0))


def _stable(
    connection: sa.Connection, sides: Sides, metrics: Sequence[_Metric], add: _Add
) -> list[MetricSums]:
    """Return the built-in metric, where a run has repeats and no metric of its own under that name."""
    if sides.single or any(metric.name == STABLE.name for metric in metrics):
        return []
    before_series = [series for metric in metrics for series in metric.baseline.values()]
    now_series = [series for metric in metrics for series in metric.current.values()]
    before, now, found = stable_pairs(connection, sides, before_series, now_series)
    if before is None and now is None:
        return []
    sums = add(connection, found)
    unpaired = before.cases + now.cases - 2 * sums.pairs if before and now else 0
    return [
        MetricSums(STABLE.name, before, now, raw=sums.raw, unpaired=unpaired, clusters=sums.clusters or None)
    ]


def _together(connection: sa.Connection, found: Paired) -> _Sums:
    raw, trials = pair_queries.pair_sums(connection, found).get(ALL, (PairSums(), TrialSums()))
    return _Sums(raw, trials=trials, pairs=raw.n)


def _by_cluster(connection: sa.Connection, found: Paired) -> _Sums:
    raw, trials, pairs, clusters = pair_queries.cluster_sums(connection, found)
    return _Sums(raw, trials=trials, pairs=pairs, clusters=clusters or 0)


def _by_part(connection: sa.Connection, sides: Sides, metric: _Metric) -> list[dict[int, _Sums]]:
    return [_scorer_by_part(connection, sides, metric, scorer_id) for scorer_id in metric.shared]


def _scorer_by_part(
    connection: sa.Connection, sides: Sides, metric: _Metric, scorer_id: int
) -> dict[int, _Sums]:
    before, now = metric.baseline[scorer_id], metric.current[scorer_id]
    pair = pair_of(sides, before, now)
    pairs = pair_queries.pair_sums(connection, paired(connection, sides, pair), by_part=True)
    logs = {}
    if metric.log:
        logs = pair_queries.pair_sums(connection, paired(connection, sides, pair, log=True), by_part=True)
    has_errors = before.counts.errors or now.counts.errors
    errors = pair_queries.error_sums(connection, sides, pair, by_part=True) if has_errors else {}
    has_labels = before.counts.labels and now.counts.labels
    labels = pair_queries.label_sums(connection, sides, pair, by_part=True) if has_labels else {}
    sums = {}
    for part in {*pairs, *errors, *labels}:
        raw, trials = pairs.get(part, (PairSums(), TrialSums()))
        log, trials = logs.get(part, (PairSums(), trials))
        counts = labels.get(part, (0, 0))
        sums[part] = _Sums(raw, log, trials, errors.get(part, ErrorSums()), *counts, pairs=raw.n)
    partners = sum(each.pairs + each.labels for each in sums.values())
    if partners == before.counts.cases == now.counts.cases:
        return sums
    return _with_unpaired(connection, sides, pair, sums)


def _with_unpaired(
    connection: sa.Connection, sides: Sides, pair: Pair, sums: Mapping[int, _Sums]
) -> dict[int, _Sums]:
    """Count the cases of each part that have a value on one side only."""
    before = pair_queries.valued_cases(connection, sides, pair, now=False)
    now = pair_queries.valued_cases(connection, sides, pair, now=True)
    found = {}
    for part in {*sums, *before, *now}:
        each = sums.get(part, _Sums())
        unpaired = before.get(part, 0) + now.get(part, 0) - 2 * (each.pairs + each.labels)
        found[part] = each._replace(unpaired=max(unpaired, 0))
    return found


def _in_slice(metric: _Metric, scorers: Sequence[Mapping[int, _Sums]], parts: Iterable[int]) -> MetricSums:
    """Return the sums of some parts; the standard errors are left out, which are those of whole runs."""
    chosen = list(parts)
    sums = _in_total(metric, [by_part[part] for by_part in scorers for part in chosen if part in by_part])
    before, now = (side and replace(side, standard_error=None) for side in (sums.baseline, sums.current))
    return replace(sums, baseline=before, current=now)


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
        each.counts.cases
        for side in sides
        for scorer_id, each in side.items()
        if scorer_id not in metric.shared
    )


def _added_pairs(sums: Sequence[PairSums]) -> PairSums:
    return replace(_added(sums, PairSums()), largest=max((each.largest for each in sums), default=0.0))


def _added(sums: Sequence[_Addable], empty: _Addable) -> _Addable:
    totals: dict[str, Any] = {
        field.name: sum(getattr(each, field.name) for each in sums) for field in fields(empty)
    }
    return replace(empty, **totals)
