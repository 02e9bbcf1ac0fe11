"""Writing to the terminal: tones as colours, values as JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment
    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.model.trace_summary import TraceSummary

_STYLES: dict[str, dict[str, Any]] = {
    "worse": {"fg": "yellow", "bold": True},
    "better": {"fg": "blue"},
    "not_sure": {"fg": "yellow"},
    "ok": {},
    "muted": {"dim": True},
    "bold": {"bold": True},
    "plain": {},
}
_NARROWEST = 40


def echo_lines(lines: Iterable[Any]) -> None:
    """Print lines of segments, in colour where the output takes it."""
    for line in lines:
        styled = "".join(click.style(part.text, **_STYLES[part.tone]) for part in line)
        click.echo(styled, color=_colour())


def echo_title(title: str) -> None:
    """Print a title between rules, as pytest does."""
    rule = click.style(f" {title} ".center(screen_width(), "="), bold=True)
    click.echo(rule, color=_colour())


def echo_typed(command: str) -> None:
    """Print a shell line that is run or was run."""
    click.echo(click.style(f"$ {command}", bold=True), color=_colour())


def echo_json(value: Any) -> None:
    """Print a value as JSON with stable keys."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False))


def echo_notices(notices: Iterable[str]) -> None:
    """Print what a reader should know besides, each as a paragraph."""
    from pytest_vtrack.report.layout import Paper

    for notice in notices:
        echo_lines(Paper(**screen()).paragraph(f"Note: {notice}", tone="not_sure"))


def echo_problem(text: str) -> None:
    """Print on standard error what is wrong; no name in it can act on the terminal."""
    from pytest_vtrack.report.untrusted import visible

    click.echo("vtrack: " + "\n".join(map(visible, text.split("\n"))), err=True)


def echo_either(value: Any, text: str, *, as_json: bool) -> None:
    """Print a value for programs, or a sentence for people."""
    if as_json:
        echo_json(value)
    else:
        click.echo(text)


def screen_width() -> int:
    """Return the width of the terminal in columns, at least 40; 80 where there is none."""
    return max(_NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def speaks_unicode() -> bool:
    """Tell whether standard output can print every character that the screens use."""
    try:
        "▼▲✓✗→−…".encode(getattr(sys.stdout, "encoding", None) or "ascii")  # it may be closed
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def screen() -> dict[str, Any]:
    """Return the arguments that every screen takes."""
    return {"width": screen_width(), "unicode": speaks_unicode()}


def local_zone() -> tzinfo:
    """Return the time zone that times are shown in."""
    return datetime.now(UTC).astimezone().tzinfo or UTC


def run_as_json(run: Run) -> dict[str, Any]:
    """Return what is known of a run besides its cases."""
    return {
        "id": run.id,
        "experiment": run.experiment,
        "version": run.version.name,
        "commit": run.version.commit,
        "branch": run.version.branch,
        "dirty": run.version.dirty,
        "repository": run.version.repository,
        "package_version": run.version.package_version,
        "parent": run.version.parent,
        "deployment_id": run.version.deployment_id,
        "params": dict(run.version.params),
        "fingerprint": run.version.fingerprint,
        "env": run.env,
        "status": run.status,
        "reason": run.reason,
        "cases": run.stored,
        "expected": run.expected,
        "started_at": datetime.fromtimestamp(run.started_at, UTC).isoformat(),
        "flags": dict(run.flags),
        "tags": dict(run.tags),
    }


def trace_as_json(trace: TraceSummary) -> dict[str, Any]:
    """Return what is listed of a trace."""
    return {
        "trace": trace.ref,
        "trace_id": trace.trace_id or None,
        "run": trace.run_id,
        "version": trace.version,
        "env": trace.env,
        "case": trace.key.case_id,
        "test": trace.nodeid,
        "trial": trace.trial,
        "status": trace.status,
        "outcome": trace.outcome,
        "started_at": datetime.fromtimestamp(trace.started_at, UTC).isoformat(),
        "duration_s": trace.duration_s,
    }


def whole_trace_as_json(run: Run, result: CaseResult, earlier: Iterable[CaseResult]) -> dict[str, Any]:
    """Return everything that is stored of a trace.

    :param earlier: attempts of the same trial that no longer count.
    """
    from pytest_vtrack.model import payload, spans

    return {
        "trace_id": result.trace_id or None,
        "run": run_as_json(run),
        "case": {"id": result.key.case_id, "dataset": result.key.dataset, "test": result.nodeid},
        "trial": result.trial,
        "outcome": result.outcome,
        "error": result.error,
        "started_at": datetime.fromtimestamp(result.started_at, UTC).isoformat(),
        "duration_s": result.duration_s,
        "tags": dict(result.tags),
        **{name: payload.decode(getattr(result, name)) for name in ("inputs", "expectations", "outputs")},
        "assessments": [_assessment_as_json(each) for each in result.assessments],
        "superseded": [
            {
                "attempt": attempt.attempt,
                "outcome": attempt.outcome,
                "assessments": [_assessment_as_json(each) for each in attempt.assessments],
            }
            for attempt in earlier
        ],
        "spans": [asdict(span) for span in spans.decode(result.spans)],
        "scorer_spans": [asdict(span) for span in spans.decode_scorers(result.spans)],
        "warnings": list(result.warnings),
    }


def _assessment_as_json(assessment: Assessment) -> dict[str, Any]:
    return {
        "metric": assessment.metric.name,
        "fingerprint": assessment.metric.fingerprint,
        "value": assessment.value,
        "error": assessment.error,
        "rationale": assessment.rationale,
    }


def _colour() -> bool | None:
    """Return whether to print colours; ``None``: click looks whether the output is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None
