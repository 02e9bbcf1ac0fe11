"""``vtrack show``: one stored run, or one trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_vtrack.cli.output import (
    echo_json,
    echo_lines,
    echo_notices,
    local_zone,
    run_as_json,
    screen,
    whole_trace_as_json,
)
from pytest_vtrack.cli.stored import Stored, on_store
from pytest_vtrack.errors import ReferenceUnknown

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult, Run

_FEWEST_DIGITS = 4


@click.command("show")
@click.argument("ref", metavar="[RUN|TRACE]", required=False)
@on_store
def command(stored: Stored, ref: str | None, as_json: bool) -> None:
    """Show where a run comes from and what its metrics were; without RUN the newest one.

    RUN is a REF (a version, a baseline's name, last, run:ID, a .jsonl file) or the first digits of a
    run's id. TRACE is the first digits of a trace's id or RUN:CASE, as `vtrack traces` lists them; its
    spans are shown.
    """
    try:
        run = find_run(stored, ref) if ref is not None else _newest(stored)
    except ReferenceUnknown:
        if ref is None or not (trace := _trace(stored, ref)):
            raise
        _show_trace(stored, *trace, as_json=as_json)
    else:
        _show_run(stored, run, as_json=as_json)


def _show_run(stored: Stored, run: Run, *, as_json: bool) -> None:
    from pytest_vtrack.report.tables import run_screen
    from pytest_vtrack.workflow.states import other_states, shared_names

    summaries = stored.store.metric_summaries(run.id)
    if as_json:
        metrics = [
            {
                "name": one.spec.name,
                "value": one.mean,
                "standard_error": one.standard_error,
                "cases": one.cases,
                "errors": one.errors,
            }
            for one in summaries
        ]
        echo_json({**run_as_json(run), "verdict": stored.store.verdict_of(run.id), "metrics": metrics})
    else:
        echo_lines(run_screen(run, summaries, zone=local_zone(), **screen()))
        echo_notices(shared_names([run, *other_states(stored.store, run)]))


def _show_trace(stored: Stored, run: Run, result: CaseResult, *, as_json: bool) -> None:
    from pytest_vtrack.report.trace_screen import trace_screen

    earlier = _earlier(stored, run, result)
    if as_json:
        echo_json(whole_trace_as_json(run, result, earlier))
    else:
        echo_lines(trace_screen(run, result, zone=local_zone(), **screen()))
        if earlier:
            count = f"{len(earlier)} earlier attempt{'s' if len(earlier) > 1 else ''}"
            echo_notices([f"what was said in {count} no longer counts; `--json` shows it"])


def _earlier(stored: Stored, run: Run, result: CaseResult) -> list[CaseResult]:
    """Return the attempts of a trial that a later one took the place of."""
    trials = stored.store.trials_from_case(run.id, result.key, limit=result.trial + 1)
    attempts = next((each for each in trials if each[-1].trial == result.trial), [])
    return list(attempts[:-1])


def _trace(stored: Stored, ref: str) -> tuple[Run, CaseResult] | None:
    from pytest_vtrack.workflow.trace_references import resolve_trace

    return resolve_trace(stored.store, ref)


def _newest(stored: Stored) -> Run:
    """Return the newest run, whatever became of it."""
    runs = stored.store.runs(stored.experiment, limit=1)
    if runs:
        return runs[0]
    others = ", ".join(stored.store.experiments()) or "nothing yet"
    raise ReferenceUnknown(
        f"experiment {stored.experiment!r} has no runs in {stored.store.location}; "
        f"stored experiments: {others}"
    )


def find_run(stored: Stored, ref: str) -> Run:
    """Return the run that a REF or the beginning of an id names; of a version also an incomplete run."""
    from pytest_vtrack.workflow.references import resolve

    try:
        return resolve(stored.store, ref, stored.experiment, folder=Path.cwd(), writable=True).run
    except ReferenceUnknown:
        by_id = stored.store.runs_with_prefix(ref) if len(ref) >= _FEWEST_DIGITS else []
        found = by_id if len(by_id) == 1 else stored.store.runs(stored.experiment, version=ref, limit=1)
        if not found:
            raise
        return found[0]
