"""Scoring what is stored of the baseline again, as the same cases run, so that a new scorer has a partner.

In each process that runs cases, for only that has the scorers themselves; case by case, for only the
cases that run have to pair. Where the baseline has all answers, which is looked up once for each test,
nothing more is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import StoreError, StoreUnreachable, VtrackError
from pytest_vtrack.model import payload
from pytest_vtrack.plugin.stored_run import StoredRun, TestScores, scores_of

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.model.assessment import Assessment
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.gating import Gating
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.plan import Plan
    from pytest_vtrack.plugin.slots import CaseSlot, TrackedTest
    from pytest_vtrack.plugin.transport import Plain
    from pytest_vtrack.plugin.trial import Trial
    from pytest_vtrack.scoring.protocol import Scorer
    from pytest_vtrack.store.protocol import Store, StoredScores
    from pytest_vtrack.workflow.rescoring import Given, MetricNames, Rescored

PAID = "paid"
UNLIKE = "unlike"
FAILED = "failed"


class BaselineRescoring:
    """Asks the scorers of each case about what the baselines of the session did on it."""

    def __init__(self, config: pytest.Config, settings: Settings, plan: Plan, await_: Await) -> None:
        """Prepare for a session."""
        running = {version for _, version, _ in plan.expected}  # these are scored as they run
        self._partial = plan.partial is not None
        home = config.inipath.parent if config.inipath else config.rootpath
        self._folders = (config.invocation_params.dir, home)
        self._root = config.rootpath
        self._places: dict[Scorer, str] = {}
        self._settings = settings
        refs = (settings.baseline, settings.anchor) if settings.gate != "off" else ()
        self._refs = [ref for ref in refs if ref and ref not in running]
        self._await = await_
        self._known = getattr(config, "workerinput", {}).get("vtrack_baselines", {})
        self._opened: Store | None = None
        self._runs: dict[str, list[StoredRun]] = {}

    @property
    def wanted(self) -> bool:
        """Whether there is a baseline that may be scored again."""
        return bool(self._refs) and self._settings.rescore != "never"

    def close(self) -> None:
        """Close the store."""
        if self._opened is not None:
            self._opened.close()

    def _store(self) -> Store:
        if self._opened is None:
            from pytest_vtrack.store.patient import open_for_reading

            self._opened = open_for_reading(self._settings.store)
        return self._opened

    def after(
        self,
        trial: Trial,
        result: CaseResult,
        experiment: str,
        *,
        gating: Gating,
        redaction: Redaction,
        sent: Callable[[CaseResult], Any],
    ) -> Plain:
        """Return what the controller stores, and what it says, after a case has run."""
        if not (trial.slot.test.scorers and (self._partial or _leads(trial.slot))):
            return {}
        plain: Plain = {}
        try:
            for stored in self._stored(trial.slot.test.arguments.experiment or experiment):
                test, said = self._test(stored, trial.slot.test, result)
                if said:
                    plain.setdefault("unscored", []).extend(said)
                if test.scorers and result.key not in test.done:
                    test.done.add(result.key)
                    answers, said = self._answers(stored, test, trial, result, redaction)
                    plain.setdefault("unscored", []).extend(said)
                    results = [self._gated(each, gating, trial.slot.test) for each in answers]
                    if results:
                        again = [sorted({a.metric.name for a in new}) for _, new in answers]
                        plain.setdefault("rescored", []).append(
                            [stored.id, [sent(each) for each in results], again]
                        )
        except StoreError as error:  # the result itself is stored all the same, then the session stops
            plain["unread"] = str(error)
        return plain

    def _stored(self, experiment: str) -> list[StoredRun]:
        if experiment not in self._runs:
            found = [self._found(ref, experiment) for ref in self._refs]
            runs = {run.id: run for run in found if run is not None}
            self._runs[experiment] = list(runs.values())
        return self._runs[experiment]

    def _found(self, ref: str, experiment: str) -> StoredRun | None:
        if told := self._known.get(experiment, {}).get(ref):
            run_id, origin, tests, lacking = told
            scores = {(name, mark): frozenset(lacked) for name, mark, lacked in lacking}
            return StoredRun(self._store, run_id, origin, scores_of(tests, scores))
        from pytest_vtrack.workflow.references import resolve

        folder: Path = next((each for each in self._folders if (each / ref).is_file()), self._folders[0])
        try:
            run = resolve(self._store(), ref, experiment, folder=folder).run
        except StoreUnreachable:
            raise
        except VtrackError:
            return None  # the controller says what is wrong with the baseline, once
        return StoredRun(self._store, run.id, run.origin)

    def _test(
        self, stored: StoredRun, test: TrackedTest, result: CaseResult
    ) -> tuple[TestScores, list[list[Any]]]:
        """Return what a test's scorers have to do, and at first sight of it who will not do it."""
        place = (test.id, result.key.test)
        if place in stored.tests:
            return stored.tests[place], []
        from pytest_vtrack.workflow.rescoring import MetricNames

        names = MetricNames(each for each in test.scorers if not each.needs_baseline)
        names.learn(result.assessments)
        lacking = _lacked(stored.scores, names, result.key.test)
        paid = [each for each in lacking if each.paid and self._settings.rescore != "always"]
        scorers = [each for each in lacking if each not in paid]
        unproved = {each for each in scorers if not each.paid}
        found = stored.tests[place] = TestScores(names, scorers, unproved)
        return found, [self._unscored(stored, each, PAID) for each in paid]

    def _answers(
        self, stored: StoredRun, test: TestScores, trial: Trial, result: CaseResult, redaction: Redaction
    ) -> tuple[list[tuple[CaseResult, Sequence[Assessment]]], list[list[Any]]]:
        from pytest_vtrack.workflow.rescoring import rescore

        unlike = [each for each in test.unproved & set(test.scorers) if self._is_unlike(each, trial, result)]
        test.scorers = [each for each in test.scorers if each not in unlike]
        if _answered_on(result):
            test.unproved.clear()
        said = [self._unscored(stored, each, UNLIKE) for each in unlike]
        test.names.learn(result.assessments)
        answers: list[tuple[CaseResult, Sequence[Assessment]]] = []
        for attempts in stored.trials(result.key):
            missing = [each for each in test.names.lacking(attempts[-1]) if each in test.scorers]
            if not missing:
                continue
            found = rescore(
                attempts,
                missing,
                test.names,
                await_=self._await,
                redaction=redaction,
                given=_given(trial, attempts[-1], redaction),
                spans_kept=stored.has_spans,
            )
            said += [
                self._unscored(stored, each, found.hindered[each.name])
                for each in missing
                if each.name in found.hindered
            ]
            if found.result is not None:
                answers.append((found.result, found.new))
                said += [self._unscored(stored, each, FAILED) for each in _failing(missing, found)]
        return answers, said

    def _is_unlike(self, scorer: Scorer, trial: Trial, result: CaseResult) -> bool:
        """Tell whether a scorer says something else of what is stored than of what the application returned.

        What JSON cannot hold, what was masked, or chance would look like a change of the version.
        """
        from pytest_vtrack.scoring.runner import run_scorers
        from pytest_vtrack.workflow.rescoring import context_of

        if not _answered_on(result):
            return False
        given = _given(trial, result, None)
        again = run_scorers([scorer], context_of(result, given, [scorer]), await_=self._await)
        names = {each.metric.name for each in again}
        said = [
            each
            for each in result.assessments
            if each.metric.fingerprint == scorer.fingerprint and each.metric.name in names
        ]
        return _values(said) != _values(again)

    def _gated(
        self, answer: tuple[CaseResult, Sequence[Assessment]], gating: Gating, test: TrackedTest
    ) -> CaseResult:
        """Return a result with the gates that the session sets on the new answers."""
        result, new = answer
        fresh = {id(each) for each in new}
        kept = [each for each in result.assessments if id(each) not in fresh]
        return replace(result, assessments=(*kept, *gating.applied(test, new)))

    def _unscored(self, stored: StoredRun, scorer: Scorer, why: str) -> list[Any]:
        from pytest_vtrack.plugin.scorer_places import place_of

        if scorer not in self._places:  # it may be looked for in every module, and this is asked once a trace
            self._places[scorer] = place_of(scorer, self._root) or ""
        return [stored.id, scorer.name, scorer.fingerprint, why, self._places[scorer]]


def _leads(slot: CaseSlot) -> bool:
    """Tell whether of several items of one case this is the one that all processes agree on."""
    versions = slot.test.arguments.versions
    return not slot.trial and (not versions or slot.version == versions[0])


def _lacked(scores: StoredScores, names: MetricNames, test: str) -> list[Scorer]:
    """Return the scorers that some trace of a test lacks; none where the run does not have the test."""
    if test not in scores.tests:
        return []
    return [
        scorer
        for scorer in names.scorers
        if all(
            test in scores.lacking.get((name, scorer.fingerprint), scores.tests) for name in names.of(scorer)
        )
    ]


def _given(trial: Trial, stored: CaseResult, redaction: Redaction | None) -> Given:
    """Return inputs and expectations as the test has them, where they are the ones that are stored.

    A case that is stored under the same key was asked the same; its test may have expected more.
    """
    from pytest_vtrack.plugin.beginning import own_copy
    from pytest_vtrack.workflow.rescoring import Given

    case, execution = trial.slot.case, trial.execution
    expected: Mapping[str, Any] = case.expectations if case else execution.expectations
    inputs = own_copy(case.inputs) if case else execution.inputs
    if redaction is None:  # the trial's own result
        return Given(inputs, execution.expectations, case)
    text = payload.encode(expected, "expectations").text
    same = (redaction.text(text) or "{}") == stored.expectations
    return Given(inputs, own_copy(expected) if same else None, case)


def _failing(scorers: Sequence[Scorer], found: Rescored) -> list[Scorer]:
    """Return the scorers that ended in an error on what the application had put out."""
    if found.result is None or found.result.outputs is None:
        return []
    failed = {each.metric.fingerprint for each in found.new if each.error is not None}
    return [each for each in scorers if each.fingerprint in failed]


def _answered_on(result: CaseResult) -> bool:
    return result.outputs is not None


def _values(assessments: Sequence[Assessment]) -> dict[str, Any]:
    return {
        each.metric.name: "error" if each.error is not None else (type(each.value).__name__, each.value)
        for each in assessments
    }
