"""The controller: it stores what arrives, compares with the baseline, and sets the exit code."""

from __future__ import annotations

import os
import shlex
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.errors import ReferenceUnknown, VtrackError
from pytest_vtrack.model.policy import EXIT_NO_BASELINE, Policy, checked_gate, parse_tolerances
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.plugin.conclusion import Conclusion
from pytest_vtrack.plugin.processes import is_distributed
from pytest_vtrack.plugin.runs import base_run_id
from pytest_vtrack.plugin.versions import session_version
from pytest_vtrack.workflow.gate import exit_code, strictest

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.recorder import Recorder
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.workflow.references import Resolved


class VtrackSession:
    """One pytest session on the side that writes: there is one in every session, never in a worker."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._policy = self._read_policy()
        self._store: Store | None = None
        self._recorder: Recorder | None = None
        self._pid = os.getpid()
        self._started = False
        self._conclusion = Conclusion(settings.baseline or "")

    def _read_policy(self) -> Policy:
        try:
            return Policy(
                gate=checked_gate(self._settings.gate, source="vtrack_gate"),
                tolerances=parse_tolerances(self._settings.tolerance_lines, source="vtrack_tolerance"),
            )
        except VtrackError as error:
            raise pytest.UsageError(str(error)) from None

    @property
    def store(self) -> Store:
        """The store, opened at first use."""
        if self._store is None:
            from pytest_vtrack.store import open_store

            try:
                self._store = open_store(self._settings.store)
            except VtrackError as error:
                raise pytest.UsageError(f"--vtrack-store: {error}") from None
        return self._store

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Find the baseline before anything else where it was asked for."""
        self.find_baseline()

    def find_baseline(self) -> None:
        """Find the baseline, so that a wrong name costs no call of the application."""
        if self._started or self._config.option.collectonly:
            return
        self._started = True
        if not self._settings.baseline:
            return
        try:
            self._resolve(self._settings.baseline, self._settings.experiment)
        except ReferenceUnknown as error:
            if self._is_elsewhere(self._settings.baseline):
                return  # a vtrack_experiment fixture may still name the experiment that has it
            self._no_baseline(str(error))

    def _no_baseline(self, why: str) -> None:
        """End the session where the policy says so and the baseline was asked for; else say it at the end."""
        self._conclusion.missing_baseline = why
        distributed_ini = is_distributed(self._config) and not self._settings.baseline_asked
        if self._settings.gate in ("regress", "strict") and not distributed_ini:
            from pytest_vtrack.plugin.screens import no_baseline_text

            pytest.exit(no_baseline_text(self._settings.baseline or "", why), returncode=EXIT_NO_BASELINE)

    def _resolve(self, ref: str, experiment: str) -> Resolved:
        from pytest_vtrack.workflow.references import resolve

        folder = self._config.invocation_params.dir
        try:
            return resolve(self.store, ref, experiment, folder=folder, writable=True)
        except ReferenceUnknown:
            raise
        except VtrackError as error:
            raise pytest.UsageError(f"--vtrack-baseline={ref}: {error}") from None

    def _is_elsewhere(self, ref: str) -> bool:
        names = [name for name in self.store.experiments() if name != self._settings.experiment]
        return any(self.store.runs(name, version=ref) or self.store.baseline(name, ref) for name in names)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give each worker the id of the session's run."""
        node.workerinput["vtrack_run_id"] = base_run_id(self._config)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store what a report carries."""
        plain = getattr(report, "vtrack", None)
        if plain is None or os.getpid() != self._pid:  # a test may fork; its child is not the writer
            return
        recorder = self._recorder or self._open_recorder()
        if "plan" in plain:
            recorder.begin(plain, self._tags())
            self._check_experiment()
        if "result" in plain:
            recorder.add(tuple(plain["run"]), plain["result"])
            self._check_cost(recorder)
        if "tags" in plain:
            recorder.set_tags(plain["tags"])

    def _open_recorder(self) -> Recorder:
        from pytest_vtrack.plugin.recorder import Recorder

        self._recorder = Recorder(
            self.store, self._settings, session_version(self._config), base_run_id(self._config)
        )
        return self._recorder

    def _tags(self) -> dict[str, str]:
        from pytest_vtrack.tracing.automatic import automatic_tags

        redaction = Redaction(self._settings.redact)
        command = ["pytest", *map(str, self._config.invocation_params.args)]
        tags = {**automatic_tags(os.environ, command), **self._settings.tags}
        return {name: redaction.tag(name, value) for name, value in tags.items()}

    def _check_experiment(self) -> None:
        """Look for the baseline again where a fixture named another experiment, before the first call."""
        recorder = self._recorder
        if not (self._settings.baseline and recorder and recorder.experiment):
            return
        try:
            self._resolve(self._settings.baseline, recorder.experiment.name)
        except ReferenceUnknown as error:
            if not is_distributed(self._config):
                self._no_baseline(str(error))

    def _check_cost(self, recorder: Recorder) -> None:
        most = self._settings.max_cost
        if most is not None and recorder.cost >= most and self._recorded_session is not None:
            self._recorded_session.shouldstop = (
                f"--vtrack-max-cost={most:g} reached ({recorder.cost:g} spent)"
            )

    _recorded_session: pytest.Session | None = None

    def pytest_collection(self, session: pytest.Session) -> None:
        """Keep the session at hand, to stop it when its money is spent."""
        self._recorded_session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the tags that a worker's session fixtures set at their end."""
        tags = getattr(node, "workeroutput", {}).get("vtrack_tags")
        if tags and self._recorder:
            self._recorder.set_tags(tags)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Close the runs, compare them, and raise the exit status where the gate fails."""
        if os.getpid() != self._pid or self._config.option.collectonly:
            return
        try:
            self._conclude(session)
        except VtrackError as error:
            self._conclusion.notices.append(str(error))
            self._raise_status(session, pytest.ExitCode.INTERNAL_ERROR)
        self._raise_status(session, self._conclusion.exit_code)

    @staticmethod
    def _raise_status(session: pytest.Session, code: int) -> None:
        """Set the exit status of a session that is fine so far; pytest's own is never lowered."""
        if code and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = code

    def _conclude(self, session: pytest.Session) -> None:
        if self._recorder is None:
            self._conclude_without_cases(session)
            return
        runs = self._recorder.finish(_why_stopped(session))
        self._conclusion.notices.extend(self._recorder.warnings)
        for run in runs:
            self._conclude_run(run, self._recorder)

    def _conclude_without_cases(self, session: pytest.Session) -> None:
        if self._settings.baseline_asked and session.testscollected:
            self._conclusion.notices.append(
                "no vtrack case ran, so nothing was compared: mark tests with @pytest.mark.vtrack, or record "
                "every test with --vtrack-all"
            )
            self._conclusion.gate(exit_code("no_baseline", self._policy.gate))

    def _conclude_run(self, run: Run, recorder: Recorder) -> None:
        if not self._settings.baseline or self._settings.gate == "off":
            self._conclusion.first_runs.append(run)
            return
        for ref in (self._settings.baseline, self._settings.anchor):
            if ref:
                self._compare(ref, run, recorder)

    def _compare(self, ref: str, run: Run, recorder: Recorder) -> None:
        from pytest_vtrack.workflow.comparing import compare

        try:
            resolved = self._resolve(ref, run.experiment)
        except ReferenceUnknown as error:
            self._conclusion.missing_baseline = self._conclusion.missing_baseline or str(error)
            self._conclusion.gate(exit_code("no_baseline", self._policy.gate))
            return
        policy = replace(self._policy, cluster=recorder.cluster, gating_slices=recorder.slices)
        comparison = compare(self.store, resolved.run, run, policy)
        answers = self._config.hook.pytest_vtrack_verdict(config=self._config, comparison=comparison)
        comparison = replace(
            comparison,
            verdict=strictest(comparison.verdict, answers),
            warnings=(*resolved.warnings, *comparison.warnings),
        )
        code = exit_code(comparison.verdict, policy.gate)
        self.store.save_verdict(comparison, exit_code=code, at=time.time())
        self._conclusion.comparisons.append(comparison)
        self._conclusion.gate(code)

    def _command_with_baseline(self, ref: str) -> str:
        """Return the command line of this session, comparing with ``ref``."""
        given = [str(arg) for arg in self._config.invocation_params.args]
        kept = [arg for arg in given if not arg.startswith(("--vtrack-baseline", "--vtrack-version"))]
        return shlex.join(["pytest", *kept, f"--vtrack-baseline={ref}"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the screen."""
        if self._config.option.collectonly:
            return
        from pytest_vtrack.plugin.screens import print_screens

        self._conclusion.store = self._store
        print_screens(self._conclusion, terminalreporter, self._command_with_baseline)

    def pytest_unconfigure(self) -> None:
        """Close the store."""
        if self._store is not None and os.getpid() == self._pid:
            self._store.close()


def _why_stopped(session: pytest.Session) -> str | None:
    """Say why a session ended before its last test; ``None`` when it did not."""
    if why := session.shouldfail or session.shouldstop:
        return str(why)
    if session.exitstatus == pytest.ExitCode.INTERRUPTED:
        return "interrupted"
    in_flight = sys.exc_info()[1]
    return f"stopped by {type(in_flight).__name__}" if in_flight else None
