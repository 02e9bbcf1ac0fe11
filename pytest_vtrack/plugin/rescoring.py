"""Scoring the baseline's stored outputs again, so that a new or changed scorer has something to pair with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_vtrack.plugin.handles import trace_of
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.trial import Trial
    from pytest_vtrack.scoring.protocol import Scorer


def rescored(stored: Sequence[CaseResult], trial: Trial, await_: Await) -> list[CaseResult]:
    """Return the baseline's trials of a case with what the trial's scorers say about their outputs.

    Only scorers that the baseline does not have, by name and fingerprint, are run. Each answer is one more
    attempt of its trial, so what the baseline had before stays in the store as superseded. A trial without
    stored outputs, or that nothing is missing from, is left out.
    """
    answers = []
    for result in stored:
        missing = _missing(result, trial.slot.test.scorers)
        if missing and result.outputs is not None:
            new = run_scorers(missing, _context(result, trial), await_=await_)
            names = {each.metric.name for each in new}
            kept = [each for each in result.assessments if each.metric.name not in names]
            answers.append(replace(result, attempt=result.attempt + 1, assessments=(*kept, *new)))
    return answers


def _missing(result: CaseResult, scorers: Sequence[Scorer]) -> list[Scorer]:
    has = {(each.metric.name, each.metric.fingerprint) for each in result.assessments}
    return [each for each in scorers if (each.spec.name, each.spec.fingerprint) not in has]


def _context(result: CaseResult, trial: Trial) -> ScoringContext:
    trace = trace_of(result)
    return ScoringContext(
        inputs=trace.inputs,
        outputs=trace.outputs,
        expectations=trial.execution.expectations,
        trace=trace,
        tags=result.tags,
        case=trial.slot.case,
    )
