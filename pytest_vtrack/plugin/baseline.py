"""The baseline as tests and scorers see it while the session runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import StoreUnreachable, VtrackError
from pytest_vtrack.plugin.handles import BaselineHandle

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.model.experiment import Experiment
    from pytest_vtrack.model.run import CaseResult
    from pytest_vtrack.model.trace import Trace
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.trial import Trial


class BaselineReader:
    """Reads the baseline's run from the store, opened only when a test or scorer asks for it."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._handle: BaselineHandle | None = None
        self._resolved = False
        self._reading = threading.Lock()
        self._store: Any = None

    def handle(self, experiment: str) -> BaselineHandle | None:
        """Return the baseline of an experiment, ``None`` where none was named or none is stored."""
        with self._reading:  # scorers ask from several threads
            if not self._resolved and self._settings.baseline:
                self._handle = self._read(self._settings.baseline, experiment)
                self._resolved = True
        return self._handle

    def trace(self, trial: Trial, experiment: Experiment) -> Trace | None:
        """Return what the baseline did on the trial's case, the same trial where it has it."""
        from pytest_vtrack.model.stored_trace import trace_of

        trials = self.results(trial, experiment)
        same = [each for each in trials if each.trial == trial.slot.trial] or trials
        return trace_of(same[0]) if same else None

    def results(self, trial: Trial, experiment: Experiment) -> list[CaseResult]:
        """Return the baseline's trials of the trial's case; empty where it has no such case."""
        from pytest_vtrack.plugin.results import case_key

        handle = self.handle(experiment.name)
        return list(self._store.case_results(handle.id, case_key(trial))) if handle else []

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()

    def _read(self, ref: str, experiment: str) -> BaselineHandle | None:
        from pytest_vtrack.store.patient import open_for_reading
        from pytest_vtrack.workflow.references import resolve

        try:
            self._store = self._store or open_for_reading(self._settings.store)
            found = resolve(self._store, ref, experiment, folder=self._config.invocation_params.dir)
        except StoreUnreachable:
            raise  # without a baseline scorers would say something else
        except VtrackError:
            return None  # the controller says what is wrong with the baseline, once
        return BaselineHandle(found.run, self._store)
