"""Running cases: the hooks around each test item, in every process that runs tests."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.model.experiment import Experiment
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.tags import MEASURED_AGAINST
from pytest_vtrack.plugin.at_once import at_once, has_limits
from pytest_vtrack.plugin.baseline import BaselineReader
from pytest_vtrack.plugin.beginning import begin, hand_over
from pytest_vtrack.plugin.choosing import ExperimentChooser
from pytest_vtrack.plugin.execution import Execution
from pytest_vtrack.plugin.gating import Gating
from pytest_vtrack.plugin.handles import BaselineHandle, CaseHandle, RunHandle
from pytest_vtrack.plugin.header import header
from pytest_vtrack.plugin.loop import session_loop
from pytest_vtrack.plugin.other_runners import OtherRunners
from pytest_vtrack.plugin.outcomes import Outcomes
from pytest_vtrack.plugin.processes import is_forked, is_worker
from pytest_vtrack.plugin.rescoring import BaselineRescoring
from pytest_vtrack.plugin.results import Recording
from pytest_vtrack.plugin.runs import base_run_id, run_id_of
from pytest_vtrack.plugin.slots import run_key
from pytest_vtrack.plugin.trace_metrics import trace_metrics
from pytest_vtrack.plugin.transport import Plain, Sender
from pytest_vtrack.plugin.trial import Trial
from pytest_vtrack.plugin.versions import session_version
from pytest_vtrack.plugin.watching import called_with, took, watched
from pytest_vtrack.tracing.capture import prepare

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.model.trace import Trace
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.concurrency.ahead import Ahead
    from pytest_vtrack.plugin.concurrency.several import Gear
    from pytest_vtrack.plugin.limits import Limiting
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.resumed import Resuming


runner_key: pytest.StashKey[CaseRunner] = pytest.StashKey()
_trial_key: pytest.StashKey[Trial] = pytest.StashKey()


class CaseRunner:
    """Runs the cases of this process and puts their results on the test reports."""

    def __init__(self, config: pytest.Config, settings: Settings, collector: CaseCollector) -> None:
        self._config = config
        self._settings = settings
        self._collector = collector
        self.resuming: Resuming | None = None
        """What the session goes on with, where that was asked for."""
        self._recording = Recording(Redaction(settings.redact), settings.capture == "full")
        self._sender = Sender()
        self._header_due = True
        self._chooser = ExperimentChooser(config, settings, collector)
        self._gating = Gating(collector.tests)
        # A version that runs in this very session has no stored trace yet that belongs to the comparison.
        running = any(version == settings.baseline for _, version, _ in collector.plan.expected)
        self._baseline = BaselineReader(config, replace(settings, baseline=None) if running else settings)
        self._measured_against = ""
        self._loop = session_loop(config)
        self.await_ = self._loop.run
        self.outcomes = Outcomes(
            self._recording,
            self._gating,
            hook=config.hook.pytest_vtrack_assessments,
            run=lambda: self.run,
            context=self._context,
            await_=self.await_,
            measure=trace_metrics(settings),
        )
        self.limiting = self._made_limiting()
        self._ahead = self._made_ahead()
        self._rescoring = BaselineRescoring(config, settings, collector.plan, self.await_)
        self._others = OtherRunners(config, self._ahead.note if self._ahead else None)
        prepare()

    def _made_limiting(self) -> Limiting | None:
        """Return what holds calls to limits, where a test declares some."""
        if not any(has_limits(self._settings, test) for test in self._collector.tests):
            return None
        from pytest_vtrack.plugin.limits import limiting_of

        return limiting_of(self._config, self._settings, self._collector.tests, self._loop.run_from_thread)

    def _made_ahead(self) -> Ahead | None:
        """Return what calls cases ahead of their items, where several may run at once."""
        if all(at_once(self._settings, test) == 1 for test in self._collector.tests):
            return None
        from pytest_vtrack.plugin.concurrency.ahead import Ahead
        from pytest_vtrack.plugin.concurrency.judged_ahead import JudgedAhead

        judged = JudgedAhead(self._context, self._loop.run_from_thread)
        return Ahead(self._config, self._settings, self._loop, self._begin, judged.prepare, self._complete)

    @property
    def gear(self) -> Gear | None:
        """What several cases at once are called with, where a test of the session asks for that."""
        return self._ahead.gear if self._ahead else None

    @cached_property
    def run(self) -> RunHandle:
        """The session's own run."""
        settings, key = self._settings, (None, None, None)
        resumed = self.resuming.run_id(key) if self.resuming else None
        run_id = resumed or run_id_of(base_run_id(self._config), key)
        return RunHandle(run_id, session_version(self._config).name, settings.env, settings.flags)

    def experiment(self, session: pytest.Session) -> Experiment:
        """Return the experiment before the first item is set up."""
        return self._chooser.asked_early(session)

    def baseline(self, experiment: object) -> BaselineHandle | None:
        """Return the run this session is compared with."""
        return self._baseline.handle(Experiment.of(experiment).name)

    def handle(self, item: pytest.Item) -> CaseHandle:
        """Return what the test of an item may hold of its case."""
        return item.stash[_trial_key].handle

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a trial before any fixture asks for it."""
        if self._ahead is None or not self._ahead.holds(item):
            self._begin(item)
        hand_over(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object | None:
        """Run a marked test: it may return its outputs, and it may be asynchronous."""
        trial = pyfuncitem.stash.get(_trial_key, None)
        if trial is None or not trial.slot.test.marked:
            return None
        ahead = self._ahead
        if not (ahead and ahead.holds(pyfuncitem)) and self._others.run(pyfuncitem, trial):
            return True
        if ahead and (call := ahead.take(pyfuncitem, trial)):
            if call.error is not None:
                raise call.error
            return True
        if "anyio_backend" in pyfuncitem.funcargs:
            return None
        trial.execution.test_body(pyfuncitem.obj, called_with(pyfuncitem))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Time the test and, when it has ended, judge it."""
        trial = item.stash.get(_trial_key, None)
        if trial is None:
            return (yield)
        if self._ahead is not None:
            self._ahead.keep_context()
        started_at, start = time.time(), time.perf_counter()
        original = None if self._ahead and self._ahead.holds(item) else watched(item, trial)
        try:
            with trial.execution.running():
                value = yield
        except (KeyboardInterrupt, pytest.exit.Exception):
            trial.execution.captured()  # its trace is over, and no report follows
            raise
        except BaseException as error:
            trial.execution.body_took(*took(trial, started_at, start))
            self.outcomes.judge(item, trial, error)
            raise
        finally:
            if original is not None:
                item.obj = original  # type: ignore[attr-defined]
        trial.execution.body_took(*took(trial, started_at, start))
        self.outcomes.judge(item, trial, None)
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put on the report what the controller stores."""
        report = yield
        self._complete(item, call, report)
        return report

    def _complete(self, item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> None:
        """Put on the report of a phase what the controller stores: the plan once, the result of each case."""
        trial = item.stash.get(_trial_key, None)
        if trial is None:
            return
        if plain := self.parcel(
            trial, self.outcomes.reported(trial, call, report), called=call.when == "call"
        ):
            report.vtrack = plain  # type: ignore[attr-defined]
        if trial.called is not None and call.when == "call":
            report.duration = trial.called.lasted(report.duration)
        if call.when == "teardown":
            if self._ahead is not None:
                self._ahead.release(item)
            trial.execution.captured()
            trial.handle.end()
            del item.stash[_trial_key]

    def parcel(self, trial: Trial, result: CaseResult | None, *, called: bool) -> Plain:
        """Return what the controller is told: the plan once, a result, and what was said of the run."""
        plain = self.header_once()
        if result:
            plain |= {"run": list(run_key(trial.slot)), "result": self._sent(result)}
            plain |= self._rescored(trial, result) if called or trial.result is None else {}
        if self.run.new_tags or self.run.new_params:
            plain["said"] = self._said()
        return plain

    def _sent(self, result: CaseResult) -> Plain | CaseResult:
        """Return a result as it leaves this process.

        Within one process results need no transport: making them plain and back costs as much as scoring.
        """
        return self._sender.plain(result) if is_worker(self._config) or is_forked(self._config) else result

    def pytest_sessionfinish(self) -> None:
        """Hand over what no report took: the plan, and what session fixtures said of the run at their end."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["vtrack_plan"] = self.header_once()
            if said := self._said():
                output["vtrack_said"] = said

    def _said(self) -> Plain:
        return {kind: self._redacted(values) for kind, values in self.run.taken().items()}

    def pytest_unconfigure(self) -> None:
        """Close what the cases of this process shared."""
        self._baseline.close()
        self._rescoring.close()
        self._loop.close()

    def _begin(self, item: pytest.Item) -> Trial | None:
        """Begin a trial, where the item is a case."""
        handle = self._collector.handle(item)
        if not isinstance(handle, CaseHandle):
            return None
        kind = self.limiting.kind(handle.slot) if self.limiting else Execution
        earlier = item.stash.get(_trial_key, None)
        trial = item.stash[_trial_key] = begin(item, handle, self.run, self.await_, kind, earlier)
        if self.resuming is not None:
            trial.attempt += self.resuming.attempt(run_key(handle.slot), trial.nodeid)
        return trial

    def _rescored(self, trial: Trial, result: CaseResult) -> Plain:
        """Return what the test's scorers say of what the baseline has stored, as far as it lacks that."""
        if not self._rescoring.wanted:
            return {}
        return self._rescoring.after(
            trial,
            result,
            self._chooser.experiment.name,
            gating=self._gating,
            redaction=self._recording.redaction,
            sent=self._sent,
        )

    def _context(self, trial: Trial) -> Mapping[str, Any]:
        if trial.judging is not None and trial.judging.given is not None:
            return trial.judging.given
        slot = trial.slot
        execution = trial.execution
        return {
            "expectations": execution.expectations,
            "tags": execution.tags,
            "case": slot.case,
            "baseline": lambda: self._baseline_of(trial),
            "masked": self._masked,
        }

    def _masked(self, outputs: Any) -> Any:
        """Return outputs as a baseline has them stored, for scorers that compare the two."""
        from pytest_vtrack.workflow.masking import value_masked

        return value_masked(outputs, self._recording.redaction)

    def _baseline_of(self, trial: Trial) -> Trace | None:
        """Return what scorers get as the baseline's trace, and note on the run whose it is."""
        handle = self._baseline.handle(self._chooser.experiment.name)
        if handle is not None and self._measured_against != handle.id:
            self._measured_against = self.run.new_tags[MEASURED_AGAINST] = handle.id
        return self._baseline.trace(trial, self._chooser.experiment)

    def header_once(self) -> Plain:
        """Return what the controller learns once from each process, with its first report; then nothing."""
        if not self._header_due:
            return {}
        self._header_due = False
        resumed = self.resuming.plain if self.resuming else {}
        return header(self._collector, self._chooser.experiment, self._redacted) | resumed

    def _redacted(self, tags: Mapping[str, str]) -> dict[str, str]:
        return {name: self._recording.redaction.tag(name, value) for name, value in tags.items()}
