"""Reading traces of production into the store: a run for each version in each environment.

What a trace becomes depends on the trace only, so that the same file twice changes nothing, and files that
hold parts of one trace add up. A trace stays in the run that it first came to.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_vtrack.interop.otlp_reading import read_otlp
from pytest_vtrack.interop.otlp_traces import ProductionTrace, assembled, sourced
from pytest_vtrack.model import payload, spans
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store.protocol import Store

NO_VERSION, NO_ENVIRONMENT = "0+unknown", "unknown"
_TEST = "production"
_BATCH = 500


@dataclass(slots=True)
class ImportedTraces:
    """What an import did."""

    added: int = 0
    completed: int = 0
    """Traces that were here, and to which the file adds spans."""
    unchanged: int = 0
    spans: int = 0
    """In the file."""
    other: int = 0
    """Lines of metrics and logs, which were left out."""
    runs: tuple[str, ...] = ()
    """Ids of the runs that the traces of the file are in."""


def import_otlp(store: Store, path: Path, experiment: str, redaction: Redaction) -> ImportedTraces:
    """Store the traces of an OTLP/JSON file.

    :param redaction: what is masked before anything is stored.
    :raises TraceFileError: the file cannot be read; nothing was stored.
    """
    with read_otlp(path) as file:
        done = ImportedTraces(spans=file.spans, other=file.other)
        runs = _Runs(store, experiment)
        traces = (_masked(trace, redaction) for trace in file.traces())
        while batch := list(itertools.islice(traces, _BATCH)):
            for run_id, results in _new_results(store, batch, runs, done).items():
                runs.add(run_id, results)
        runs.close()
        done.runs = tuple(runs.seen)
    return done


class _Runs:
    """The runs that traces go to, begun when the first one comes."""

    def __init__(self, store: Store, experiment: str) -> None:
        self._store, self.experiment = store, experiment
        self._begun: set[str] = set()
        self.seen: dict[str, float] = {}
        """When the last trace of the file in each run ended."""

    def of(self, trace: ProductionTrace) -> str:
        """Return the id of the run that a new trace belongs to; it is begun where there is none."""
        version, env = trace.version or NO_VERSION, trace.env or NO_ENVIRONMENT
        key = (_TEST, self.experiment, version, env)
        run_id = payload.digest(*key) + payload.digest(*reversed(key))
        if run_id not in self._begun:
            shape = {"started_at": trace.trace.started_at, "origin": "import"}
            self._store.begin(Run(run_id, self.experiment, AppVersion(version), env, **shape))  # type: ignore[arg-type]
            self._begun.add(run_id)
        return run_id

    def note(self, run_id: str, trace: Trace) -> None:
        """Note that a trace is in a run."""
        ended = trace.started_at + trace.duration_s
        self.seen[run_id] = max(self.seen.get(run_id, ended), ended)

    def add(self, run_id: str, results: Sequence[CaseResult]) -> None:
        """Store results."""
        self._store.add(run_id, results)
        self._begun.add(run_id)

    def close(self) -> None:
        """Close what was begun, and what an import that was broken off left open."""
        for run_id, ended in self.seen.items():
            run = self._store.run(run_id)
            if run is not None and (run_id in self._begun or run.status == "running"):
                last = max(ended, run.ended_at or ended)
                self._store.finish(run_id, status="complete", reason=None, ended_at=last)


def _new_results(
    store: Store, traces: Iterable[ProductionTrace], runs: _Runs, done: ImportedTraces
) -> dict[str, list[CaseResult]]:
    """Return what has to be stored, by run."""
    by_id = {trace.trace_id: trace for trace in traces}
    found: dict[str, list[CaseResult]] = defaultdict(list)
    known = {
        result.trace_id: (run_id, result)
        for run_id, result in store.imported_traces(list(by_id), runs.experiment)
    }
    for trace_id, trace in by_id.items():
        if trace_id not in known:
            run_id = runs.of(trace)
            found[run_id].append(_result(trace))
            done.added += 1
        else:
            run_id, stored = known[trace_id]
            before = spans.decode_all(stored.spans)
            trace = assembled(trace_id, [*sourced(before), *sourced(trace.trace.spans)])
            if trace.trace.spans == before:
                done.unchanged += 1
            else:
                found[run_id].append(_result(trace))
                done.completed += 1
        runs.note(run_id, trace.trace)
    return found


def _masked(trace: ProductionTrace, redaction: Redaction) -> ProductionTrace:
    text = spans.encode(trace.trace.spans).text
    masked = redaction.text(text)
    again = trace if masked == text else assembled(trace.trace_id, sourced(spans.decode_all(masked)))
    tags = {name: redaction.tag(name, value) for name, value in again.trace.tags.items()}
    return replace(again, trace=replace(again.trace, tags=tags))


def _result(trace: ProductionTrace) -> CaseResult:
    whole = trace.trace
    return CaseResult(
        key=CaseKey(_TEST, "", trace.trace_id),
        nodeid=trace.name,
        outcome="passed" if whole.status == "ok" else "error",
        inputs="{}" if whole.inputs is None else payload.encode(whole.inputs, "inputs").text,
        outputs=None if whole.outputs is None else payload.encode(whole.outputs, "outputs").text,
        tags=whole.tags,
        error=whole.error if whole.status == "error" else None,
        started_at=whole.started_at,
        duration_s=whole.duration_s,
        trace_id=trace.trace_id,
        spans=spans.encode(whole.spans).text,
    )
