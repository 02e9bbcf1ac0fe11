"""Moving runs between stores, without loss: JSON lines with every attempt of every trial."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TextIO

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store.exchange_lines import Records, read_part, records_of, write_record
from pytest_vtrack.store.exchange_names import Names
from pytest_vtrack.store.protocol import Store

FORMAT = 1
_BATCH = 500
_Trial = tuple[CaseKey, int]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many runs an import added, how many the store had already, and what else came."""

    added: int = 0
    existing: int = 0
    baselines: int = 0
    """Entries in the history of baseline names."""
    datasets: int = 0
    """Versions of registered datasets."""
    kept: tuple[str, ...] = ()
    """Baselines and datasets that are something else here, and were left as they are here."""


def export_runs(store: Store, run_ids: Iterable[str], file: TextIO) -> int:
    """Write runs as JSON lines and return how many.

    :raises StoreError: a run is not stored.
    """
    write_record(file, {"vtrack_runs": FORMAT})
    count = 0
    for run_id in run_ids:
        run = store.run(run_id)
        if run is None:
            raise StoreError(f"export: run {run_id!r} is not in {store.location}")
        _write_run(file, store, run)
        count += 1
    return count


def import_runs(store: Store, file: TextIO) -> Imported:
    """Read runs that :func:`export_runs` wrote, and names; what the store has is left as it is.

    :raises StoreError: a line cannot be read; the run that it belongs to is not imported.
    """
    records = records_of(file)
    number, first = next(records, (1, {}))
    if first.get("vtrack_runs") != FORMAT:
        raise StoreError(
            f'import, line {number}: expected {{"vtrack_runs": {FORMAT}}}, as `vtrack store export` writes'
        )
    added = existing = 0
    names = Names(store)
    for number, record in records:
        if names.take(number, record, records):
            continue
        if "run" not in record:
            raise StoreError(f'import, line {number}: expected the beginning of a run, {{"run": …}}')
        run = read_part(number, run_of, record["run"])
        rest = _Rest()
        results = _results_of(records, run, rest)
        if store.run(run.id) is None:
            _add(store, run, results, rest)
            added += 1
        else:
            deque(results, maxlen=0)  # read past it
            existing += 1
    return Imported(added, existing, names.baselines, names.datasets, names.kept)


def _write_run(file: TextIO, store: Store, run: Run) -> None:
    specs: dict[MetricSpec, int] = {}
    write_record(file, {"run": asdict(run)})
    count = trials = 0
    before: _Trial | None = None
    for result in store.results(run.id, all_attempts=True):
        trial = result.key, result.trial
        trials += trial != before
        before = trial
        for assessment in result.assessments:
            if assessment.metric not in specs:
                specs[assessment.metric] = len(specs)
                write_record(file, {"metric": asdict(assessment.metric)})
        write_record(file, {"result": result_record(result, specs)})
        count += 1
    aside = _set_aside(store, run.id) if trials > run.stored else []
    shards = [{**asdict(each), "nodeids": sorted(each.nodeids)} for each in store.shards.of_run(run.id)]
    more = {"aside": aside, "shards": shards}
    end = {"end": run.id, "results": count}
    write_record(file, end | {name: records for name, records in more.items() if records})


def _set_aside(store: Store, run_id: str) -> list[list[Any]]:
    """Return the trials that no longer count, as records."""
    return [[asdict(each.key), each.trial] for each in store.stored_trials(run_id) if not each.counts]


def result_record(result: CaseResult, specs: Mapping[MetricSpec, int]) -> dict[str, Any]:
    """Return a result as a record, its metrics by number."""
    record = {field.name: getattr(result, field.name) for field in fields(result)}
    record["key"] = asdict(result.key)
    kept = [field.name for field in fields(Assessment) if field.compare]
    record["assessments"] = [
        {**{name: getattr(each, name) for name in kept}, "metric": specs[each.metric]}
        for each in result.assessments
    ]
    return record


@dataclass
class _Rest:
    """What stands behind the results of a run."""

    aside: list[_Trial] = field(default_factory=list)
    """Trials that no longer count."""
    shards: list[Shard] = field(default_factory=list)


def _add(store: Store, run: Run, results: Iterator[CaseResult], rest: _Rest) -> None:
    store.begin(run)
    try:
        while batch := list(itertools.islice(results, _BATCH)):
            store.add(run.id, batch)
        if rest.aside:
            store.set_aside(run.id, rest.aside)
        for shard in rest.shards:
            store.shards.join(run, shard)
        _close(store, run)
    except BaseException:
        store.remove(run.id)
        raise


def _close(store: Store, run: Run) -> None:
    if run.ended_at is None:  # was still running, or crashed, when it was exported
        return
    store.finish(run.id, status=run.status, reason=run.reason, ended_at=run.ended_at, expected=run.expected)


def _results_of(records: Records, run: Run, rest: _Rest) -> Iterator[CaseResult]:
    """Yield the results of a run, and note what stands behind them."""
    specs: list[MetricSpec] = []
    count = 0
    for number, record in records:
        match record:
            case {"metric": declared}:
                specs.append(read_part(number, spec_of, declared))
            case {"result": result}:
                yield read_part(number, result_of, result, specs)
                count += 1
            case {"end": run.id, "results": expected} if expected == count:
                rest.aside += read_part(number, _trials_of, record.get("aside", ()))
                rest.shards += read_part(number, _shards_of, record.get("shards", ()))
                return
            case _:
                raise StoreError(
                    f"import, line {number}: expected a result of run {run.id!r}, "
                    f"or its end after {count} results"
                )
    raise StoreError(f"import: the file ends inside run {run.id!r}; export it again")


def _trials_of(records: Iterable[Any]) -> list[_Trial]:
    return [(CaseKey(**key), int(trial)) for key, trial in records]


def _shards_of(records: Iterable[Mapping[str, Any]]) -> list[Shard]:
    return [
        Shard(**{**each, "nodeids": frozenset(each["nodeids"]), "chunks": _chunks_of(each["chunks"])})
        for each in records
    ]


def _chunks_of(records: Iterable[Any]) -> tuple[tuple[str, int, int, int], ...]:
    return tuple((name, start, stop, each) for name, start, stop, each in records)


def run_of(record: Mapping[str, Any]) -> Run:
    """Return a run from its record."""
    return Run(**{**record, "version": AppVersion(**record["version"])})


def spec_of(record: Mapping[str, Any]) -> MetricSpec:
    """Return a metric from its record."""
    bounds = record["bounds"]
    return MetricSpec(**{**record, "bounds": None if bounds is None else (bounds[0], bounds[1])})


def result_of(record: Mapping[str, Any], specs: Sequence[MetricSpec]) -> CaseResult:
    """Return a result from its record."""
    assessments = tuple(
        Assessment(**{**each, "metric": specs[each["metric"]]}) for each in record["assessments"]
    )
    key, warnings = CaseKey(**record["key"]), tuple(record["warnings"])
    return CaseResult(**{**record, "key": key, "assessments": assessments, "warnings": warnings})
