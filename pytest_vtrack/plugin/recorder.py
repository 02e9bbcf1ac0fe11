"""Recording runs as results arrive: the only writer of a session."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import nearest
from pytest_vtrack.model.experiment import Experiment
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.tags import AUTOMATIC, standard_tags
from pytest_vtrack.model.version import tags_of
from pytest_vtrack.plugin.listed import ListedVersions
from pytest_vtrack.plugin.runs import RunKey, run_id_of
from pytest_vtrack.plugin.transport import Plain, Receiver
from pytest_vtrack.workflow.declared import declared_tags

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment
    from pytest_vtrack.model.run import CaseResult, RunStatus
    from pytest_vtrack.model.version import AppVersion
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.store.writer import Writer


def redacted(tags: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Return tags, or what is like them, with the values of secret names masked."""
    redaction = Redaction(settings.redact)
    return {name: redaction.tag(name, value) for name, value in tags.items()}


def without_secrets(result: CaseResult, redaction: Redaction) -> CaseResult:
    """Return a result whose messages and reasons have the secrets in them masked."""
    explained = [each for each in result.assessments if each.rationale is not None or each.error is not None]
    if result.error is None and not explained:  # nearly always
        return result
    assessments = tuple([_reasons_masked(each, redaction) for each in result.assessments])
    return replace(result, error=redaction.plain(result.error), assessments=assessments)


def _reasons_masked(assessment: Assessment, redaction: Redaction) -> Assessment:
    old = assessment.rationale, assessment.error
    rationale, error = new = redaction.plain(old[0]), redaction.plain(old[1])
    return assessment if new == old else replace(assessment, rationale=rationale, error=error)


@dataclass(slots=True)
class OpenRun:
    """A run that is being recorded."""

    run: Run
    expected: int
    awaited: set[str] = field(default_factory=set)
    """Node ids of the cases that have not reported yet."""


class Recorder:
    """Opens the runs of a session, stores what arrives, and counts what does not."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        version: AppVersion,
        listed_version: Callable[[str], AppVersion],
        base_id: str,
    ) -> None:
        from pytest_vtrack.store.writer import Writer

        self.store = store
        self._writer: Writer = Writer(store)
        self._settings = settings
        self._version = version
        self._listed_version = listed_version
        self._base_id = base_id
        self._runs: dict[RunKey, OpenRun] = {}
        self._receiver = Receiver()
        self._redaction = Redaction(settings.redact)
        self.experiment: Experiment | None = None
        self.partial: str | None = None
        self._whole: set[RunKey] = set()
        self.listed = ListedVersions()
        self._gates: list[str] = []
        self.warnings: dict[str, None] = {}
        self.cost = 0.0

    @property
    def runs(self) -> list[OpenRun]:
        """The runs of this session, its own first."""
        return list(self._runs.values())

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
        for key, nodeids in header["plan"]["expected"]:
            version = self._listed_version(key[1]) if key[1] else self._version
            given = redacted(self._settings.params, self._settings)
            version = replace(version, params={**given, **params[tuple(key)]})
            self._open(tuple(key), nodeids, version, tags)

    def _open(self, key: Any, nodeids: list[str], version: AppVersion, tags: Mapping[str, str]) -> None:
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
            tags={**known, **tags_of(version), **tags},
            started_at=time.time(),
            expected=len(nodeids),
        )
        self.store.begin(run)
        self._runs[key] = OpenRun(run, len(nodeids), set(nodeids))

    def add(self, key: RunKey, plain: Plain | CaseResult) -> CaseResult:
        """Store one result; the writer keeps what is acknowledged safe within half a second."""
        result = without_secrets(self._received(plain), self._redaction)
        opened = self._runs[key]
        opened.awaited.discard(result.nodeid)
        self._writer.add(opened.run.id, [result])
        for warning in result.warnings:
            self.warnings[f"{result.key.case_id}: {warning}"] = None
        for each in result.assessments:
            if each.metric.name == "cost" and isinstance(each.value, (int, float)):
                self.cost += each.value
        return result

    def _received(self, sent: Plain | CaseResult) -> CaseResult:
        """Return a result as it came from this process, or made again from a worker's plain values."""
        return self._receiver.result(sent) if isinstance(sent, dict) else sent

    def rescore(self, run_id: str, results: list[Plain | CaseResult]) -> None:
        """Store the baseline's results with the assessments that its scorers did not give."""
        self._writer.add(
            run_id, [without_secrets(self._received(plain), self._redaction) for plain in results]
        )

    def describe(
        self, tags: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> None:
        """Add tags, and params of the version, to every run of the session."""
        for opened in self.runs:
            self.store.update_run(opened.run.id, tags=tags, params=params)

    def finish(self, stopped: str | None) -> dict[RunKey, Run]:
        """Close every run as complete, partial or incomplete, and return them as stored.

        :param stopped: why the session ended early, in words, or ``None``.
        """
        self._writer.close()
        for key, opened in self._runs.items():
            partial = None if key in self._whole else self.partial
            status, reason = self._ending(opened, stopped, partial)
            opened.run = self.store.finish(
                opened.run.id, status=status, reason=reason, ended_at=time.time(), expected=opened.expected
            )
        self._warn_of_unknown_gates()
        return {key: opened.run for key, opened in self._runs.items()}

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

    @staticmethod
    def _ending(opened: OpenRun, stopped: str | None, partial: str | None) -> tuple[RunStatus, str | None]:
        missing = len(opened.awaited)
        if missing and not stopped:
            names = ", ".join(sorted(opened.awaited)[:3])
            more = f" and {missing - 3} more" if missing > 3 else ""
            return "incomplete", f"{missing} of {opened.expected} cases never reported: {names}{more}"
        if missing:
            return "partial", f"{stopped}: {opened.expected - missing} of {opened.expected} cases ran"
        return ("partial", partial) if partial else ("complete", None)
