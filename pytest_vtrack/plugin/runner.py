"""Running cases: the hooks around each test item, in every process that runs tests."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Coroutine, Generator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.model.experiment import Experiment
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.plugin.baseline import BaselineReader
from pytest_vtrack.plugin.choosing import ExperimentChooser
from pytest_vtrack.plugin.collection import CASE_FIXTURE, nodeid_of, run_key
from pytest_vtrack.plugin.execution import Execution, amended, assess, error_text
from pytest_vtrack.plugin.gating import Gating, named_gates
from pytest_vtrack.plugin.handles import BaselineHandle, CaseHandle, RunHandle
from pytest_vtrack.plugin.processes import is_worker
from pytest_vtrack.plugin.results import Recording, case_result
from pytest_vtrack.plugin.runs import base_run_id, run_id_of
from pytest_vtrack.plugin.transport import Plain, Sender
from pytest_vtrack.plugin.trial import Trial, identity_of
from pytest_vtrack.plugin.versions import session_version

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment, Feedback
    from pytest_vtrack.model.run import CaseResult, Outcome
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.options import Settings


runner_key: pytest.StashKey[CaseRunner] = pytest.StashKey()
_trial_key: pytest.StashKey[Trial] = pytest.StashKey()

_UNCHANGING = frozenset({str, int, float, bool, type(None)})


class CaseRunner:
    """Runs the cases of this process and puts their results on the test reports."""

    def __init__(self, config: pytest.Config, settings: Settings, collector: CaseCollector) -> None:
        self._config = config
        self._settings = settings
        self._collector = collector
        self._recording = Recording(Redaction(settings.redact), settings.capture == "full")
        # Within one process results need no transport: making them plain and back costs as much as scoring.
        self._sent = Sender().plain if is_worker(config) else _as_it_is
        self._header_due = True
        self._chooser = ExperimentChooser(config, settings, collector)
        self._gating = Gating(collector.tests)
        self._baseline = BaselineReader(config, settings)

    @cached_property
    def run(self) -> RunHandle:
        """The session's own run."""
        settings = self._settings
        run_id = run_id_of(base_run_id(self._config), (None, None, None))
        return RunHandle(run_id, session_version(self._config).name, settings.env, settings.flags)

    def baseline(self, experiment: object) -> BaselineHandle | None:
        """Return the run this session is compared with."""
        return self._baseline.handle(Experiment.of(experiment).name)

    def handle(self, item: pytest.Item) -> CaseHandle:
        """Return what the test of an item may hold of its case."""
        return item.stash[_trial_key].handle

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a trial before any fixture asks for it."""
        if handle := self._collector.handle(item):
            self._begin(item, handle)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object | None:
        """Run a marked test: it may return its outputs, and it may be asynchronous."""
        trial = pyfuncitem.stash.get(_trial_key, None)
        if trial is None or not trial.slot.test.marked or "anyio_backend" in pyfuncitem.funcargs:
            return None
        names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001  what pytest itself calls the test with
        arguments = {name: pyfuncitem.funcargs[name] for name in names}
        trial.execution.test_body(pyfuncitem.obj, arguments)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Time the test and, when it has ended, judge it."""
        trial = item.stash.get(_trial_key, None)
        if trial is None:
            return (yield)
        started_at, start = time.time(), time.perf_counter()
        original = _watched(item, trial)
        try:
            value = yield
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException as error:
            trial.execution.body_took(started_at, time.perf_counter() - start)
            self._finish(item, trial, error)
            raise
        finally:
            if original is not None:
                item.obj = original  # type: ignore[attr-defined]
        trial.execution.body_took(started_at, time.perf_counter() - start)
        self._finish(item, trial, None)
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put on the report what the controller stores: the plan once, the result of each case."""
        report = yield
        trial = item.stash.get(_trial_key, None)
        if trial is None:
            return report
        plain: Plain = self._take_header() if self._header_due else {}
        if result := self._result_of(trial, call, report):
            plain |= {"run": list(run_key(trial.slot)), "result": self._sent(result)}
            plain |= self._rescored(trial) if call.when == "call" else {}
        if self.run.new_tags:
            plain["tags"], self.run.new_tags = self._redacted(self.run.new_tags), {}
        if plain:
            report.vtrack = plain  # type: ignore[attr-defined]
        if call.when == "teardown":
            trial.handle.end()
            del item.stash[_trial_key]
        return report

    def pytest_sessionfinish(self) -> None:
        """Hand the tags that session fixtures set at their end to the controller."""
        if self.run.new_tags and (output := getattr(self._config, "workeroutput", None)) is not None:
            output["vtrack_tags"] = self._redacted(self.run.new_tags)

    def pytest_unconfigure(self) -> None:
        """Close what the cases of this process shared."""
        self._baseline.close()
        if "loop" in self.__dict__:
            self.loop.close()

    def _begin(self, item: pytest.Item, handle: CaseHandle) -> None:
        case = handle.slot.case
        inputs = own_copy(case.inputs) if case else _parameters(item)
        execution = Execution(inputs, case.tags if case else {}, self.await_)
        if case:
            execution.expectations.update(own_copy(case.expectations))
        attempt = max(0, getattr(item, "execution_count", 1) - 1)  # counted by pytest-rerunfailures
        nodeid = nodeid_of(item)
        identity = identity_of(item, handle.slot, nodeid)
        handle.begin(execution, self.run, identity)
        item.stash[_trial_key] = Trial(handle, nodeid, identity, attempt, execution)

    @cached_property
    def loop(self) -> Any:
        """One event loop for all asynchronous tests, so that clients may live through the session."""
        import asyncio

        return asyncio.Runner()

    def await_(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end."""
        return self.loop.run(coroutine)

    def _finish(self, item: pytest.Item, trial: Trial, error: BaseException | None) -> None:
        """Judge a trial that ran, and build its result."""
        error = error or trial.failed_part
        if isinstance(error, pytest.skip.Exception):
            trial.result = case_result(trial, self._recording, "skipped", error=None)
            return
        assessments = assess(
            trial.execution,
            trial.slot.test.scorers,
            self._context(trial),
            failure=error_text(error) if error else None,
            crashed=error is not None and not _is_assertion(error),
            await_=self.await_,
        )
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

    def _rescored(self, trial: Trial) -> Plain:
        """Return the baseline's trials of the case, scored by what they lack, where that was asked for."""
        if self._settings.rescore != "always" or trial.slot.trial:
            return {}
        from pytest_vtrack.plugin.rescoring import rescored

        answers = rescored(self._baseline.results(trial, self._chooser.experiment), trial, self.await_)
        handle = self._baseline.handle("") if answers else None
        return {"rescored": [handle.id, [self._sent(each) for each in answers]]} if handle else {}

    def _context(self, trial: Trial) -> dict[str, Any]:
        slot = trial.slot
        execution = trial.execution
        return {
            "expectations": execution.expectations,
            "tags": execution.tags,
            "case": slot.case,
            "baseline": lambda: self._baseline.trace(trial, self._chooser.experiment),
        }

    def _ask_others(self, item: pytest.Item, trial: Trial, assessments: list[Any]) -> None:
        if not self._config.hook.pytest_vtrack_assessments.get_hookimpls():
            return
        hook = item.ihook.pytest_vtrack_assessments
        from pytest_vtrack.scoring.runner import by_hand

        answers: list[list[Feedback] | None] = hook(
            run=self.run, trace=trial.execution.trace(), assessments=assessments
        )
        for answer in answers:
            assessments.extend(by_hand(answer or ()))

    def _result_of(
        self, trial: Trial, call: pytest.CallInfo[Any], report: pytest.TestReport
    ) -> CaseResult | None:
        """Return the result that this phase's report completes, or ``None``."""
        if call.when == "call":
            if trial.result is None and report.failed and call.excinfo:  # the report of a subtest
                trial.failed_part = call.excinfo.value
            return trial.result if trial.failed_part else self._confirmed(trial, call, report)
        if report.passed:
            return None
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
            why = f"expected to fail: {report.wasxfail or 'no reason given'}"
            amendment = amended(result.assessments, passed=None, why=why)
        elif report.skipped:
            return case_result(trial, self._recording, "skipped", error=None)
        else:
            result = replace(result, outcome="passed" if report.passed else "failed")
            crashed = call.excinfo is not None and not _is_assertion(call.excinfo.value)
            completed = False if crashed else None
            why = _why(call, report)
            amendment = amended(result.assessments, passed=report.passed, completed=completed, why=why)
        return replace(result, assessments=tuple(self._gating.applied(trial.slot.test, amendment)))

    def _take_header(self) -> Plain:
        """Return what the controller learns once from each process, with its first report."""
        self._header_due = False
        plan = self._collector.plan
        experiment = self._chooser.experiment
        expected = [[list(key), nodeids] for key, nodeids in plan.expected.items()]
        return {
            "experiment": [experiment.name, dict(experiment.tags)],
            "plan": {"expected": expected, "partial": plan.partial},
            "params": [[list(key), self._redacted(params)] for key, params in plan.params.items()],
            "declared": self._declared(),
            "pid": os.getpid(),
        }

    def _declared(self) -> Plain:
        """Return what the markers say about the comparison: clusters, gating slices, gates."""
        tests = self._collector.tests
        clusters = (test.arguments.cluster for test in tests if test.arguments.cluster)
        slices = sorted({name for test in tests for name in test.arguments.slices})
        return {"cluster": next(clusters, None), "slices": slices, "gates": named_gates(tests)}

    def _redacted(self, tags: Mapping[str, str]) -> dict[str, str]:
        return {name: self._recording.redaction.tag(name, value) for name, value in tags.items()}


def _watched(item: pytest.Item, trial: Trial) -> Any:
    """Let a marked asynchronous test leave what it returns in the trial, whichever plugin runs it.

    Returns the function that was replaced, ``None`` where there was nothing to do.
    """
    function = item.obj if isinstance(item, pytest.Function) and trial.slot.test.marked else None
    if function is None or not _is_async(item.function):  # type: ignore[attr-defined]
        return None
    item.obj = trial.execution.watched(function)  # type: ignore[attr-defined]
    return function


@lru_cache(maxsize=64)
def _is_async(function: Any) -> bool:
    """Tell whether a test is asynchronous; its items share one function."""
    return inspect.iscoroutinefunction(function)


def _as_it_is(result: CaseResult) -> CaseResult:
    return result


def _is_assertion(error: BaseException) -> bool:
    """Tell a test that says no from one that broke."""
    return isinstance(error, (AssertionError, pytest.fail.Exception))


def _why(call: pytest.CallInfo[Any], report: pytest.TestReport) -> str:
    if call.excinfo:
        return error_text(call.excinfo.value)
    return report.longreprtext.strip().rpartition("\n")[2] or f"{call.when} {report.outcome}"


def own_copy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that the application may change; objects that cannot be copied are shared."""
    if _UNCHANGING.issuperset(map(type, values.values())):
        return dict(values)
    try:
        return deepcopy(dict(values))
    except Exception:  # an object of the user may refuse in any way
        return dict(values)


def _parameters(item: pytest.Item) -> dict[str, Any]:
    """Return the parameters of a parametrized test without a dataset, as the inputs of its case."""
    callspec = getattr(item, "callspec", None)
    return {k: v for k, v in callspec.params.items() if k != CASE_FIXTURE} if callspec else {}
