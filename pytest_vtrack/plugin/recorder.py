"""Recording runs as results arrive: the only writer of a session."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import StoreError, nearest
from pytest_vtrack.model.experiment import Experiment
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.scorer_cost import said_cost
from pytest_vtrack.model.shard import NEVER_REPORTED
from pytest_vtrack.model.tags import AUTOMATIC, standard_tags
from pytest_vtrack.model.version import tags_of
from pytest_vtrack.plugin.awaited import Awaited, Place
from pytest_vtrack.plugin.descriptions import Descriptions
from pytest_vtrack.plugin.listed import ListedVersions
from pytest_vtrack.plugin.liveness import PROCESS, process_mark
from pytest_vtrack.plugin.reopening import Reopening, check_params, reopenings
from pytest_vtrack.plugin.rescored import RescoredBaselines
from pytest_vtrack.plugin.runs import RunKey, run_id_of
from pytest_vtrack.plugin.spooling import confirm, lost
from pytest_vtrack.plugin.transport import Plain, Receiver
from pytest_vtrack.workflow.declared import declared_tags
from pytest_vtrack.workflow.masking import without_secrets

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult, RunStatus
    from pytest_vtrack.model.version import AppVersion
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.sharing import Sharing
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.store.spool import Spool
    from pytest_vtrack.store.writer import Writer


def redacted(tags: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Return tags, or what is like them, with the values of secret names masked."""
    redaction = Redaction(settings.redact)
    return {name: redaction.tag(name, value) for name, value in tags.items()}


@dataclass(slots=True)
class OpenRun:
    """A run that is being recorded."""

    run: Run
    expected: int
    awaited: Awaited
    """The cases that have not reported yet."""
    planned: int = 0
    """How many of them there were when the session began."""
    closed: bool = False
    """Whether the run was complete before the session, so that nothing of it changes."""


class Recorder:
    """Opens the runs of a session, stores what arrives, and counts what does not."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        version: AppVersion,
        listed_version: Callable[[str], AppVersion],
        base_id: str,
        sharing: Sharing | None = None,
        spool: Spool | None = None,
    ) -> None:
        from pytest_vtrack.store.writer import Writer

        self.store = store
        self._writer: Writer = Writer(sharing.adding(store) if sharing else store, spool=spool)
        self._spool = spool
        self._descriptions = Descriptions(store, lambda: self._writer.is_held_up)
        self._settings = settings
        self._version = version
        self._listed_version = listed_version
        self._base_id = base_id
        self._sharing = sharing
        self._runs: dict[RunKey, OpenRun] = {}
        self._receiver = Receiver()
        self._redaction = Redaction(settings.redact)
        self.experiment: Experiment | None = None
        self.partial: str | None = None
        self._whole: set[RunKey] = set()
        self._reopenings: dict[RunKey, Reopening] = {}
        self.listed = ListedVersions()
        self._gates: list[str] = []
        self.warnings: dict[str, None] = {}
        self.cost = 0.0
        self._in_error: set[tuple[Any, ...]] = set()
        self.told_again = 0
        """How many stored results were told again."""
        self.rescored = RescoredBaselines()

    @property
    def runs(self) -> list[OpenRun]:
        """The runs of this session, its own first."""
        return list(self._runs.values())

    @property
    def planned(self) -> int:
        """How many results are expected of this session, with those that are told again."""
        return sum(opened.planned for opened in self._runs.values())

    @property
    def errors(self) -> int:
        """How many results were not completed, even where that was tried again."""
        return len(self._in_error)

    @property
    def waiting(self) -> list[CaseResult]:
        """Results that are not stored yet."""
        return self._writer.waiting

    @property
    def left(self) -> int:
        """How many of them are missing."""
        return sum(len(opened.awaited) for opened in self._runs.values())

    def experiments_of(self, header: Plain) -> list[str]:
        """Return the experiments of the runs that a process plans."""
        name, _ = header["experiment"]
        return list(dict.fromkeys(experiment or name for (experiment, *_), _ in header["plan"]["expected"]))

    def begin(self, header: Plain, tags: Mapping[str, str]) -> None:
        """Open every run that a process plans; a second process with the same plan changes nothing."""
        if self.experiment is not None:
            return
        name, experiment_tags = header["experiment"]
        self.experiment = Experiment(name, experiment_tags)
        self.partial = header["plan"]["partial"]
        self._whole = {tuple(key) for key in header["plan"]["whole"]}
        declared = header["declared"]
        self._gates = declared["gates"]
        self.listed = ListedVersions(declared["versions"])
        params = {tuple(key): values for key, values in header["params"]}
        tags = {
            **tags,
            **redacted(experiment_tags, self._settings),
            **declared_tags(declared["cluster"], declared["slices"]),
        }
        self._reopenings = reopenings(header.get("resumed", ()))
        chunks = {tuple(key): extents for key, extents in header["plan"]["chunks"]}
        for key, nodeids in header["plan"]["expected"]:
            version = self._listed_version(key[1]) if key[1] else self._version
            given = redacted(self._settings.params, self._settings)
            version = replace(version, params={**given, **params[tuple(key)]})
            if self._sharing:
                self._sharing.expect(tuple(key), nodeids, chunks.get(tuple(key), ()))
            awaited = Awaited(nodeids, chunks.get(tuple(key), ()))
            self._open(tuple(key), awaited, version, tags)

    def _open(self, key: Any, awaited: Awaited, version: AppVersion, tags: Mapping[str, str]) -> None:
        experiment, env = key[0], key[2] or self._settings.env
        assert self.experiment is not None, "a run is opened by the plan that names the experiment"
        flags = redacted(self._settings.flags, self._settings)
        known = standard_tags(
            session=self._base_id[:8],
            user=tags.get(f"{AUTOMATIC}user"),
            environment=env,
            app_version=version.name,
            flags=flags,
        )
        run = Run(
            id=run_id_of(self._base_id, key),
            experiment=experiment or self.experiment.name,
            version=version,
            env=env,
            flags=flags,
            tags={**known, **tags_of(version), **tags, PROCESS: process_mark()},
            started_at=time.time(),
            expected=len(awaited),
        )
        run = self._begun(run, key)
        self._runs[key] = OpenRun(run, run.expected or len(awaited), awaited, len(awaited), run.complete)

    def _begun(self, run: Run, key: RunKey) -> Run:
        """Store a run that starts now, or go on with the one in its place."""
        if reopening := self._reopenings.get(key):
            self.cost += reopening.cost
            whole = not self._sharing and (self.partial is None or key in self._whole)
            run = reopening.reopened(self.store, run, whole=whole)
        elif not self._sharing:
            self.store.begin(run)
        return self._sharing.joined(self.store, run, key) if self._sharing and not run.complete else run

    def told(self, key: RunKey, nodeid: str, number: int | None = None) -> None:
        """Take note that a stored result of a run that goes on was told again."""
        self._runs[key].awaited.discard(nodeid, number)
        self.told_again += 1

    def add(self, key: RunKey, plain: Plain | CaseResult, place: Place | None = None) -> CaseResult:
        """Store one result; the writer keeps what is acknowledged safe within half a second.

        :param place: which case of which chunk it is of; ``None``: the result of an item of its own.
        """
        result = without_secrets(self._received(plain), self._redaction)
        opened = self._runs[key]
        opened.awaited.discard(*(place or (result.nodeid, None)))
        self._writer.add(opened.run.id, [result])
        for warning in result.warnings:
            self.warnings[f"{result.key.case_id}: {warning}"] = None
        if result.attempt:
            self._in_error.discard((key, result.key, result.trial))
        for each in result.assessments:
            name = each.metric.name
            if name == "cost" and isinstance(each.value, (int, float)):
                self.cost += each.value
            elif name == "completed" and each.value is False:
                self._in_error.add((key, result.key, result.trial))
            elif each.metadata:
                self.cost += said_cost(each.metadata)
        return result

    def _received(self, sent: Plain | CaseResult) -> CaseResult:
        """Return a result as it came from this process, or made again from a worker's plain values."""
        return self._receiver.result(sent) if isinstance(sent, dict) else sent

    def rescore(self, plain: Plain) -> None:
        """Store what the session's scorers said of its baselines, and keep what they were not asked."""
        for run_id, results, _ in plain.get("rescored", ()):
            received = [self._received(each) for each in results]
            self._writer.add(run_id, received)
            said = (each.metadata for result in received for each in result.assessments if each.metadata)
            self.cost += sum(map(said_cost, said))
        self.rescored.count(plain)

    def describe(
        self, tags: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> None:
        """Add tags, and params of the version, to every run of the session."""
        runs = [opened.run for opened in self.runs if not opened.closed]
        for run in runs if self._reopenings else ():
            check_params(run, params or {})
        self._descriptions.add((run.id for run in runs), tags, params)

    def finish(self, stopped: str | None) -> dict[RunKey, Run]:
        """Close every run as complete, partial or incomplete, and return them as stored.

        :param stopped: why the session ended early, in words, or ``None``.
        """
        endings = {key: self._ending(key, opened, stopped) for key, opened in self._runs.items()}
        left = [key for key, opened in self._runs.items() if not opened.closed]
        try:
            self._writer.close()
            self._writer.patiently(self._descriptions.store)
            self._writer.patiently(partial(self.rescored.keep_counts, self.store))
            while left:
                self._writer.patiently(partial(self._close, self._runs[left[0]], *endings[left[0]]))
                del left[0]
        except StoreError as error:
            raise self._keep({key: endings[key] for key in left}, error) from None
        if self._runs:
            confirm(self.store, (opened.run for opened in self.runs), self._spool)
        self._warn_of_unknown_gates()
        return {key: opened.run for key, opened in self._runs.items()}

    def _close(self, opened: OpenRun, status: RunStatus, reason: str | None) -> None:
        if self._sharing:
            opened.run = self._sharing.left(self.store, opened.run.id, status, reason, time.time())
        else:
            opened.run = self.store.finish(
                opened.run.id, status=status, reason=reason, ended_at=time.time(), expected=opened.expected
            )

    def _keep(self, endings: Mapping[RunKey, tuple[RunStatus, str | None]], error: StoreError) -> StoreError:
        """Keep beside the results how the runs ended, and return what the user is told."""
        if self._spool is None:
            return error
        try:
            self._descriptions.keep(self._spool)
            for key, (status, reason) in endings.items():
                opened = self._runs[key]
                if self._spool.whole:
                    self._spool.begin(opened.run)
                shard_id = self._sharing.shard_id(opened.run.id) if self._sharing else None
                told = {"status": status, "reason": reason, "ended_at": time.time()}
                self._spool.end(opened.run.id, shard_id, expected=opened.expected, **told)  # type: ignore[arg-type]
        except StoreError:
            return type(error)(f"{error}. {lost(self._writer.waiting)}")
        return error if str(self._spool.path) in str(error) else self._spool.told(error)

    def _warn_of_unknown_gates(self) -> None:
        """Say which metrics are to decide and do not exist: a slip of the pen would switch a gate off."""
        if not self._gates:
            return
        summaries = [each for opened in self.runs for each in self.store.metric_summaries(opened.run.id)]
        known = dict.fromkeys(each.spec.name for each in summaries)
        for name in self._gates:
            if name not in known:
                self.warnings[
                    f"@pytest.mark.vtrack(gate=…) names {name!r}, which no case has; nearest: "
                    f"{', '.join(nearest(name, known))}"
                ] = None

    def _ending(self, key: RunKey, opened: OpenRun, stopped: str | None) -> tuple[RunStatus, str | None]:
        chosen = None if key in self._whole else self.partial
        missing = len(opened.awaited)
        if missing and not stopped:
            names = opened.awaited.names()
            return "incomplete", f"{missing} of {opened.expected} cases {NEVER_REPORTED}: {names}"
        if missing:
            status: RunStatus = "incomplete" if self._sharing else "partial"  # a part is what a shard chose
            return status, f"{stopped}: {opened.planned - missing} of {opened.planned} cases ran"
        return ("partial", chosen) if chosen else ("complete", None)
