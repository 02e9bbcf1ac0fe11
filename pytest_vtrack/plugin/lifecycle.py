"""When the parts of the plugin come to life: nothing is registered for a suite that has no cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.plugin.options import settings_key

if TYPE_CHECKING:
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.runner import CaseRunner
    from pytest_vtrack.plugin.session import VtrackSession

runner_key: pytest.StashKey[CaseRunner] = pytest.StashKey()
session_key: pytest.StashKey[VtrackSession] = pytest.StashKey()


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process only runs tests for a controller."""
    return hasattr(config, "workerinput")


def is_distributed(config: pytest.Config) -> bool:
    """Tell whether this process controls workers and runs no tests itself."""
    return not is_worker(config) and bool(getattr(config.option, "tx", None))


def watch_cases(config: pytest.Config, collector: CaseCollector) -> None:
    """Start to run and record the collected cases in this process."""
    from pytest_vtrack.plugin.runner import CaseRunner

    runner = CaseRunner(config, config.stash[settings_key], collector)
    config.stash[runner_key] = runner
    config.pluginmanager.register(runner, "vtrack-runner")
    if not is_worker(config):
        start_session(config).pytest_sessionstart()


def start_session(config: pytest.Config) -> VtrackSession:
    """Return the object that stores, compares and reports, made at its first use."""
    if session_key not in config.stash:
        from pytest_vtrack.plugin.session import VtrackSession

        session = VtrackSession(config, config.stash[settings_key])
        config.stash[session_key] = session
        config.pluginmanager.register(session, "vtrack-session")
    return config.stash[session_key]
