"""What became of one case: worse, better or the same, as the store counts it for a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from pytest_vtrack.report.html.material import CasePair, CellChange

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment
    from pytest_vtrack.model.comparison import MetricResult
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.report.html.material import CaseStatus, Mark
    from pytest_vtrack.store.protocol import WatchedMetric
    from pytest_vtrack.workflow.paired_cases import Paired

_ROUNDING = 1e-12
_SLACK = 1 - 1e-9
_SAME = CellChange("same")


class CaseStatuses:
    """Says of every case how it changed.

    :param watched: the metrics that make a case worse or better.
    :param results: all metrics; timings and labels are marked too, and decide nothing.
    """

    def __init__(self, watched: Sequence[WatchedMetric], results: Sequence[MetricResult]) -> None:
        self._watched = {one.name: one for one in watched}
        self._others = {
            one.name: one
            for one in results
            if one.name not in self._watched and one.verdict != "not_comparable"
        }

    def of(self, pair: Paired) -> CasePair:
        """Return the pair with its status, and how each of its metrics moved."""
        key = (pair.current or pair.baseline)[-1].key
        judged = before, now = by_metric(pair.baseline), by_metric(pair.current)
        if not (pair.baseline and pair.current):
            return CasePair(key, *pair, "new" if pair.current else "gone", judged)
        if not pair.same_content:
            return CasePair(key, *pair, "edited", judged)
        crashed = any(trial.error is not None for trial in pair.current)
        cells: dict[str, CellChange] = {}
        loss, marks = -math.inf, set()
        for name, watched in self._watched.items():
            cell = _watched_cell(before.get(name), now.get(name), watched, crashed)
            if cell is not _SAME:
                cells[name] = cell
                marks.add(cell.mark)
                loss = max(loss, cell.loss)
        for name, other in self._others.items():
            cell = _other_cell(before.get(name), now.get(name), other)
            if cell is not _SAME:
                cells[name] = cell
        status: CaseStatus = "worse" if "worse" in marks else "better" if marks else "same"
        return CasePair(key, *pair, status, judged, loss if marks else 0.0, cells)


def by_metric(trials: Sequence[CaseResult]) -> dict[str, list[Assessment]]:
    """Return the assessments of a case's trials under each metric's name."""
    found: dict[str, list[Assessment]] = {}
    for trial in trials:
        for one in trial.assessments:
            found.setdefault(one.metric.name, []).append(one)
    return found


def _watched_cell(
    before: list[Assessment] | None, now: list[Assessment] | None, one: WatchedMetric, crashed: bool
) -> CellChange:
    old, new = _mean(before), _mean(now)
    if old is None or (before and now and before[0].metric.fingerprint != now[0].metric.fingerprint):
        return _SAME
    if new is None:
        lost = _is_error(now) or (crashed and not now)
        return CellChange("worse", _tame(abs(old) / (one.tolerance or 1.0))) if lost else _SAME
    moved = new - old
    size = abs(moved)
    if size <= _ROUNDING or size <= _ROUNDING * abs(old) or size < one.threshold * _SLACK:
        return _SAME
    signed = moved if one.direction == "higher" else -moved
    return CellChange("worse" if signed < 0 else "better", _tame(-signed / (one.tolerance or 1.0)))


def _other_cell(
    before: list[Assessment] | None, now: list[Assessment] | None, result: MetricResult
) -> CellChange:
    if result.kind == "category":
        old_label, new_label = _label(before), _label(now)
        return CellChange("changed") if old_label and new_label and old_label != new_label else _SAME
    old, new = _mean(before), _mean(now)
    if old is None or new is None or old == new:
        return _SAME
    if result.ratio:
        if old <= 0 or new <= 0:
            return _SAME
        old, new = math.log(old), math.log(new)
    signed = (new - old) if result.direction == "higher" else (old - new)
    loss = -signed / (result.tolerance or 1.0)
    mark: Mark = "worse" if loss >= _SLACK else "better" if loss <= -_SLACK else "same"
    return CellChange(mark, _tame(loss))


def _mean(assessments: list[Assessment] | None) -> float | None:
    numbers = [one.value for one in assessments or () if one.value is not None and type(one.value) is not str]
    if len(numbers) == 1:
        return float(numbers[0])
    return fmean(map(float, numbers)) if numbers else None


def _label(assessments: list[Assessment] | None) -> str | None:
    labels = [one.value for one in assessments or () if isinstance(one.value, str)]
    return labels[-1] if labels else None


def _is_error(assessments: list[Assessment] | None) -> bool:
    return (
        bool(assessments)
        and assessments is not None
        and all(one.value is None for one in assessments)
        and assessments[-1].error is not None
    )


def _tame(loss: float) -> float:
    """Return a loss with few digits: it only ranks, and every digit is in the file."""
    return float(f"{loss:.4g}")
