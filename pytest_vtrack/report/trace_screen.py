"""One trace on the command line: where it comes from, its waterfall, what went in and came out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo

from pytest_vtrack.model import spans as span_texts
from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.run import CaseResult, Run
from pytest_vtrack.model.trace import Span
from pytest_vtrack.report import numbers
from pytest_vtrack.report.layout import Line, Paper, Segment
from pytest_vtrack.report.span_tree import waterfall
from pytest_vtrack.report.trace_table import started
from pytest_vtrack.tracing.usage import usage_of

_SHOWN = 400
"""Characters of inputs and outputs that are shown."""


def trace_screen(
    run: Run, result: CaseResult, *, width: int = 80, unicode: bool = True, zone: tzinfo = UTC
) -> list[Line]:
    """Return what is known of one trace.

    :param zone: the time zone that times are shown in.
    """
    paper = Paper(width, unicode)
    spans = span_texts.decode(result.spans)
    imported = run.origin == "import"
    root = None if imported and spans else _call(result)
    return [
        *paper.facts(_facts(run, result, zone).items()),
        (),
        *waterfall(root, spans, width=width, unicode=unicode),
        (),
        *_scorers(span_texts.decode_scorers(result.spans), paper),
        *paper.facts([(name, paper.text(text or "", _SHOWN)) for name, text in _contents(result).items()]),
        *_reasons(result, paper),
    ]


def _facts(run: Run, result: CaseResult, zone: tzinfo) -> dict[str, str]:
    return {
        "trace": result.trace_id,
        "run": f"{run.short_id} (version {run.version.name}, environment {run.env})",
        "case": "" if run.origin == "import" else result.key.case_id,
        "test": result.nodeid,
        "trial": str(result.trial) if result.trial else "",
        "started": started(result.started_at, zone),
        "took": numbers.duration(result.duration_s),
        "status": "error" if result.error is not None or result.outcome == "error" else "ok",
        "error": result.error or "",
        "tags": _pairs(result.tags),
        "flags": _pairs(run.flags),
        "metrics": ", ".join(f"{each.metric.name} {_value(each)}" for each in result.assessments),
    }


def _scorers(spans: tuple[Span, ...], paper: Paper) -> list[Line]:
    """Return what scorers did and consumed, apart from the application."""
    if not spans:
        return []
    usage = usage_of(spans)
    said = [] if usage.tokens is None else [f"{numbers.count(usage.tokens)} tokens"]
    said += [] if usage.cost is None else [numbers.value("cost", usage.cost)]
    title = paper.line(Segment("scorers", "bold"), f"  {', '.join(said)}" if said else "")
    return [title, *waterfall(None, spans, width=paper.width, unicode=paper.unicode), ()]


def _reasons(result: CaseResult, paper: Paper) -> list[Line]:
    """Return what was said of the metrics, each text once."""
    named: dict[str, list[str]] = {}
    for each in result.assessments:
        if said := each.error or each.rationale:
            named.setdefault(said, []).append(each.metric.name)
    if not named:
        return []
    said_of = [(", ".join(metrics), paper.text(text, _SHOWN)) for text, metrics in named.items()]
    return [(), paper.line(Segment("reasons", "bold")), *paper.facts(said_of)]


def _contents(result: CaseResult) -> dict[str, str | None]:
    expectations = result.expectations if result.expectations != "{}" else None
    return {"inputs": result.inputs, "expectations": expectations, "outputs": result.outputs}


def _call(result: CaseResult) -> Span:
    failed = result.error is not None
    return Span(
        name="call",
        started_at=result.started_at,
        duration_s=result.duration_s,
        status="error" if failed else "ok",
        error=result.error,
    )


def _value(assessment: Assessment) -> str:
    value = assessment.value
    if assessment.error is not None:
        return "error"
    if value is None or isinstance(value, str):
        return value or numbers.MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return numbers.value(assessment.metric.kind, float(value))


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items()))
