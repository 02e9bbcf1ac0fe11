"""Case results as plain values, so that they ride on test reports between processes."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult

Plain = dict[str, Any]


class Sender:
    """Turns results into plain values; each metric is described once per process, then named by its key."""

    def __init__(self) -> None:
        self._keys: dict[MetricSpec, str] = {}

    def plain(self, result: CaseResult) -> Plain:
        """Return a result as dicts, lists and scalars only."""
        new: list[list[Any]] = []
        key = result.key
        return {
            "key": [key.test, key.dataset, key.case_id, key.digest, key.flags],
            "nodeid": result.nodeid,
            "outcome": result.outcome,
            "trial": result.trial,
            "attempt": result.attempt,
            "inputs": result.inputs,
            "expectations": result.expectations,
            "tags": dict(result.tags),
            "outputs": result.outputs,
            "error": result.error,
            "started_at": result.started_at,
            "duration_s": result.duration_s,
            "assessments": [self._assessment(each, new) for each in result.assessments],
            "warnings": list(result.warnings),
            "trace_id": result.trace_id,
            "spans": result.spans,
            "metrics": new,
        }

    def _assessment(self, each: Assessment, new: list[list[Any]]) -> list[Any]:
        key = self._keys.get(each.metric)
        if key is None:
            spec = _plain_spec(each.metric)
            key = self._keys[each.metric] = payload.digest(repr(spec))
            new.append([key, *spec])
        metadata = payload.encode(each.metadata, "metadata").text if each.metadata else None
        return [key, each.value, each.rationale, each.error, each.source, metadata]


class Receiver:
    """Turns plain values back into results."""

    def __init__(self) -> None:
        self._specs: dict[str, MetricSpec] = {}

    def result(self, plain: Plain) -> CaseResult:
        """Return the result that :meth:`Sender.plain` was given."""
        for key, *spec in plain["metrics"]:
            self._specs[key] = _spec(spec)
        return CaseResult(
            key=CaseKey(*plain["key"]),
            nodeid=plain["nodeid"],
            outcome=plain["outcome"],
            trial=plain["trial"],
            attempt=plain["attempt"],
            inputs=plain["inputs"],
            expectations=plain["expectations"],
            tags=plain["tags"],
            outputs=plain["outputs"],
            error=plain["error"],
            started_at=plain["started_at"],
            duration_s=plain["duration_s"],
            assessments=tuple([self._assessment(each) for each in plain["assessments"]]),
            warnings=tuple(plain["warnings"]),
            trace_id=plain["trace_id"],
            spans=plain["spans"],
        )

    def _assessment(self, plain: list[Any]) -> Assessment:
        key, value, rationale, error, source, metadata = plain
        return Assessment(
            self._specs[key],
            value,
            rationale,
            error,
            source,
            payload.decode(metadata) if metadata else {},
        )


def _plain_spec(spec: MetricSpec) -> list[Any]:
    name, fingerprint, better, tolerance, bounds, kind, gate, must_pass = astuple(spec)
    return [name, fingerprint, better, tolerance, list(bounds) if bounds else None, kind, gate, must_pass]


def _spec(plain: list[Any]) -> MetricSpec:
    name, fingerprint, better, tolerance, bounds, kind, gate, must_pass = plain
    low_high = (bounds[0], bounds[1]) if bounds else None
    return MetricSpec(name, fingerprint, better, tolerance, low_high, kind, gate, must_pass)
