"""Which experiment a session records: what the ``vtrack_experiment`` fixture says, asked once."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.errors import VtrackError
from pytest_vtrack.model.experiment import Experiment
from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.processes import is_worker

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

    def asked_early(self, session: pytest.Session) -> Experiment:
        """Ask before the first item is set up: what items are told from the store is of some experiment.

        So is the part of a shard that has no case; one that was deselected can ask for the fixture too.
        """
        selected = (item for item in session.items if self._collector.handle(item))
        first = next(selected, self._collector.deselected)
        if first is None:
            return self.experiment
        state = session._setupstate  # noqa: SLF001  only an item that is set up may ask for a fixture
        try:
            self._chosen = self._asked_unprepared(first)
        finally:
            state.stack.pop(first, None)
            # A worker is given any item first, so of it only the session stays set up.
            following = session if is_worker(self._config) else next(iter(session.items), None)
            state.teardown_exact(following)  # type: ignore[arg-type]
        return self.experiment

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Ask after the fixtures of the test, also where one of them failed: its case is recorded too."""
        if self._collector.handle(item) is None:
            return (yield)
        try:
            return (yield)
        finally:
            is_set_up = item in item.session._setupstate.stack  # noqa: SLF001
            self._chosen = self._asked(item) if is_set_up else self._asked_unprepared(item)
            self._config.pluginmanager.unregister(self)

    def _asked_unprepared(self, item: pytest.Item) -> Experiment | None:
        """Ask for an item that is not set up, as one that is skipped is; ``None`` where that fails."""
        state = item.session._setupstate  # noqa: SLF001
        assert item.parent is not None, "an item stands in a file"
        try:
            state.setup(item.parent)  # type: ignore[arg-type]
            state.stack[item] = ([], None)
            return self._asked(item)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception):  # its item says so
            return None

    def _asked(self, item: pytest.Item) -> Experiment:
        if not isinstance(item, pytest.Function) or self._config.getoption("setupplan", False):
            return Experiment(self._settings.experiment)
        try:
            # Only the request of a running item can set up a fixture that no test names.
            return Experiment.of(item._request.getfixturevalue("vtrack_experiment"))  # noqa: SLF001
        except VtrackError as error:
            pytest.exit(f"vtrack: {safe(error)}", returncode=pytest.ExitCode.USAGE_ERROR)
