"""The controller: it stores what arrives, compares with the baseline, and sets the exit code."""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.errors import StoreError, VtrackError
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.plugin.absent import AbsentBaselines
from pytest_vtrack.plugin.command_line import command_with_baseline, shown
from pytest_vtrack.plugin.conclusion import Conclusion
from pytest_vtrack.plugin.ctrl_c import CtrlCAfterwards
from pytest_vtrack.plugin.deciding import Decider, policy_of
from pytest_vtrack.plugin.listed import ListedVersions, listed_in_ids
from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.options import may_be_stored
from pytest_vtrack.plugin.processes import is_distributed, is_forked
from pytest_vtrack.plugin.progress import ProgressLines, progress_lines
from pytest_vtrack.plugin.recorder import redacted
from pytest_vtrack.plugin.references import References, may_be_version
from pytest_vtrack.plugin.reports import Reports
from pytest_vtrack.plugin.reserve import Reserve
from pytest_vtrack.plugin.runs import base_run_id, sharing_of
from pytest_vtrack.plugin.spooling import lost, spool_of
from pytest_vtrack.plugin.stopping import interruption_in_words, stop, why_stopped
from pytest_vtrack.plugin.versions import listed_version, session_version
from pytest_vtrack.workflow.gate import exit_code

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.recorder import Recorder
    from pytest_vtrack.plugin.transport import Plain
    from pytest_vtrack.store.protocol import Store


class VtrackSession:
    """One pytest session on the side that writes: there is one in every session, never in a worker."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._policy = policy_of(settings)
        self._store: Store | None = None
        self._recorder: Recorder | None = None
        self._started = False
        self._ran = False
        self._planned: Plain = {}
        self._refusal: tuple[str, int, tuple[str, ...]] | None = None
        self._session: pytest.Session | None = None
        self._stopped: str | None = None
        self._conclusion = Conclusion()
        self._progress: ProgressLines | None = None
        self._reserve: Reserve | None = None
        self._reports = Reports(config, settings)
        self._reports.check()
        refs = (settings.baseline, settings.anchor) if settings.gate != "off" else ()
        home = config.inipath.parent if config.inipath else config.rootpath
        self._references = References(tuple(ref for ref in refs if ref), (config.invocation_params.dir, home))
        self._absent = AbsentBaselines(self._references, self._policy.gate, self._reports, self._conclusion)

    @property
    def store(self) -> Store:
        """The store, opened at first use."""
        if self._store is None:
            from pytest_vtrack.store import open_store

            self._store = open_store(self._settings.store)
        return self._store

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Find the baseline before anything else where it was asked for."""
        if self._settings.baseline_asked:
            self._open(session)
            self._absent.end_session(frozenset(filter(may_be_version, self._absent.refs)))
        elif is_distributed(self._config):
            self._refusal = self._try_to_prepare(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """End where workers collected no test that could list the baseline."""
        if self._settings.baseline_asked:
            listed = frozenset(ref for ref in self._absent.refs if listed_in_ids(ref, ids))
            self._absent.end_session(listed)

    def _try_to_prepare(self, session: pytest.Session) -> tuple[str, int, tuple[str, ...]] | None:
        """Return what is wrong and the exit code, for the workers: only they know whether there are cases.

        The last part are the names that are only wrong for tests that do not list them as versions.
        """
        try:
            named = self._config.option.vtrack_store is not None
            if self._references.refs or named or may_be_stored(self._settings.store):
                self.prepare(session)
        except (VtrackError, pytest.UsageError) as error:
            return safe(error), int(pytest.ExitCode.USAGE_ERROR), ()
        except pytest.exit.Exception as error:
            return error.msg, error.returncode or 0, self._absent.refs
        return None

    def prepare(self, session: pytest.Session, listed: frozenset[str] = frozenset()) -> None:
        """Open the store and find the baseline, so that a mistake costs no call of the application.

        :param listed: the versions that tests list; they need not be stored yet.
        """
        self._open(session)
        self._absent.end_session(listed)

    def _open(self, session: pytest.Session) -> None:
        self._session = session
        if self._started:
            return
        self._started = True
        sharing_of(self._config)  # what is wrong with a run key is told before the first test
        experiment = self._settings.experiment
        try:
            store = self.store
        except VtrackError as error:
            raise pytest.UsageError(f"--vtrack-store: {safe(error)}") from None
        self._absent.look(store, experiment)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give each worker the id of the session's run, and why it must not run any case."""
        node.workerinput["vtrack_run_id"] = base_run_id(self._config)
        node.workerinput["vtrack_refusal"] = self._refusal
        node.workerinput["vtrack_baselines"] = self._baselines

    @cached_property
    def _baselines(self) -> Plain:
        """What is scored of the baselines, as far as they are known before the first test."""
        if self._store is None or self._settings.rescore == "never":
            return {}
        from pytest_vtrack.plugin.stored_run import told_to_workers

        experiment = self._settings.experiment
        runs = self._references.known(experiment)
        return {experiment: told_to_workers(self._store, runs)}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Take note that tests run at all: pytest also collects them to show their fixtures."""
        self._ran = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Store what a report carries; what Ctrl-C ends is stored and told, or neither."""
        # Taken off the report: pytest keeps all reports until the end.
        plain: Plain | None = report.__dict__.pop("vtrack", None)
        if plain is None:
            return (yield)
        with CtrlCAfterwards():
            if "parcels" in plain:
                self._take_batch(plain["parcels"])
            else:
                self._take(plain)
            return (yield)

    def _take_batch(self, parcels: list[Plain]) -> None:
        brake: Any = self._config.pluginmanager.get_plugin("vtrack-brake")
        try:
            for parcel in parcels:
                self._take(parcel)
        finally:
            brake.stored()

    def take(self, plain: Plain) -> None:
        """Store what a process that runs tests hands over; Ctrl-C waits for the end of that."""
        with CtrlCAfterwards():
            self._take(plain)

    def _take(self, plain: Plain) -> None:
        if is_forked(self._config):  # its parent is the writer
            return
        try:
            self._keep(plain)
        except VtrackError as error:
            if self._store is None:  # with workers, which are the first to know that there are cases
                pytest.exit(f"--vtrack-store: {safe(error)}", returncode=pytest.ExitCode.USAGE_ERROR)
            self._stop(f"vtrack: {safe(error)}")

    def _keep(self, plain: Plain) -> None:
        recorder = self._recorder or self._open_recorder()
        if "plan" in plain and recorder.experiment is None:
            listed = ListedVersions(plain["declared"]["versions"]).names
            for experiment in recorder.experiments_of(plain):
                for ref, why in self._absent.missing(self.store, experiment).items():
                    if ref not in listed:
                        self._absent.end_over(ref, why)
            self._begin(recorder, plain)
            if "resuming" in plain:
                from pytest_vtrack.plugin.resume.control import announce

                announce(self._config, plain["resuming"])
                self._check_cost(recorder)
        if "result" in plain:
            result = recorder.add(tuple(plain["run"]), plain["result"], plain.get("place"))
            self._check_cost(recorder, result)
        if "told" in plain:
            recorder.told(tuple(plain["run"]), *(plain.get("place") or (plain["told"],)))
        if self._progress is not None and ("result" in plain or "told" in plain):
            self._progress.note()
        if "rescored" in plain or "unscored" in plain:
            recorder.rescore(plain)
        if "unread" in plain:
            raise StoreError(plain["unread"])
        if "said" in plain:
            recorder.describe(**plain["said"])

    def _begin(self, recorder: Recorder, plain: Plain) -> None:
        """Open the runs; where that fails nothing could be stored, so the session ends at once."""
        try:
            recorder.begin(plain, self._tags())
        except VtrackError as error:
            place = "--vtrack-store: " if isinstance(error, StoreError) else "vtrack: "
            pytest.exit(f"{place}{safe(error)}", returncode=pytest.ExitCode.USAGE_ERROR)

    def _open_recorder(self) -> Recorder:
        from pytest_vtrack.plugin.recorder import Recorder

        self._recorder = Recorder(
            self.store,
            self._settings,
            session_version(self._config),
            partial(listed_version, self._config),
            base_run_id(self._config),
            sharing_of(self._config),
            spool_of(self._config),
        )
        self._progress = progress_lines(self._config, self._recorder, self._references)
        self._reserve = Reserve()
        return self._recorder

    def _tags(self) -> dict[str, str]:
        from pytest_vtrack.tracing.automatic import automatic_tags

        command = ["pytest", *shown(self._config.invocation_params.args)]
        tags = automatic_tags(os.environ, command, Redaction(self._settings.redact))
        return redacted({**tags, **self._settings.tags}, self._settings)

    def _check_cost(self, recorder: Recorder, result: CaseResult | None = None) -> None:
        most = self._settings.max_cost
        if most is None:
            return
        budget: Any = self._config.pluginmanager.get_plugin("vtrack-budget")
        if result is not None:
            budget.unpriced.look(result)
        if recorder.cost >= most and recorder.left:
            budget.spend(most, recorder)

    def _stop(self, why: str) -> None:
        """Let no more tests start."""
        if self._stopped is None:
            self._stopped = why
            stop(self._config, self._session, why)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep why the session was interrupted."""
        self._stopped = self._stopped or interruption_in_words(excinfo.value)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what no report of a worker took."""
        output = getattr(node, "workeroutput", {})
        self._planned = self._planned or output.get("vtrack_plan", {})
        said = output.get("vtrack_said")
        if said and self._recorder:
            self._recorder.describe(**said)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Close the runs, compare them, and raise the exit status where the gate fails."""
        if is_forked(self._config):
            return
        if self._reserve is not None:
            self._reserve.release()
        try:
            self._end(session)
        except KeyboardInterrupt:
            self._conclusion.notices.append(f"interrupted while the session ended: {self._left()}")
            self._raise_status(session, pytest.ExitCode.INTERRUPTED)

    def _left(self) -> str:
        """Say what an interrupted end leaves behind."""
        if self._recorder and (waiting := self._recorder.waiting):
            return lost(waiting)
        return (
            "what ran is stored, and what comes after it may be missing; "
            "`pytest --vtrack-resume` makes up for it without running any of that again"
        )

    def _end(self, session: pytest.Session) -> None:
        try:
            self._conclude(session)
        except VtrackError as error:
            self._conclusion.notices.append(str(error))
            self._raise_status(session, pytest.ExitCode.INTERNAL_ERROR)
        self._raise_status(session, self._conclusion.exit_code)
        if failed := self._reports.finish(self._conclusion, self._store, int(session.exitstatus)):
            self._conclusion.notices.extend(failed)
            self._raise_status(session, pytest.ExitCode.INTERNAL_ERROR)

    @staticmethod
    def _raise_status(session: pytest.Session, code: int) -> None:
        """Set the exit status of a session that is fine so far; pytest's own is never lowered."""
        if code and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = code

    def _conclude(self, session: pytest.Session) -> None:
        from pytest_vtrack.store.patient import patient

        stopped = self._stopped or why_stopped(session)
        if self._recorder is None and self._ran and not stopped and (plan := self._unreported()):
            self.take(plan)
        if self._recorder is None or self._recorder.experiment is None:
            self._conclude_without_cases(session)
            return
        budget: Any = self._config.pluginmanager.get_plugin("vtrack-budget")
        out_of_money = budget.conclude(self._settings.max_cost, self._recorder.cost) if budget else None
        runs = self._recorder.finish(out_of_money or stopped)
        self._conclusion.notices.extend(self._recorder.warnings)
        decider = Decider(
            self._config,
            self._policy,
            self._references,
            self._conclusion,
            self._settings.baseline,
            self._recorder.rescored,
        )
        if sharing := sharing_of(self._config):
            self._conclusion.notices.extend(sharing.notices(runs.values()))
        if any(run.status == "incomplete" for run in runs.values()):
            self._raise_status(session, pytest.ExitCode.TESTS_FAILED)
        runs = {key: run for key, run in runs.items() if run.status != "running"}  # on other machines
        decider.conclude(patient(self.store), runs, self._recorder.listed)

    def _unreported(self) -> Plain:
        """Return the plan of a session in which no case reported: a plugin may run items its own way."""
        from pytest_vtrack.plugin.runner import runner_key

        runner = self._config.stash.get(runner_key, None)
        return runner.header_once() if runner else self._planned

    def _conclude_without_cases(self, session: pytest.Session) -> None:
        self._conclusion.missing.clear()
        if self._settings.baseline_asked and self._references.refs and session.testscollected:
            self._conclusion.notices.append(
                "no vtrack case ran, so nothing was compared: mark tests with @pytest.mark.vtrack, or record "
                "every test with --vtrack-all"
            )
            self._conclusion.gate(exit_code("no_baseline", self._policy.gate))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the screen."""
        from pytest_vtrack.plugin.screens import print_screens

        self._conclusion.store = self._store
        args = self._config.invocation_params.args
        print_screens(self._conclusion, terminalreporter, partial(command_with_baseline, args))

    def pytest_unconfigure(self) -> None:
        """Close the store."""
        if self._store is not None and not is_forked(self._config):
            self._store.close()
