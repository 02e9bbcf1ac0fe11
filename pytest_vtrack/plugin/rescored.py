"""What the processes of a session told of scoring its baselines again, and what is said about it."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_vtrack.plugin.rescoring import FAILED, PAID, UNLIKE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.transport import Plain
    from pytest_vtrack.store.protocol import Store

_LOOKED_AT = 200
"""How many traces of a run say what a judge costs."""


@dataclass
class RescoredBaselines:
    """Counts by run of the baseline."""

    traces: Counter[str] = field(default_factory=Counter)
    metrics: dict[str, dict[str, None]] = field(default_factory=dict)
    unscored: dict[str, Counter[tuple[str, str, str]]] = field(default_factory=dict)
    """How often a metric's scorer was not asked, by name, reason and where the scorer is found."""

    def count(self, plain: Plain) -> None:
        """Take what one report told."""
        for run_id, results, names in plain.get("rescored", ()):
            self.traces[run_id] += len(results)
            self.metrics.setdefault(run_id, {}).update(dict.fromkeys(name for each in names for name in each))
        for run_id, metric, _, why, place in plain.get("unscored", ()):
            self.unscored.setdefault(run_id, Counter())[metric, why, place] += 1

    def keep_counts(self, store: Store) -> None:
        """Count again what the runs have that were scored, so that no comparison has to."""
        if not self.traces:
            return
        from pytest_vtrack.workflow.rescored_run import keep_counts

        for run_id in self.traces:
            if run := store.run(run_id):
                keep_counts(store, run)

    def notices(self, store: Store, baseline: Run, current: Run) -> tuple[str, ...]:
        """Return what the reader of a comparison with a baseline should know."""
        return tuple(self._notices(store, baseline, current))

    def _notices(self, store: Store, baseline: Run, current: Run) -> Iterator[str]:
        from pytest_vtrack.report import rescoring as words

        old = baseline.version.name
        if count := self.traces[baseline.id]:
            yield words.scored_again(old, sorted(self.metrics[baseline.id]), count)
        for (metric, why, place), count in sorted(self.unscored.get(baseline.id, {}).items()):
            if why == PAID:
                cost = _cost_of_one(store, current, metric)
                calls = baseline.stored
                commands = _commands(store, baseline, current, place)
                yield words.paid_calls(metric, old, calls, None if cost is None else cost * calls, commands)
            elif why == UNLIKE:
                yield words.unlike(metric, old)
            elif why == FAILED:
                again = _commands(store, baseline, current, place, " --retry-errors")
                yield words.failed(metric, old, count, again)
            else:
                yield words.not_asked(metric, old, count, why)


def _commands(store: Store, baseline: Run, current: Run, place: str, how: str = "") -> Sequence[str]:
    if not place:
        return ()
    old, new = (_ref(store, run) for run in (baseline, current))
    return (
        f"vtrack rescore {old} --scorers {shlex.quote(place)}{how}",
        f"vtrack compare {old} {new}",
    )


def _ref(store: Store, run: Run) -> str:
    """Return what names a run: its version, where that is this run."""
    newest = store.runs(run.experiment, version=run.version.name, limit=1)
    is_newest = bool(newest) and newest[0].id == run.id and run.complete
    named = store.baseline(run.experiment, run.version.name)
    return shlex.quote(run.version.name) if is_newest and named is None else f"run:{run.short_id}"


def _cost_of_one(store: Store, run: Run, metric: str) -> float | None:
    """Return what a scorer's answer cost on average, as far as its metadata say."""
    trials, _ = store.some_trials(run.id, limit=_LOOKED_AT)
    said: list[Any] = [
        each.metadata.get("judge.cost", each.metadata.get("cost"))
        for attempts in trials
        for each in attempts[-1].assessments
        if each.metric.name == metric
    ]
    costs = [float(cost) for cost in said if isinstance(cost, (int, float)) and not isinstance(cost, bool)]
    return sum(costs) / len(costs) if costs else None
