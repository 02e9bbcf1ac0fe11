"""The lines of a baseline file: cases that a reviewer reads, and measurements that differ in every run.

A value stands alone where a case ran once, and as a list over trials where it ran otherwise.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import RATIO_KINDS, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion

FORMAT = 1
CHUNK = 100
"""How many cases one line of measurements holds."""

Record: TypeAlias = dict[str, Any]
Specs: TypeAlias = Mapping[str, MetricSpec]
"""What metrics are declared to be, by the key under which they stand in the file."""

_ABSENT: Record = {}
"""Stands in a list over trials where a trial has no such assessment."""
_KNOWN = tuple(each.name for each in fields(AppVersion) if each.name != "name")


def keyed(specs: Sequence[MetricSpec]) -> dict[str, MetricSpec]:
    """Return specs by their key: the metric's name, with the fingerprint where several share the name."""
    names = [spec.name for spec in specs]
    found = {
        spec.name if names.count(spec.name) == 1 else f"{spec.name}@{spec.fingerprint}": spec
        for spec in specs
    }
    return dict(sorted(found.items()))


def header(run: Run, specs: Specs, datasets: Mapping[str, int], *, scores_only: bool) -> Record:
    """Return the first line: what was run, and what its metrics are declared to be."""
    version = {name: value for name in _KNOWN if (value := getattr(run.version, name)) not in (None, {})}
    return {
        "vtrack_baseline": FORMAT,
        "experiment": run.experiment,
        "version": run.version.name,
        **version,
        "env": run.env,
        **({"flags": dict(run.flags)} if run.flags else {}),
        "run": run.id,
        "created_at": _iso(run.started_at),
        **({"scores_only": True} if scores_only else {}),
        "cases": sum(datasets.values()),
        "datasets": dict(sorted(datasets.items())),
        "metrics": {key: _spec_record(key, spec) for key, spec in specs.items()},
    }


def run_of(record: Mapping[str, Any], run_id: str) -> Run:
    """Return the run that a first line describes."""
    version = AppVersion(record["version"], **{name: record[name] for name in _KNOWN if name in record})
    return Run(
        id=run_id,
        experiment=record["experiment"],
        version=version,
        env=record["env"],
        flags=record.get("flags", {}),
        started_at=datetime.datetime.fromisoformat(record["created_at"]).timestamp(),
        status="complete",
        origin="file",
    )


def specs_of(record: Mapping[str, Any]) -> dict[str, MetricSpec]:
    """Return the metrics that a first line declares."""
    return {key: _spec(key, declared) for key, declared in record["metrics"].items()}


def case_record(trials: Sequence[CaseResult], specs: Specs, *, scores_only: bool) -> Record:
    """Return the line of one case."""
    first, each = trials[0], _each(trials)
    key = first.key
    identity = {"case": key.case_id, "dataset": key.dataset, "test": key.test}
    settled = {name: spec for name, spec in specs.items() if not is_measured(spec)}
    return {
        **identity,
        **({"flags": key.flags} if key.flags else {}),
        "digest": key.digest,
        **({"tags": dict(sorted(first.tags.items()))} if first.tags else {}),
        **_contents(trials, scores_only=scores_only),
        **({} if _is_plain(trials) else {"trials": [result.trial for result in trials]}),
        "outcome": each(lambda result: result.outcome),
        **({"error": each(lambda result: result.error)} if any(r.error for r in trials) else {}),
        "metrics": _metrics(trials, settled),
        **({} if scores_only else _rationales(trials, settled)),
    }


def measured_record(cases: Sequence[Sequence[CaseResult]], specs: Specs) -> Record:
    """Return the line of what differs in every run, for some cases in order."""
    measured = {name: spec for name, spec in specs.items() if is_measured(spec)}
    return {
        "measured": len(cases),
        "started_at": [_each(trials)(lambda result: result.started_at) for trials in cases],
        "duration_s": [_each(trials)(lambda result: result.duration_s) for trials in cases],
        "metrics": [_metrics(trials, measured) for trials in cases],
    }


def is_measured(spec: MetricSpec) -> bool:
    """Tell whether a metric differs in every run although nothing changed."""
    return spec.kind in RATIO_KINDS


def results_of(record: Mapping[str, Any], measured: Mapping[str, Any], specs: Specs) -> list[CaseResult]:
    """Return the trials of the case that a line describes.

    :param measured: the case's own part of the line of measurements, empty where there is none.
    """
    trials = record.get("trials")
    numbers = [0] if trials is None else trials

    def at(source: Mapping[str, Any], name: str, index: int, default: Any = None) -> Any:
        value = source.get(name, default)
        return value[index] if trials is not None and name in source else value

    metrics = {**record["metrics"], **measured.get("metrics", {})}
    rationales = record.get("rationales", {})
    key = CaseKey(
        record["test"], record["dataset"], record["case"], record["digest"], record.get("flags", "")
    )
    return [
        CaseResult(
            key=key,
            nodeid=record["test"],
            outcome=at(record, "outcome", index),
            trial=trial,
            inputs=payload.encode(record.get("inputs", {}), "inputs", canonical=True).text,
            expectations=payload.encode(record.get("expectations", {}), "expectations", canonical=True).text,
            tags=record.get("tags", {}),
            outputs=payload.encode(at(record, "outputs", index), "outputs").text
            if "outputs" in record
            else None,
            error=at(record, "error", index),
            started_at=at(measured, "started_at", index, 0.0),
            duration_s=at(measured, "duration_s", index, 0.0),
            assessments=tuple(
                _assessment(spec, value, at(rationales, name, index))
                for name, spec in specs.items()
                if name in metrics and (value := at(metrics, name, index)) != _ABSENT
            ),
        )
        for index, trial in enumerate(numbers)
    ]


def _is_plain(trials: Sequence[CaseResult]) -> bool:
    return [result.trial for result in trials] == [0]


def _each(trials: Sequence[CaseResult]) -> Callable[[Callable[[CaseResult], Any]], Any]:
    """Return a function that takes something from every trial, or from the only one."""

    def each(take: Callable[[CaseResult], Any]) -> Any:
        values = [take(result) for result in trials]
        return values[0] if _is_plain(trials) else values

    return each


def _contents(trials: Sequence[CaseResult], *, scores_only: bool) -> Record:
    first, each = trials[0], _each(trials)
    has_outputs = any(result.outputs is not None for result in trials)
    if scores_only:
        digests = each(lambda result: None if result.outputs is None else payload.digest(result.outputs))
        return {"outputs_digest": digests} if has_outputs else {}
    expectations = payload.decode(first.expectations)
    return {
        "inputs": payload.decode(first.inputs),
        **({"expectations": expectations} if expectations else {}),
        **({"outputs": each(lambda result: payload.decode(result.outputs))} if has_outputs else {}),
    }


def _metrics(trials: Sequence[CaseResult], specs: Specs) -> Record:
    found = {}
    for name, spec in specs.items():
        values = [_value(result, spec) for result in trials]
        if any(value != _ABSENT for value in values):
            found[name] = values[0] if _is_plain(trials) else values
    return found


def _rationales(trials: Sequence[CaseResult], specs: Specs) -> Record:
    found = {}
    for name, spec in specs.items():
        reasons = [each.rationale if (each := _of(result, spec)) else None for result in trials]
        if any(reason is not None for reason in reasons):
            found[name] = reasons[0] if _is_plain(trials) else reasons
    return {"rationales": found} if found else {}


def _of(result: CaseResult, spec: MetricSpec) -> Assessment | None:
    same = (spec.name, spec.fingerprint)
    return next((a for a in result.assessments if (a.metric.name, a.metric.fingerprint) == same), None)


def _value(result: CaseResult, spec: MetricSpec) -> Any:
    assessment = _of(result, spec)
    if assessment is None:
        return _ABSENT
    return assessment.value if assessment.error is None else {"error": assessment.error}


def _assessment(spec: MetricSpec, value: Any, rationale: str | None) -> Assessment:
    if isinstance(value, dict):
        return Assessment(spec, None, rationale, error=value["error"])
    number = isinstance(value, int) and not isinstance(value, bool)
    return Assessment(spec, float(value) if number else value, rationale)


def _spec_record(key: str, spec: MetricSpec) -> Record:
    """Return a declaration without what is the default."""
    plain = MetricSpec(key, spec.fingerprint)
    changed = {
        field.name: getattr(spec, field.name)
        for field in fields(spec)
        if field.name not in ("fingerprint", "better")
        and getattr(spec, field.name) != getattr(plain, field.name)
    }
    return {"fingerprint": spec.fingerprint, "better": spec.better, **changed}


def _spec(key: str, declared: Mapping[str, Any]) -> MetricSpec:
    values = {"name": key, **declared}
    if "bounds" in values:
        low, high = values["bounds"]
        values["bounds"] = (low, high)
    return MetricSpec(**values)


def _iso(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
