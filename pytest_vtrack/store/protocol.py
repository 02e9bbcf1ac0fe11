"""What every store can do, and the values that only stores return."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pytest_vtrack.model.assessment import Direction
from pytest_vtrack.model.comparison import CaseChange, CaseCounts, Comparison, MetricSums, SideCounts
from pytest_vtrack.model.query import Condition
from pytest_vtrack.model.run import CaseKey, CaseResult, Run, RunStatus
from pytest_vtrack.model.stored_trial import StoredTrial
from pytest_vtrack.model.trace_summary import TraceSummary
from pytest_vtrack.store.dataset_protocol import Datasets
from pytest_vtrack.store.shard_protocol import Shards


@dataclass(frozen=True, slots=True)
class NamedBaseline:
    """One entry in the history of a baseline name: which run was accepted, by whom, and why."""

    experiment: str
    name: str
    run_id: str
    why: str
    who: str
    at: float


@dataclass(frozen=True, slots=True)
class SliceSums:
    """The sums of every metric over the cases whose current result has one value of one tag."""

    tag: str
    value: str
    cases: int
    """Cases of the current run with this tag value, paired or not."""
    metrics: tuple[MetricSums, ...] = ()
    """Side counts are those of the whole runs; sums and ``unpaired`` are the slice's."""


@dataclass(frozen=True, slots=True)
class CaseRelation:
    """How the cases of two runs relate; the lists are sorted and capped, the counts are not."""

    counts: CaseCounts
    new_cases: tuple[str, ...] = ()
    gone_cases: tuple[str, ...] = ()
    edited_cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchedMetric:
    """When a case counts as changed on a metric."""

    name: str
    direction: Direction = "higher"
    threshold: float = 0.0
    """The smallest absolute difference that counts; 0: any beyond rounding."""
    tolerance: float | None = None
    """The unit of loss."""
    ratio: bool = False
    """Whether difference, threshold and tolerance are of logarithms."""


@dataclass(frozen=True, slots=True)
class ChangedCases:
    """The cases that got worse or better on watched metrics: all counted, the first of them listed."""

    worse: int = 0
    better: int = 0
    worst: tuple[CaseChange, ...] = ()
    best: tuple[CaseChange, ...] = ()


@dataclass(frozen=True, slots=True)
class NewlyFailing:
    """Cases that passed every trial in the baseline and fail most trials now."""

    count: int = 0
    cases: tuple[CaseChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlier:
    """A case that changed far more than the others, on the scale that the versions are compared on."""

    case_id: str
    d: float
    """Current - baseline."""
    baseline: float


class Place(NamedTuple):
    """Which trial of a run: where reading it in pieces goes on."""

    case: int
    trial: int


@dataclass(frozen=True, slots=True)
class StoredScores:
    """What of a run has been scored."""

    tests: frozenset[str]
    lacking: Mapping[tuple[str, str], frozenset[str]]
    """By name and fingerprint of a metric: the tests that have a trace without it."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store holds."""

    location: str
    schema: str
    size: int
    """In bytes, with the write-ahead log."""
    experiments: int
    versions: int
    runs: int
    cases: int
    traces: int
    assessments: int
    oldest: Run | None = None
    newest: Run | None = None


class Store(Protocol):
    """Keeps runs and answers questions about them. Every method may raise ``StoreError``.

    Run ids are exact unless a name says otherwise; a method that needs a run and does not find it
    raises ``StoreError``.
    """

    location: str
    """For messages; never holds a password."""

    @property
    def datasets(self) -> Datasets:
        """The registered datasets."""

    @property
    def shards(self) -> Shards:
        """The sessions that fill runs together."""

    def begin(self, run: Run) -> None:
        """Store a run's header with status ``running``; a run that exists is reopened."""

    def add(self, run_id: str, results: Sequence[CaseResult]) -> None:
        """Store results, all or none. The same trial again replaces; a higher attempt supersedes."""

    def finish(
        self,
        run_id: str,
        *,
        status: RunStatus,
        reason: str | None,
        ended_at: float,
        expected: int | None = None,
    ) -> Run:
        """Close a run and return it as stored."""

    def update_run(
        self,
        run_id: str,
        *,
        tags: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        expected: int | None = None,
    ) -> None:
        """Add tags or params of the version to a run, or correct how many results it expects."""

    def remove(self, run_id: str) -> None:
        """Delete a run with everything in it; one that a named baseline points to is refused."""

    def run(self, run_id: str) -> Run | None:
        """Return a run."""

    def runs_with_prefix(self, prefix: str) -> list[Run]:
        """Return the runs whose id starts so, newest first."""

    def runs(
        self,
        experiment: str | None = None,
        *,
        version: str | None = None,
        env: str | None = None,
        limit: int | None = None,
    ) -> list[Run]:
        """Return recorded or imported runs, newest first; not those read from baseline files."""

    def experiments(self) -> list[str]:
        """Return the names of all experiments, sorted."""

    def results(self, run_id: str, *, all_attempts: bool = False) -> Iterator[CaseResult]:
        """Stream results sorted by test, dataset, case id, flags and trial; the newest attempt of each."""

    def case_results(self, run_id: str, key: CaseKey) -> list[CaseResult]:
        """Return the trials of one case, the newest attempt of each."""

    def stored_trials(self, run_id: str) -> list[StoredTrial]:
        """Return the highest attempt of every trial of a run, without what is wide, in no order."""

    def set_aside(self, run_id: str, trials: Sequence[tuple[CaseKey, int]]) -> None:
        """Let trials no longer count, as if a later attempt had come; all of their attempts stay."""

    def trials_from_case(self, run_id: str, key: CaseKey, *, limit: int) -> list[list[CaseResult]]:
        """Return the trials of a case and of those stored after it, each with all attempts, newest last."""

    def some_trials(
        self, run_id: str, *, after: Place | None = None, limit: int
    ) -> tuple[list[list[CaseResult]], Place | None]:
        """Return the next trials of a run, each with all of its attempts, and where they end.

        Each piece is read by itself, so that nothing is held open while what was read is worked on.
        """

    def stored_scores(self, run_id: str) -> StoredScores:
        """Return which metrics each test of a run has, and lacks for some of its traces."""

    def traces(
        self, where: Condition | None = None, *, experiment: str | None = None, limit: int
    ) -> list[TraceSummary]:
        """Return the newest traces that a condition holds for, newest first; not those of baseline files."""

    def traces_with_prefix(self, prefix: str, *, limit: int) -> list[TraceSummary]:
        """Return the traces whose id starts with these hexadecimal digits, newest first."""

    def traces_of_case(self, run_id: str, case: str) -> list[TraceSummary]:
        """Return the traces of a case, given by the case's id or the item's node id, newest first."""

    def imported_traces(self, trace_ids: Sequence[str], experiment: str) -> list[tuple[str, CaseResult]]:
        """Return traces of production by their exact ids, each with the id of its run."""

    def count_cases(self, run_id: str) -> int:
        """Return of how many cases a run has results; ``Run.stored`` says how many trials they had."""

    def metric_names(self) -> list[str]:
        """Return the names of all metrics, sorted."""

    def metric_summaries(self, run_id: str) -> list[SideCounts]:
        """Return what a run stored, for each metric name and fingerprint, sorted by name."""

    def metric_sums(
        self, baseline_id: str, current_id: str, *, cluster: str | None = None
    ) -> list[MetricSums]:
        """Pair two runs case by case and add up every metric that either has, sorted by name.

        :param cluster: a tag of the current run whose equal values make cases depend on each other.
        """

    def metrics_of_shared_cases(
        self, baseline_id: str, current_id: str, names: Collection[str]
    ) -> frozenset[str]:
        """Return those of the metrics that the baseline has for at least one case of the current run."""

    def slice_sums(
        self, baseline_id: str, current_id: str, *, max_values: int = 20, always: Collection[str] = ()
    ) -> list[SliceSums]:
        """Add up every metric over the cases of every tag value; tags with 2 to ``max_values`` values.

        :param always: tags that are added up whatever the number of their values.
        """

    def case_relation(self, baseline_id: str, current_id: str, *, limit: int = 1000) -> CaseRelation:
        """Count shared, new, gone and edited cases and list the first of them."""

    def changed_cases(
        self, baseline_id: str, current_id: str, watched: Sequence[WatchedMetric], *, limit: int
    ) -> ChangedCases:
        """Find the cases that got worse on any watched metric, or better on one and worse on none.

        An error now where the baseline had a value is worse too.
        """

    def newly_failing(self, baseline_id: str, current_id: str, *, metric: str, limit: int) -> NewlyFailing:
        """Find the cases that a yes/no metric passed in all trials of the baseline and fails mostly now."""

    def outlier(self, baseline_id: str, current_id: str, *, metric: str, log: bool) -> Outlier | None:
        """Find the case whose difference is more than 20 times the median of those that changed.

        :param log: whether differences are of logarithms.
        """

    def set_baseline(self, experiment: str, name: str, run_id: str, *, why: str, who: str, at: float) -> None:
        """Point a baseline name to a run; earlier entries stay as history."""

    def baseline(self, experiment: str, name: str) -> NamedBaseline | None:
        """Return the newest entry of a baseline name."""

    def baselines(self, experiment: str | None = None) -> list[NamedBaseline]:
        """Return the newest entry of every baseline name, sorted by experiment and name."""

    def baseline_history(self, experiment: str, name: str) -> list[NamedBaseline]:
        """Return all entries of a baseline name, newest first."""

    def save_verdict(self, comparison: Comparison, *, exit_code: int, at: float) -> None:
        """Keep what was decided about the current run, with the rule's version and the policy."""

    def verdict_of(self, run_id: str) -> str | None:
        """Return the newest overall verdict about a run."""

    def earlier_verdicts(self, run_id: str, baseline_id: str) -> list[str]:
        """Return the verdicts about other runs of the same clean commit against the same baseline."""

    def info(self) -> StoreInfo:
        """Return what the store holds."""

    def prune(
        self, *, keep: int, experiment: str | None = None, at: float = math.inf, dry_run: bool = False
    ) -> list[Run]:
        """Delete all but the newest runs of each experiment and return them; with ``dry_run`` only return.

        Runs that any entry of a baseline name points to stay.

        :param at: now by the clock; runs that are not closed and got something in the day before may still be
            recorded, and stay.
        """

    def confirm(self) -> None:
        """Refuse a file that was removed, replaced or damaged while it was in use.

        :raises StoreError: it was.
        """

    def close(self) -> None:
        """Release the files."""
