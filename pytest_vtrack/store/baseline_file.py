"""Baselines as files to commit: one line a case, so that the diff of a pull request is the review."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pytest_vtrack.errors import ReferenceInvalid, ReferenceUnknown, StoreError
from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import STABLE
from pytest_vtrack.model.run import CaseResult, Run
from pytest_vtrack.store import baseline_lines as lines
from pytest_vtrack.store.protocol import Store

_MEASURED = b'{"measured"'
_BATCH = 500


def write_baseline(path: Path, store: Store, run: Run, *, scores_only: bool = False) -> int:
    """Write a stored run as a baseline file and return the number of its cases.

    A run of the same cases with the same results differs only in the first line and in the lines of
    measurements at the end.

    :param scores_only: leave out inputs, expectations, outputs and rationales.
    :raises StoreError: the file cannot be written.
    """
    summaries = store.metric_summaries(run.id)
    specs = lines.keyed([summary.spec for summary in summaries if summary.spec != STABLE])
    datasets: Counter[str] = Counter()
    with tempfile.TemporaryFile() as cases, tempfile.TemporaryFile() as measured:
        for chunk in _chunks(store.results(run.id)):
            for trials in chunk:
                datasets[trials[0].key.dataset] += 1
                _write_line(cases, lines.case_record(trials, specs, scores_only=scores_only))
            _write_line(measured, lines.measured_record(chunk, specs))
        first = lines.header(run, specs, datasets, scores_only=scores_only)
        _write_file(path, first, (cases, measured))
    return sum(datasets.values())


def read_baseline(path: Path) -> tuple[Run, Iterator[CaseResult]]:
    """Return the run that a baseline file holds, and a stream of its results.

    The run's id stands for the content of the file, whatever its line endings.

    :raises ReferenceInvalid: the file is no baseline; the message names the line and what was expected.
    """
    scanned = _scan(path)
    return scanned.run, _results(path, scanned)


def import_baseline(store: Store, path: Path) -> Run:
    """Read a baseline file into the store, once for each content, and return its run.

    :raises ReferenceInvalid: the file is no baseline.
    """
    run, results = read_baseline(path)
    stored = store.run(run.id)
    if stored is not None and stored.complete:
        return stored
    store.begin(run)
    try:
        while batch := list(itertools.islice(results, _BATCH)):
            store.add(run.id, batch)
    except ReferenceInvalid:
        store.remove(run.id)
        raise
    return store.finish(run.id, status="complete", reason=None, ended_at=run.started_at)


def imported_run(store: Store, path: Path) -> Run:
    """Return the run of a baseline file that was read into the store before.

    :raises ReferenceInvalid: the file is no baseline.
    :raises ReferenceUnknown: the store does not have it.
    """
    run = store.run(_scan(path).run.id)
    if run is None or not run.complete:
        raise ReferenceUnknown(f"{path}: this baseline file has not been read into {store.location} yet")
    return run


@dataclass(frozen=True, slots=True)
class _Scanned:
    """What one pass over a file finds without reading its cases."""

    run: Run
    header: Mapping[str, Any]
    cases: int
    measured_at: int | None
    """Where the lines of measurements begin, in bytes."""


def _chunks(results: Iterator[CaseResult]) -> Iterator[list[list[CaseResult]]]:
    """Return the results in chunks of cases, each a list of its trials."""
    cases = (list(trials) for _, trials in itertools.groupby(results, key=lambda result: result.key))
    while chunk := list(itertools.islice(cases, lines.CHUNK)):
        yield chunk


def _write_line(file: IO[bytes], record: Mapping[str, Any]) -> None:
    file.write(payload.encode(record, "record").text.encode() + b"\n")


def _write_file(path: Path, first: Mapping[str, Any], parts: Iterable[IO[bytes]]) -> None:
    """Write the file beside its place and move it there, so that no reader sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            _write_line(file, first)
            for part in parts:
                part.seek(0)
                shutil.copyfileobj(part, file)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise StoreError(f"{path}: the baseline file cannot be written ({error.strerror})") from None


def _scan(path: Path) -> _Scanned:
    hasher = hashlib.blake2b(digest_size=16)
    header, count, position, measured_at = None, 0, 0, None
    try:
        with path.open("rb") as file:
            for line in file:
                hasher.update(line.rstrip(b"\r\n") + b"\n")
                if header is None:
                    header = _header(path, line)
                elif line.startswith(_MEASURED):
                    measured_at = position if measured_at is None else measured_at
                else:
                    count += 1
                position += len(line)
    except OSError as error:
        raise ReferenceInvalid(f"{path}: the baseline file cannot be read ({error.strerror})") from None
    if header is None:
        raise ReferenceInvalid(
            f"{path}: the file is empty; `vtrack baseline set NAME --file` writes a baseline"
        )
    if count != header["cases"]:
        raise ReferenceInvalid(
            f"{path}: the first line counts {header['cases']} cases, but {count} follow; "
            "was the file cut or merged? Record it again"
        )
    return _Scanned(_run(path, header, hasher.hexdigest()), header, count, measured_at)


def _header(path: Path, line: bytes) -> Mapping[str, Any]:
    record = _parsed(path, 1, line, "the description of the run")
    version = record.get("vtrack_baseline")
    if version != lines.FORMAT:
        newer = isinstance(version, int) and version > lines.FORMAT
        why = (
            f"format {version} was written by a newer pytest-vtrack" if newer else "this is no baseline file"
        )
        raise ReferenceInvalid(
            f'{path}, line 1: {why}; expected an object that begins with "vtrack_baseline": {lines.FORMAT}'
        )
    if not isinstance(record.get("cases"), int):
        raise ReferenceInvalid(f'{path}, line 1: expected "cases", the number of cases that follow')
    return record


def _run(path: Path, header: Mapping[str, Any], run_id: str) -> Run:
    try:
        lines.specs_of(header)
        return lines.run_of(header, run_id)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReferenceInvalid(
            f"{path}, line 1: {_problem(error)}; expected experiment, version, env, created_at and metrics"
        ) from None


def _results(path: Path, scanned: _Scanned) -> Iterator[CaseResult]:
    specs = lines.specs_of(scanned.header)
    with path.open("rb") as file, path.open("rb") as second:
        measurements = _measurements(path, second, scanned)
        file.readline()
        for number, line in enumerate(itertools.islice(file, scanned.cases), start=2):
            record = _parsed(path, number, line, "a case")
            try:
                yield from lines.results_of(record, next(measurements, {}), specs)
            except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                raise ReferenceInvalid(
                    f"{path}, line {number}: {_problem(error)}; "
                    "expected a case with case, dataset, test, digest, outcome and metrics"
                ) from None


def _measurements(path: Path, file: IO[bytes], scanned: _Scanned) -> Iterator[Mapping[str, Any]]:
    """Stream each case's part of the lines of measurements."""
    if scanned.measured_at is None:
        return
    file.seek(scanned.measured_at)
    number = scanned.cases + 2
    for line in file:
        record = _parsed(path, number, line, "measurements")
        names = ("started_at", "duration_s", "metrics")
        columns = [record.get(name) for name in names]
        if any(not isinstance(column, list) or len(column) != record["measured"] for column in columns):
            raise ReferenceInvalid(
                f"{path}, line {number}: expected lists started_at, duration_s and metrics, "
                f"one entry for each of the {record['measured']!r} cases"
            )
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))
        number += 1


def _parsed(path: Path, number: int, line: bytes, expected: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        shown = line[:60].decode(errors="replace").strip()
        raise ReferenceInvalid(f"{path}, line {number}: {shown!r} is no JSON object; expected {expected}")
    return record


def _problem(error: Exception) -> str:
    return (
        f"{error.args[0]!r} is missing"
        if isinstance(error, KeyError)
        else f"a value is of the wrong kind ({error})"
    )
