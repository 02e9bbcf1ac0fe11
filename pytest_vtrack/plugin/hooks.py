"""The entry point that pytest loads: it declares the surface and delegates.

Loaded in every pytest run of everyone who has the package installed, so it imports only pytest and the
standard library, and what it registers costs nothing until a test is marked.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.plugin import hookspecs
from pytest_vtrack.plugin.collection import CaseCollector
from pytest_vtrack.plugin.fixtures import (  # noqa: F401  pytest finds fixtures by these names
    vtrack_baseline,
    vtrack_case,
    vtrack_dataset,
    vtrack_experiment,
    vtrack_run,
)
from pytest_vtrack.plugin.garbage import collect_as_before, collect_seldom, freeze, thaw
from pytest_vtrack.plugin.options import add_options, read_settings, settings_key
from pytest_vtrack.plugin.processes import is_distributed, is_worker, remember_process, runs_no_tests

if TYPE_CHECKING:
    from pytest_vtrack.plugin.session import VtrackSession

_collector_key: pytest.StashKey[CaseCollector] = pytest.StashKey()
_session_key: pytest.StashKey[VtrackSession] = pytest.StashKey()

MARKER_LINES = (
    "vtrack(dataset=, scorers=, experiment=, env=, flags=, versions=, params=, repeat=, concurrency=, bulk=, "
    "gate=, slices=, cluster=, timeout=, retries=, retry_on=, rate=): run the test once per case of the "
    "dataset, record a trace of each and score it; all arguments are optional and inherited from class and "
    "module.",
    "vtrack_version(spec): the test belongs to these app versions, e.g. 'v1.3' or '>=1.2,<2'; for others it "
    "is skipped.",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that conftests may implement."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings and watch the collection for cases."""
    for line in MARKER_LINES:
        config.addinivalue_line("markers", line)
    config.add_cleanup(
        partial(thaw, config)
    )  # first in, so last out: pytest itself collects garbage at the end
    remember_process(config)
    settings = config.stash[settings_key] = read_settings(config)
    collector = config.stash[_collector_key] = CaseCollector(config, settings)
    config.pluginmanager.register(collector, "vtrack-collector")
    if settings.max_cost is not None:
        from pytest_vtrack.plugin.budget import Budget

        config.pluginmanager.register(Budget(config), "vtrack-budget")
    if is_worker(config) or runs_no_tests(config):
        return
    if settings.resume:
        from pytest_vtrack.plugin.resume.control import ResumeControl

        config.pluginmanager.register(ResumeControl(time.time()), "vtrack-resume")
    if is_distributed(config):
        from pytest_vtrack.plugin.bulk.brake import Brake
        from pytest_vtrack.plugin.concurrency.handing_out import choose
        from pytest_vtrack.plugin.notes import notes_of

        notes_of(config)
        config.pluginmanager.register(Brake(config), "vtrack-brake")
        choose(config, settings)
    if is_distributed(config) or settings.baseline_asked or settings.reports:
        _start_session(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """When there are cases, start to run and record them; without any, nothing more is ever registered."""
    config = session.config
    collector = config.stash[_collector_key]
    if not collector.count(session.items) or config.option.collectonly:
        collect_as_before(config)
        return
    freeze(config, collector.cases)  # importing what is needed now would visit every item several times
    from pytest_vtrack.plugin.runner import CaseRunner, runner_key

    runner = config.stash[runner_key] = CaseRunner(config, config.stash[settings_key], collector)
    config.pluginmanager.register(runner, "vtrack-runner")
    if not is_worker(config) and not runs_no_tests(config):
        _start_session(config).prepare(session, collector.listed.names)
    if collector.plan.is_empty:
        runner.experiment(session)
    if config.stash[settings_key].resume and not runs_no_tests(config):
        from pytest_vtrack.plugin.resume.finding import resume

        resume(session, runner, collector)
    if collector.plan.chunks:
        from pytest_vtrack.plugin.bulk.runner import BulkRunner

        BulkRunner(config, config.stash[settings_key], collector, runner)
    freeze(config, collector.cases)
    collect_seldom(config, collector.cases)


def _start_session(config: pytest.Config) -> VtrackSession:
    """Return the object that stores, compares and reports, made at its first use."""
    from pytest_vtrack.plugin.session import VtrackSession

    if _session_key not in config.stash:
        session = config.stash[_session_key] = VtrackSession(config, config.stash[settings_key])
        config.pluginmanager.register(session, "vtrack-session")
    return config.stash[_session_key]
