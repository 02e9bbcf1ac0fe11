"""Continuing a run that was interrupted: found before the first test, in each process that runs tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.errors import ResumeRefused, StoreError, VtrackError
from pytest_vtrack.model.run import Run
from pytest_vtrack.plugin.beginning import parameters
from pytest_vtrack.plugin.chunks import single_nodeid
from pytest_vtrack.plugin.handles import CaseHandle
from pytest_vtrack.plugin.liveness import PROCESS, is_alive
from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.options import settings_key
from pytest_vtrack.plugin.processes import is_worker
from pytest_vtrack.plugin.recorder import redacted
from pytest_vtrack.plugin.results import key_of
from pytest_vtrack.plugin.resume.control import REFUSED
from pytest_vtrack.plugin.resumed import Continued, Resuming
from pytest_vtrack.plugin.runs import base_run_id, run_id_of, sharing_of
from pytest_vtrack.plugin.slots import nodeid_of, run_key
from pytest_vtrack.plugin.trial import identity_of
from pytest_vtrack.plugin.versions import listed_version, session_version
from pytest_vtrack.report.going_on import goes_on, starts_anew
from pytest_vtrack.workflow.resuming import (
    Planned,
    differences,
    find_run,
    first_judges,
    interrupted_elsewhere,
    remainder,
)

if TYPE_CHECKING:
    from pytest_vtrack.plugin.collection import CaseCollector
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.runner import CaseRunner
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.store.protocol import Store


def resume(session: pytest.Session, runner: CaseRunner, collector: CaseCollector) -> None:
    """Find what there is to go on with, and let its stored cases be told instead of run.

    Ends the session with exit code 4 where a run was interrupted that cannot be continued soundly.
    """
    from pytest_vtrack.plugin.resume.telling import Teller

    finder = _Finder(session.config, session.config.stash[settings_key], collector)
    try:
        resuming = finder.found(runner.experiment(session).name, session.items)
    except ResumeRefused as error:
        _end(session.config, safe(error))
        return
    runner.resuming = resuming
    session.config.pluginmanager.register(Teller(session, runner, collector, resuming), "vtrack-teller")


def _end(config: pytest.Config, why: str) -> None:
    """End the session before its first test."""
    if not is_worker(config):
        raise pytest.UsageError(why)
    getattr(config, "workeroutput")[REFUSED] = why  # noqa: B009  only workers have it
    pytest.exit(why, returncode=pytest.ExitCode.USAGE_ERROR)


class _Finder:
    """Looks in the store for the runs that a session would start."""

    def __init__(self, config: pytest.Config, settings: Settings, collector: CaseCollector) -> None:
        self._config = config
        self._settings = settings
        self._collector = collector

    def found(self, experiment: str, items: list[pytest.Item]) -> Resuming:
        """Return what there is.

        :raises ResumeRefused: a run was interrupted that cannot be continued.
        """
        from pytest_vtrack.store import open_store

        wanted = {key: self._wanted(key, experiment) for key in self._collector.plan.expected}
        try:
            store = open_store(self._settings.store, read_only=True)
        except StoreError:  # there is none yet; whoever writes it says what else may be wrong
            return Resuming({}, tuple(starts_anew(run) for run in wanted.values()))
        try:
            runs = {key: self._continued(store, key, run, items) for key, run in wanted.items()}
            elsewhere = {key: interrupted_elsewhere(store, run) for key, run in wanted.items()}
        except ResumeRefused:
            raise
        except VtrackError as error:
            raise ResumeRefused(f"--vtrack-resume: {error}") from None
        finally:
            store.close()
        lines = [
            goes_on(run.run, len(run.left.told), len(run.left.told) + run.left.to_run)
            if run
            else starts_anew(wanted[key], elsewhere[key])
            for key, run in runs.items()
        ]
        return Resuming({key: run for key, run in runs.items() if run}, tuple(lines))

    def _wanted(self, key: RunKey, experiment: str) -> Run:
        """Return the run that would start now, as far as it is known."""
        settings = self._settings
        named, version, env = key
        app = listed_version(self._config, version) if version else session_version(self._config)
        params = {**settings.params, **self._collector.plan.params[key]}
        return Run(
            "",
            named or experiment,
            replace(app, params=redacted(params, settings)),
            env=env or settings.env,
            flags=redacted(settings.flags, settings),
            started_at=getattr(self._config, "workerinput", {}).get("vtrack_started_at") or time.time(),
        )

    def _continued(
        self, store: Store, key: RunKey, wanted: Run, items: list[pytest.Item]
    ) -> Continued | None:
        shared = sharing_of(self._config) is not None
        if shared:
            run = store.run(run_id_of(base_run_id(self._config), key))
            if run is not None and differences(run.version, wanted.version):
                run = None  # what joins the run says so
        else:
            run = find_run(store, wanted, time.time())
        if run is None:
            return None
        if not (run.complete or shared) and is_alive(mark := run.tags.get(PROCESS, "")):
            raise ResumeRefused(
                f"--vtrack-resume: run {run.short_id} is being recorded right now by another session "
                f"({mark}); wait for its end, or leave out --vtrack-resume to start another run"
            )
        plan = self._collector.plan
        left = remainder(
            self._planned(key, items),
            store.stored_trials(run.id),
            complete=run.complete,
            whole=not shared and (plan.partial is None or key in plan.whole),
            judged_first=partial(first_judges, store, run.id),
        )
        return Continued(run, left) if left else None

    def _planned(self, key: RunKey, items: list[pytest.Item]) -> Iterator[Planned]:
        for item in items:
            handle = self._collector.handle(item)
            if handle is None or run_key(handle.slot) != key:
                continue
            slots = [handle.slot] if isinstance(handle, CaseHandle) else handle.slots()
            nodeid = nodeid_of(item)
            marks = frozenset(scorer.fingerprint for scorer in handle.slot.test.scorers)
            identity = identity_of(item, handle.slot, nodeid)
            for slot in slots:
                name = nodeid if slot is handle.slot else single_nodeid(nodeid, handle.slot.id, slot.id)
                case = key_of(slot, identity, {} if slot.case else parameters(item))
                yield Planned(name, case, slot.trial, marks)
