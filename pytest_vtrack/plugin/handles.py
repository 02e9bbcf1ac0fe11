"""What the fixtures hand to tests: the case, the run, and the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_vtrack.model.assessment import Feedback, Source, Value
from pytest_vtrack.model.case_types import arguments_of
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.plugin.typed import typed_values

if TYPE_CHECKING:
    from pytest_vtrack.model.case_types import CaseTypes
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.plugin.execution import Execution
    from pytest_vtrack.plugin.slots import CaseSlot
    from pytest_vtrack.store.protocol import Store


class CaseHandle:
    """The case that a test runs.

    Made at collection, one for each slot of a test with a dataset, so it holds no more than that until an
    item runs.
    """

    __slots__ = ("_execution", "_session", "id", "slot")

    weight = 1
    """How many trials the item runs."""

    def __init__(self, slot: CaseSlot) -> None:
        self.slot = slot
        """Which case, version, flag state and trial the item runs."""
        self.id = slot.case.id if slot.case else ""
        """The id of the case; the node id of the test where it has no dataset."""
        self._execution: Execution | None = None
        self._session: RunHandle | None = None

    def begin(self, execution: Execution, session: RunHandle, nodeid: str) -> None:
        """Start a trial of the case."""
        self._execution, self._session = execution, session
        self.id = self.id or nodeid

    def end(self) -> None:
        """Let go of what the trial produced; the item lives until the session ends."""
        self._execution = None

    @property
    def in_use(self) -> bool:
        """Whether a trial has begun and not ended."""
        return self._execution is not None

    @property
    def _running(self) -> Execution:
        if self._execution is None:
            raise RuntimeError("vtrack_case can be used only while its test runs")
        return self._execution

    @property
    def trial(self) -> int:
        """Which repetition of the case this is, from 0."""
        return self.slot.trial

    @property
    def version(self) -> str:
        """The app version under test."""
        return self.slot.version or (self._session.version if self._session else "")

    @property
    def flags(self) -> Mapping[str, Any]:
        """The feature flags in force: those of the run, then those of this case."""
        return {**(self._session.flags if self._session else {}), **self.slot.flags}

    @property
    def inputs(self) -> Any:
        """What the application is asked; without a dataset, the parameters of the test.

        A mapping, or an instance of the type that ``Dataset.read(…, inputs=…)`` names.
        """
        types = self._types
        return typed_values(self._running, types, "inputs") if types else self._running.inputs

    @property
    def expectations(self) -> Any:
        """What is expected of the application, with what :meth:`expect` added: as a mapping, or typed."""
        types = self._types
        return typed_values(self._running, types, "expectations") if types else self._running.expectations

    @property
    def _types(self) -> CaseTypes | None:
        dataset = self.slot.test.dataset
        return dataset.types if dataset is not None else None

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags of the case."""
        return self._running.tags

    @property
    def trace(self) -> Trace:
        """What the application did so far."""
        return self._running.trace()

    def run(self, function: Callable[..., Any]) -> Any:
        """Call ``function(**inputs)`` as the root of the trace and return its outputs.

        Only the time inside this call counts as latency. An asynchronous function is awaited: use
        ``await vtrack_case.run(function)`` in an ``async def`` test.
        """
        __tracebackhide__ = True
        return self._running.call(function, arguments_of(self.inputs) if self._types else self.inputs)

    def feedback(
        self,
        name: str,
        value: Value | None,
        *,
        rationale: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        source: Source = "code",
    ) -> None:
        """Record a judgement of the trace by hand, as a scorer would return it.

        :raises ScorerError: the name cannot name a metric, or is one of the built-in ones.
        """
        from pytest_vtrack.scoring.declaration import check_metric_name

        check_metric_name(name, where="vtrack_case.feedback")
        self._running.feedback.append(Feedback(value, rationale, name, metadata or {}, source))

    def expect(self, name: str, value: Any) -> None:
        """Record ground truth for this case; scorers see it among the expectations."""
        self._running.expectations[name] = value
        self._running.typed = None


class RunHandle:
    """The evaluation run that the session records."""

    def __init__(self, id: str, version: str, env: str, flags: Mapping[str, str]) -> None:
        self.id = id
        self.version = version
        self.env = env
        self.flags = flags
        self.new_tags: dict[str, str] = {}
        """Tags that were set and not yet stored."""
        self.new_params: dict[str, str] = {}
        """Params that were set and not yet stored."""

    def set_tag(self, name: str, value: str) -> None:
        """Set a tag of the run; names that start with ``vtrack.`` are kept for automatic tags.

        :raises SettingError: the name is reserved or empty.
        """
        from pytest_vtrack.model.tags import check_tag_name

        check_tag_name(name, where="vtrack_run.set_tag")
        self.new_tags[name] = str(value)

    def set_param(self, name: str, value: object) -> None:
        """Set a param of the version under test, such as its model or temperature.

        Two states of one version that differ in a param are told apart.

        :param value: stored as text.
        :raises SettingError: the name is empty.
        """
        from pytest_vtrack.model.version import check_param_name

        check_param_name(name, where="vtrack_run.set_param")
        self.new_params[name] = str(value)

    def taken(self) -> dict[str, dict[str, str]]:
        """Return what was set since the last time, by kind, and forget it."""
        kinds = {"tags": self.new_tags, "params": self.new_params}
        self.new_tags, self.new_params = {}, {}
        return {kind: values for kind, values in kinds.items() if values}


class BaselineHandle:
    """The stored run that this session is compared with, read-only."""

    def __init__(self, run: Run, store: Store) -> None:
        self._run = run
        self._store = store

    @property
    def id(self) -> str:
        """The id of the baseline's run."""
        return self._run.id

    @property
    def version(self) -> str:
        """The app version of the baseline."""
        return self._run.version.name

    @property
    def env(self) -> str:
        """The environment that the baseline ran in."""
        return self._run.env

    def value(self, metric: str) -> float | None:
        """Return a metric's mean over all cases of the baseline, ``None`` where it has no values."""
        for summary in self._store.metric_summaries(self.id):
            if summary.spec.name == metric:
                return summary.mean
        return None

    def traces(self, case_id: str) -> list[Trace]:
        """Return what the baseline did on a case, one trace a trial; empty where it has no such case."""
        from pytest_vtrack.model.stored_trace import trace_of

        return [
            trace_of(result)
            for result in self._store.results(self.id)
            if result.key.case_id == case_id and result.outcome != "skipped"
        ]
