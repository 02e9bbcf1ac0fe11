"""The store over SQL: each method one transaction around the functions of this room."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from pytest_vtrack.model.comparison import Comparison, MetricSums, SideCounts
from pytest_vtrack.model.query import Condition
from pytest_vtrack.model.run import CaseKey, CaseResult, Run, RunStatus
from pytest_vtrack.model.stored_trial import StoredTrial
from pytest_vtrack.model.trace_summary import TraceSummary
from pytest_vtrack.store import (
    baselines,
    cases,
    changes,
    contents,
    failing,
    outliers,
    pairing,
    pruning,
    reading,
    runs,
    scored,
    shared_metrics,
    stored_trials,
    summaries,
    traces,
    verdicts,
    writing,
)
from pytest_vtrack.store.database import Database
from pytest_vtrack.store.datasets import SqlDatasets
from pytest_vtrack.store.protocol import (
    CaseRelation,
    ChangedCases,
    NamedBaseline,
    NewlyFailing,
    Outlier,
    Place,
    SliceSums,
    Store,
    StoredScores,
    StoreInfo,
    WatchedMetric,
)
from pytest_vtrack.store.shards import SqlShards
from pytest_vtrack.store.sqlite_file import SqliteFile
from pytest_vtrack.store.versions import open_current


def open_sqlite(path: Path, *, read_only: bool) -> Store:
    """Open a SQLite file as a store, creating or upgrading its tables.

    :raises StoreError: the file cannot be used as a store.
    """
    return _opened(SqliteFile(path, read_only=read_only))


def open_postgres(uri: str, *, read_only: bool) -> Store:
    """Open a PostgreSQL database as a store, creating or upgrading its tables.

    :raises StoreError: the server cannot be reached, or its database not used as a store.
    """
    from pytest_vtrack.store.postgres import PostgresDatabase

    return _opened(PostgresDatabase(uri, read_only=read_only))


def _opened(database: Database) -> Store:
    try:
        open_current(database)
        database.watch()
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


class SqlStore:
    """A :class:`~pytest_vtrack.store.protocol.Store` in one SQL database; its threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.location = database.location
        self.datasets = SqlDatasets(database)
        self.shards = SqlShards(database)

    def begin(self, run: Run) -> None:
        """Store a run's header with status ``running``; a run that exists is reopened."""
        self._database.write(partial(writing.begin, run=run))

    def add(self, run_id: str, results: Sequence[CaseResult]) -> None:
        """Store results, all or none. The same trial again replaces; a higher attempt supersedes."""

        def add(connection: sa.Connection) -> None:
            for piece in writing.pieces(results):
                writing.add(connection, run_id, piece)

        self._database.write(add)

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

        def finish(connection: sa.Connection) -> Run:
            writing.finish(
                connection, run_id, status=status, reason=reason, ended_at=ended_at, expected=expected
            )
            return runs.stored(connection, run_id)

        return self._database.write(finish)

    def update_run(
        self,
        run_id: str,
        *,
        tags: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        expected: int | None = None,
    ) -> None:
        """Add tags or params of the version to a run, or correct how many results it expects."""
        self._database.write(partial(writing.update, key=run_id, tags=tags, params=params, expected=expected))

    def remove(self, run_id: str) -> None:
        """Delete a run with everything in it; one that a named baseline points to is refused."""
        with self._database.writing(alone=True) as connection:
            pruning.remove(connection, [run_id])

    def run(self, run_id: str) -> Run | None:
        """Return a run."""
        with self._database.reading() as connection:
            return runs.by_key(connection, run_id)

    def runs_with_prefix(self, prefix: str) -> list[Run]:
        """Return the runs whose id starts so, newest first."""
        with self._database.reading() as connection:
            return runs.with_prefix(connection, prefix)

    def runs(
        self,
        experiment: str | None = None,
        *,
        version: str | None = None,
        env: str | None = None,
        limit: int | None = None,
    ) -> list[Run]:
        """Return recorded or imported runs, newest first; not those read from baseline files."""
        with self._database.reading() as connection:
            return runs.newest(connection, experiment, version, env, limit)

    def experiments(self) -> list[str]:
        """Return the names of all experiments, sorted."""
        with self._database.reading() as connection:
            return runs.experiments(connection)

    def results(self, run_id: str, *, all_attempts: bool = False) -> Iterator[CaseResult]:
        """Stream results sorted by test, dataset, case id, flags and trial; the newest attempt of each."""
        with self._database.reading() as connection:
            number = runs.run_number(connection, run_id)
            yield from reading.results(connection, number, all_attempts=all_attempts)

    def case_results(self, run_id: str, key: CaseKey) -> list[CaseResult]:
        """Return the trials of one case, the newest attempt of each."""
        with self._database.reading() as connection:
            return reading.case_results(connection, runs.run_number(connection, run_id), key)

    def stored_trials(self, run_id: str) -> list[StoredTrial]:
        """Return the highest attempt of every trial of a run, without what is wide, in no order."""
        with self._database.reading() as connection:
            number = runs.run_number(connection, run_id)
            return list(stored_trials.stored_trials(connection, number))

    def set_aside(self, run_id: str, trials: Sequence[tuple[CaseKey, int]]) -> None:
        """Let trials no longer count, as if a later attempt had come; all of their attempts stay."""

        def set_aside(connection: sa.Connection) -> None:
            stored_trials.set_aside(connection, runs.run_number(connection, run_id), trials)

        self._database.write(set_aside)

    def trials_from_case(self, run_id: str, key: CaseKey, *, limit: int) -> list[list[CaseResult]]:
        """Return the trials of a case and of those stored after it, each with all attempts, newest last."""
        with self._database.reading() as connection:
            return scored.trials_from_case(connection, runs.run_number(connection, run_id), key, limit)

    def some_trials(
        self, run_id: str, *, after: Place | None = None, limit: int
    ) -> tuple[list[list[CaseResult]], Place | None]:
        """Return the next trials of a run, each with all of its attempts, and where they end."""
        with self._database.reading() as connection:
            return scored.some_trials(connection, runs.run_number(connection, run_id), after, limit)

    def stored_scores(self, run_id: str) -> StoredScores:
        """Return which metrics each test of a run has, and lacks for some of its traces."""
        with self._database.reading() as connection:
            return scored.stored_scores(connection, runs.run_number(connection, run_id))

    def traces(
        self, where: Condition | None = None, *, experiment: str | None = None, limit: int
    ) -> list[TraceSummary]:
        """Return the newest traces that a condition holds for, newest first; not those of baseline files."""
        with self._database.reading() as connection:
            return traces.matching(connection, where, experiment, limit)

    def traces_with_prefix(self, prefix: str, *, limit: int) -> list[TraceSummary]:
        """Return the traces whose id starts with these hexadecimal digits, newest first."""
        with self._database.reading() as connection:
            return traces.with_prefix(connection, prefix, limit)

    def traces_of_case(self, run_id: str, case: str) -> list[TraceSummary]:
        """Return the traces of a case, given by the case's id or the item's node id, newest first."""
        with self._database.reading() as connection:
            return traces.of_case(connection, runs.run_number(connection, run_id), case)

    def imported_traces(self, trace_ids: Sequence[str], experiment: str) -> list[tuple[str, CaseResult]]:
        """Return traces of production by their exact ids, each with the id of its run."""
        with self._database.reading() as connection:
            return list(traces.imported(connection, trace_ids, experiment))

    def metric_names(self) -> list[str]:
        """Return the names of all metrics, sorted."""
        with self._database.reading() as connection:
            return traces.metric_names(connection)

    def count_cases(self, run_id: str) -> int:
        """Return of how many cases a run has results; ``Run.stored`` says how many trials they had."""
        with self._database.reading() as connection:
            return cases.count_cases(connection, runs.run_number(connection, run_id))

    def metric_summaries(self, run_id: str) -> list[SideCounts]:
        """Return what a run stored, for each metric name and fingerprint, sorted by name."""
        with self._database.reading() as connection:
            return summaries.metric_summaries(connection, runs.run_number(connection, run_id))

    def metric_sums(
        self, baseline_id: str, current_id: str, *, cluster: str | None = None
    ) -> list[MetricSums]:
        """Pair two runs case by case and add up every metric that either has, sorted by name."""
        with self._database.reading() as connection:
            return pairing.metric_sums(connection, baseline_id, current_id, cluster=cluster)

    def metrics_of_shared_cases(
        self, baseline_id: str, current_id: str, names: Collection[str]
    ) -> frozenset[str]:
        """Return those of the metrics that the baseline has for at least one case of the current run."""
        with self._database.reading() as connection:
            return shared_metrics.metrics_of_shared_cases(connection, baseline_id, current_id, names)

    def slice_sums(
        self, baseline_id: str, current_id: str, *, max_values: int = 20, always: Collection[str] = ()
    ) -> list[SliceSums]:
        """Add up every metric over the cases of every tag value; tags with 2 to ``max_values`` values."""
        with self._database.reading() as connection:
            return pairing.slice_sums(
                connection, baseline_id, current_id, max_values=max_values, always=always
            )

    def case_relation(self, baseline_id: str, current_id: str, *, limit: int = 1000) -> CaseRelation:
        """Count shared, new, gone and edited cases and list the first of them."""
        with self._database.reading() as connection:
            return cases.case_relation(connection, baseline_id, current_id, limit=limit)

    def changed_cases(
        self, baseline_id: str, current_id: str, watched: Sequence[WatchedMetric], *, limit: int
    ) -> ChangedCases:
        """Find the cases that got worse on any watched metric, or better on one and worse on none."""
        with self._database.reading() as connection:
            return changes.changed_cases(connection, baseline_id, current_id, watched, limit=limit)

    def newly_failing(self, baseline_id: str, current_id: str, *, metric: str, limit: int) -> NewlyFailing:
        """Find the cases that a yes/no metric passed in all trials of the baseline and fails mostly now."""
        with self._database.reading() as connection:
            return failing.newly_failing(connection, baseline_id, current_id, metric=metric, limit=limit)

    def outlier(self, baseline_id: str, current_id: str, *, metric: str, log: bool) -> Outlier | None:
        """Find the case whose difference is more than 20 times the median of those that changed."""
        with self._database.reading() as connection:
            return outliers.outlier(connection, baseline_id, current_id, metric=metric, log=log)

    def set_baseline(self, experiment: str, name: str, run_id: str, *, why: str, who: str, at: float) -> None:
        """Point a baseline name to a run; earlier entries stay as history."""
        with self._database.writing() as connection:
            baselines.set_baseline(connection, NamedBaseline(experiment, name, run_id, why, who, at))

    def baseline(self, experiment: str, name: str) -> NamedBaseline | None:
        """Return the newest entry of a baseline name."""
        return next(iter(self.baseline_history(experiment, name)), None)

    def baselines(self, experiment: str | None = None) -> list[NamedBaseline]:
        """Return the newest entry of every baseline name, sorted by experiment and name."""
        with self._database.reading() as connection:
            return baselines.newest_of_each(connection, experiment)

    def baseline_history(self, experiment: str, name: str) -> list[NamedBaseline]:
        """Return all entries of a baseline name, newest first."""
        with self._database.reading() as connection:
            return baselines.history(connection, experiment, name)

    def save_verdict(self, comparison: Comparison, *, exit_code: int, at: float) -> None:
        """Keep what was decided about the current run, with the rule's version and the policy."""
        with self._database.writing() as connection:
            verdicts.save_verdict(connection, comparison, exit_code=exit_code, at=at)

    def verdict_of(self, run_id: str) -> str | None:
        """Return the newest overall verdict about a run."""
        with self._database.reading() as connection:
            return verdicts.verdict_of(connection, run_id)

    def earlier_verdicts(self, run_id: str, baseline_id: str) -> list[str]:
        """Return the verdicts about other runs of the same clean commit against the same baseline."""
        with self._database.reading() as connection:
            return verdicts.earlier_verdicts(connection, run_id, baseline_id)

    def info(self) -> StoreInfo:
        """Return what the store holds."""
        with self._database.reading() as connection:
            return contents.info(connection, self.location, self._database.size(connection))

    def prune(
        self, *, keep: int, experiment: str | None = None, at: float = math.inf, dry_run: bool = False
    ) -> list[Run]:
        """Delete all but the newest runs of each experiment and return them; with ``dry_run`` only return."""
        if dry_run:
            with self._database.reading() as connection:
                return pruning.superfluous(connection, keep=keep, experiment=experiment, at=at)
        with self._database.writing(alone=True) as connection:
            found = pruning.superfluous(connection, keep=keep, experiment=experiment, at=at)
            if found:
                pruning.remove(connection, [run.id for run in found])
        if found:
            self._database.shrink()
        return found

    def confirm(self) -> None:
        """Refuse a file that was removed, replaced or damaged while it was in use."""
        self._database.confirm()

    def close(self) -> None:
        """Release the files."""
        self._database.close()
