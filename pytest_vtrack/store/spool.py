"""Results that wait in a file for a store that takes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model import payload
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.store.exchange import result_of, result_record, run_of, spec_of
from pytest_vtrack.store.exchange_lines import read_part, records_of
from pytest_vtrack.store.location import ensure_folder

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import MetricSpec
    from pytest_vtrack.model.run import Run, RunStatus
    from pytest_vtrack.store.protocol import Store

FORMAT = 1
_MARK = "vtrack_spool"
_BATCH = 500
_ENDED = ("passed", "failed")
"""Outcomes of a test that came to its end: an error that another session met meanwhile says less."""


class Spool:
    """A file of JSON lines that is there only while something waits in it.

    Their runs are in the store already: a run is opened before its first result.

    :param when: after what the store takes results again, in words.
    :param whole: keep the headers of runs too, as the store itself may be lost.
    """

    def __init__(self, path: Path, when: str = "the server is back", *, whole: bool = False) -> None:
        self.path = path
        self.whole = whole
        self._when = when
        self._begun = False
        self._specs: dict[MetricSpec, int] = {}

    def add(self, results: Sequence[tuple[str, CaseResult]]) -> None:
        """Keep results, each with the id of its run; they outlive this process.

        :raises StoreError: the file cannot be written.
        """
        records: list[Mapping[str, Any]] = []
        specs = dict(self._specs)
        for run_id, result in results:
            for assessment in result.assessments:
                if assessment.metric not in specs:
                    specs[assessment.metric] = len(specs)
                    records.append({"metric": asdict(assessment.metric)})
            records.append({"of": run_id, "result": result_record(result, specs)})
        self._write(records)
        self._specs = specs

    def begin(self, run: Run) -> None:
        """Keep a run's header, for a store that lacks it."""
        self._write([{"run": asdict(run)}])

    def describe(
        self, run_id: str, *, tags: Mapping[str, str] | None, params: Mapping[str, str] | None
    ) -> None:
        """Keep what was told of a run."""
        self._write([{"of": run_id, "told": {"tags": tags, "params": params}}])

    def end(
        self,
        run_id: str,
        shard_id: str | None,
        *,
        status: RunStatus,
        reason: str | None,
        ended_at: float,
        expected: int | None,
    ) -> None:
        """Keep how a run ended, or this session's part in it."""
        told = {"status": status, "reason": reason, "ended_at": ended_at, "expected": expected}
        self._write([{"of": run_id, "shard": shard_id, "end": told}])

    def told(self, error: StoreError, results: int = 0) -> StoreError:
        """Return an error that says where what could not be stored is."""
        what = f"{results} results could not be stored; they are" if results else "How the run ended is"
        return type(error)(
            f"{error}. {what} in {self.path}: when {self._when}, `vtrack store import {self.path}` stores it"
        )

    def remove(self) -> None:
        """Forget everything: it is stored."""
        self._begun = False
        self._specs.clear()
        self.path.unlink(missing_ok=True)

    def _write(self, records: Iterable[Mapping[str, Any]]) -> None:
        lines = [] if self._begun else [json.dumps({_MARK: FORMAT})]
        lines += [payload.encode(record, "record").text for record in records]
        try:
            ensure_folder(self.path.parent)
            with self.path.open("ab" if self._begun else "xb", buffering=0) as file:
                _append(file, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            if not self._begun:
                with suppress(OSError):
                    self.path.unlink()
            raise StoreError(
                f"{self.path}: what the store does not take cannot be kept here ({error.strerror})"
            ) from None
        self._begun = True


def _append(file: BinaryIO, data: bytes) -> None:
    """Write all of it, or, where the disk is full, nothing."""
    before = file.tell()
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(before)
        raise


def is_spool(first_line: str) -> bool:
    """Tell by its first line whether a file is a spool."""
    return first_line.startswith(f'{{"{_MARK}"')


@dataclass(frozen=True, slots=True)
class _Told:
    """What tests told of a run."""

    of: str
    tags: Mapping[str, str] | None
    params: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class _End:
    """How a session left a run."""

    of: str
    shard: str | None
    status: RunStatus
    reason: str | None
    ended_at: float
    expected: int | None


def import_spool(store: Store, file: Iterable[str]) -> tuple[int, int]:
    """Store what waits in a spool; return how many results were added, and how many were stored before.

    A run that was closed in the meantime, as by a session that went on with it, stays as it is.

    :raises StoreError: a run is not in the store, or a line cannot be read. What comes after the last whole
        line of a session that was killed is left out.
    """
    specs: list[MetricSpec] = []
    waiting: dict[str, list[CaseResult]] = {}
    told: list[_Told] = []
    ends: list[_End] = []
    for number, record in records_of(line for line in file if line.endswith("\n")):
        if "run" in record:
            _begin(store, read_part(number, run_of, record["run"]))
        elif "metric" in record:
            specs.append(read_part(number, spec_of, record["metric"]))
        elif "result" in record:
            run_id, result = read_part(number, _result_of, record, specs)
            waiting.setdefault(run_id, []).append(result)
        elif "told" in record:
            told.append(read_part(number, _told_of, record))
        elif "end" in record:
            ends.append(read_part(number, _end_of, record))
    counts = [_store(store, run_id, results) for run_id, results in waiting.items()]
    for each in told:
        store.update_run(each.of, tags=each.tags, params=each.params)
    for end in ends:
        _close(store, end)
    return sum(added for added, _ in counts), sum(known for _, known in counts)


def _result_of(record: Mapping[str, Any], specs: Sequence[MetricSpec]) -> tuple[str, CaseResult]:
    return record["of"], result_of(record["result"], specs)


def _told_of(record: Mapping[str, Any]) -> _Told:
    return _Told(record["of"], **record["told"])


def _end_of(record: Mapping[str, Any]) -> _End:
    return _End(record["of"], record["shard"], **record["end"])


def _close(store: Store, end: _End) -> None:
    """Close a run as its session would have done, unless it or its shard was closed since."""
    told: dict[str, Any] = {"status": end.status, "reason": end.reason, "ended_at": end.ended_at}
    if end.shard is not None:
        shards = store.shards.of_run(end.of)
        if any(shard.id == end.shard and shard.status == "running" for shard in shards):
            store.shards.leave(end.of, end.shard, **told)
        return
    run = store.run(end.of)
    if run is None or run.status == "running":
        store.finish(end.of, expected=end.expected, **told)


def _begin(store: Store, run: Run) -> None:
    if store.run(run.id) is None:
        store.begin(run)


def _store(store: Store, run_id: str, results: list[CaseResult]) -> tuple[int, int]:
    """Add results of a run; what was stored in the meantime stays, as long as it says as much."""
    there = {(each.key, each.trial): each for each in store.stored_trials(run_id)}
    later: dict[tuple[CaseKey, int], int] = {}
    fresh = []
    for each in results:
        trial = each.key, each.trial
        known = there.get(trial)
        if known is not None and known.outcome not in _ENDED and each.outcome in _ENDED:
            later.setdefault(trial, max(known.attempt + 1 - each.attempt, 0))
        attempt = each.attempt + later.get(trial, 0)
        if known is None or known.attempt < attempt:
            fresh.append(replace(each, attempt=attempt))
    for start in range(0, len(fresh), _BATCH):
        store.add(run_id, fresh[start : start + _BATCH])
    return len(fresh), len(results) - len(fresh)
