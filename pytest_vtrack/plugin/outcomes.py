"""What became of a trial: judged when its test has ended, and put right by what pytest reports of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.execution import amended, assess, error_text
from pytest_vtrack.plugin.results import Recording, case_result

if TYPE_CHECKING:
    from pluggy import HookCaller

    from pytest_vtrack.model.assessment import Assessment, Feedback
    from pytest_vtrack.model.run import CaseResult, Outcome
    from pytest_vtrack.model.trace import Span
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.gating import Gating
    from pytest_vtrack.plugin.handles import RunHandle
    from pytest_vtrack.plugin.trial import Trial


class Outcomes:
    """Makes results of trials.

    :param hook: what other plugins add to the assessments of a trial.
    :param context: returns what scorers may ask for besides outputs and trace.
    :param measure: returns the metrics of spans.
    """

    def __init__(
        self,
        recording: Recording,
        gating: Gating,
        *,
        hook: HookCaller,
        run: Callable[[], RunHandle],
        context: Callable[[Trial], Mapping[str, Any]],
        await_: Await,
        measure: Callable[[tuple[Span, ...]], list[Assessment]],
    ) -> None:
        self._recording = recording
        self._gating = gating
        self._hook = hook
        self._run = run
        self._context_of = context
        self._await = await_
        self._measure = measure

    def judge(self, item: pytest.Item, trial: Trial, error: BaseException | None) -> None:
        """Judge a trial that ran, and build its result."""
        error = error or trial.failed_part
        if isinstance(error, pytest.skip.Exception):
            trial.result = case_result(trial, self._recording, "skipped", error=None)
            return
        scorers = trial.slot.test.scorers
        assessments = assess(
            trial.execution,
            trial.judging.told(scorers) if trial.judging else scorers,
            self._context_of(trial),
            failure=error_text(error) if error else None,
            crashed=error is not None and not _is_assertion(error),
            await_=self._await,
            measure=self._measure,
        )
        trial.judging = None  # they hold each other
        try:
            self._ask_others(item, trial, assessments)
        except Exception as broken:  # of a hook, which is the user's code: the case is kept all the same
            why = f"pytest_vtrack_assessments: {error_text(broken)}"
            kept = amended(assessments, passed=False, completed=False, why=why)
            trial.result = self._result(trial, "failed", trial.execution.error, kept)
            raise
        outcome: Outcome = "passed" if error is None else "failed"
        trial.result = self._result(trial, outcome, trial.execution.error, assessments)

    def _result(
        self, trial: Trial, outcome: Outcome, error: str | None, assessments: Sequence[Assessment]
    ) -> CaseResult:
        decided = self._gating.applied(trial.slot.test, assessments)
        return case_result(trial, self._recording, outcome, error=error, assessments=decided)

    def reported(
        self, trial: Trial, call: pytest.CallInfo[Any], report: pytest.TestReport
    ) -> CaseResult | None:
        """Return the result that this phase's report completes, or ``None``."""
        if call.when == "call":
            trial.told = True
            if trial.result is None and report.failed and call.excinfo:  # the report of a subtest
                trial.failed_part = call.excinfo.value
            return trial.result if trial.failed_part else self._confirmed(trial, call, report)
        if report.passed:
            return trial.result if trial.again and not trial.told else None
        if report.skipped:
            return case_result(trial, self._recording, "skipped", error=None)
        why = f"{call.when}: {_why(call, report)}"
        kept = trial.result.assessments if trial.result else ()
        return self._result(trial, "error", why, amended(kept, passed=False, completed=False, why=why))

    def _confirmed(
        self, trial: Trial, call: pytest.CallInfo[Any], report: pytest.TestReport
    ) -> CaseResult | None:
        """Return the result of the call as pytest sees it: unittest, ``xfail``, other plugins decide late."""
        result = trial.result
        if result is None or result.outcome == report.outcome:
            return result
        if hasattr(report, "wasxfail") and report.skipped:  # a failure that is expected is no news
            return self.excused(trial, result, report.wasxfail)
        if report.skipped:
            return case_result(trial, self._recording, "skipped", error=None)
        result = replace(result, outcome="passed" if report.passed else "failed")
        crashed = call.excinfo is not None and not _is_assertion(call.excinfo.value)
        completed = False if crashed else None
        why = _why(call, report)
        amendment = amended(result.assessments, passed=report.passed, completed=completed, why=why)
        return replace(result, assessments=tuple(self._gating.applied(trial.slot.test, amendment)))

    def excused(self, trial: Trial, result: CaseResult, reason: str) -> CaseResult:
        """Return the result of a failure that is expected: it is no news."""
        why = f"expected to fail: {reason or 'no reason given'}"
        amendment = amended(result.assessments, passed=None, why=why)
        return replace(result, assessments=tuple(self._gating.applied(trial.slot.test, amendment)))

    def _ask_others(self, item: pytest.Item, trial: Trial, assessments: list[Any]) -> None:
        if not self._hook.get_hookimpls():
            return
        from pytest_vtrack.scoring.runner import by_hand

        answers: list[list[Feedback] | None] = item.ihook.pytest_vtrack_assessments(
            run=self._run(), trace=trial.execution.trace(), assessments=assessments
        )
        for answer in answers:
            assessments.extend(by_hand(answer or ()))


def _is_assertion(error: BaseException) -> bool:
    """Tell a test that says no from one that broke."""
    return isinstance(error, (AssertionError, pytest.fail.Exception))


def _why(call: pytest.CallInfo[Any], report: pytest.TestReport) -> str:
    if call.excinfo:
        return error_text(call.excinfo.value)
    return report.longreprtext.strip().rpartition("\n")[2] or f"{call.when} {report.outcome}"
