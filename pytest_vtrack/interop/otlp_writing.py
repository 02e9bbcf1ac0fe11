"""Writing a run's traces as OTLP/JSON: one request a line, as the Collector's file exporter writes them.

A trace that was recorded in a test gets a root span for the call itself; one that came from production
has its own. A trace without id gets one that is always the same for the same run, case and trial.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TextIO

from pytest_vtrack.interop.otlp_spans import SCOPE_NAME, SCOPE_VERSION, record_of
from pytest_vtrack.interop.otlp_traces import RESOURCE, TAG, resource_of
from pytest_vtrack.interop.otlp_values import encodable, key_values
from pytest_vtrack.model import payload, spans
from pytest_vtrack.model.run import CaseResult, Run
from pytest_vtrack.model.scorer_spans import application_spans
from pytest_vtrack.model.trace import Span

_SCOPE = "pytest-vtrack"


def write_otlp(run: Run, results: Iterable[CaseResult], file: TextIO) -> int:
    """Write one line a trace and return how many."""
    count = 0
    for result in results:
        json.dump(request_of(run, result), file, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        file.write("\n")
        count += 1
    return count


def request_of(run: Run, result: CaseResult) -> dict[str, Any]:
    """Return one trace as OTLP's ``ExportTraceServiceRequest``."""
    trace_id = result.trace_id or _digits(32, run.id, result)
    inner = spans.decode_all(result.spans)
    root = () if run.origin == "import" and application_spans(inner) else (_root(run, result),)
    parent = root[0].span_id if root else None
    by_id = {span.span_id: span for span in inner}
    groups: dict[str, dict[tuple[str, str], list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for span in (*root, *inner):
        resource = resource_of(span, by_id) or _resource(run)
        plain = {name: value for name, value in span.attributes.items() if name != RESOURCE}
        record = record_of(replace(span, attributes=plain), trace_id, None if span in root else parent)
        groups[json.dumps(resource)][_scope(span)].append(record)
    return {"resourceSpans": [_resource_spans(json.loads(text), scopes) for text, scopes in groups.items()]}


def _resource_spans(
    resource: Mapping[str, Any], scopes: Mapping[tuple[str, str], list[dict[str, Any]]]
) -> dict[str, Any]:
    return {
        "resource": {"attributes": key_values(resource)},
        "scopeSpans": [
            {"scope": _named(name, version), "spans": records} for (name, version), records in scopes.items()
        ],
    }


def _named(name: str, version: str) -> dict[str, str]:
    named = {"name": encodable(name), "version": encodable(version)}
    return {field: text for field, text in named.items() if text}


def _resource(run: Run) -> dict[str, str]:
    return {
        "service.name": run.experiment,
        "service.version": run.version.name,
        "deployment.environment.name": run.env,
    }


def _scope(span: Span) -> tuple[str, str]:
    return str(span.attributes.get(SCOPE_NAME, "")), str(span.attributes.get(SCOPE_VERSION, ""))


def _root(run: Run, result: CaseResult) -> Span:
    """Return the call of the application as a span."""
    facts = {
        SCOPE_NAME: _SCOPE,
        "vtrack.run": run.id,
        "vtrack.experiment": run.experiment,
        "vtrack.test": result.key.test,
        "vtrack.dataset": result.key.dataset,
        "vtrack.case": result.key.case_id,
        "vtrack.trial": result.trial,
        "vtrack.outcome": result.outcome,
        "input.value": result.inputs,
        "output.value": result.outputs,
        **{f"{TAG}{name}": value for name, value in result.tags.items()},
        **{f"vtrack.flag.{name}": value for name, value in _flags(run, result).items()},
        **{f"vtrack.metric.{each.metric.name}": each.value for each in result.assessments},
    }
    return Span(
        name=result.nodeid,
        started_at=result.started_at,
        duration_s=result.duration_s,
        span_id=_digits(16, run.id, result),
        status="error" if result.error is not None or result.outcome == "error" else "ok",
        error=result.error,
        attributes={name: value for name, value in facts.items() if value is not None},
    )


def _flags(run: Run, result: CaseResult) -> Mapping[str, str]:
    own = payload.decode(result.key.flags) if result.key.flags else {}
    return {**run.flags, **own}


def _digits(length: int, run_id: str, result: CaseResult) -> str:
    """Return hexadecimal digits that stand for one attempt of one trial of one case of one run."""
    key = result.key
    parts = (run_id, key.test, key.dataset, key.case_id, key.digest, key.flags, result.trial, result.attempt)
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=length // 2).hexdigest()
