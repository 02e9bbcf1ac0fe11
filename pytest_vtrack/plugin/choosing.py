"""Which experiment a session records: what the ``vtrack_experiment`` fixture says, asked once."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.errors import VtrackError
from pytest_vtrack.model.experiment import Experiment
from pytest_vtrack.plugin.messages import safe

if TYPE_CHECKING:
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.options import Settings


class ExperimentChooser:
    """Asks the fixture while the first case is set up, then leaves: later cases need not pass by here."""

    def __init__(self, config: pytest.Config, settings: Settings, collector: CaseCollector) -> None:
        self._config = config
        self._settings = settings
        self._collector = collector
        self._chosen: Experiment | None = None
        config.pluginmanager.register(self, "vtrack-experiment")

    @property
    def experiment(self) -> Experiment:
        """The experiment; what the settings say where no case was set up."""
        return self._chosen or Experiment(self._settings.experiment)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Ask after the fixtures of the test, also where one of them failed: its case is recorded too."""
        if self._collector.handle(item) is None:
            return (yield)
        try:
            return (yield)
        finally:
            self._chosen = self._asked(item)
            self._config.pluginmanager.unregister(self)

    def _asked(self, item: pytest.Item) -> Experiment:
        if not isinstance(item, pytest.Function) or self._config.option.setupplan:
            return Experiment(self._settings.experiment)
        try:
            # Only the request of a running item can set up a fixture that no test names.
            return Experiment.of(item._request.getfixturevalue("vtrack_experiment"))  # noqa: SLF001
        except VtrackError as error:
            pytest.exit(f"vtrack: {safe(error)}", returncode=pytest.ExitCode.USAGE_ERROR)
