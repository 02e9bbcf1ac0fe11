"""Runs in a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from pytest_vtrack.model.assessment import COMPLETED, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run, RunStatus
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store

RIGHT = MetricSpec("right", "right/1", tolerance=0.02)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "vtrack.db"))
    yield opened
    opened.close()


Record = Callable[..., Run]


@pytest.fixture
def record(store: Store) -> Record:
    """Store a run: ``record("v1", {"q0": True, …})`` gives each case its value of the metric ``right``."""
    count = iter(range(1, 1000))

    def stored(
        version: str,
        values: Mapping[str, bool | None] | None = None,
        *,
        id: str | None = None,
        experiment: str = "bot",
        status: RunStatus = "complete",
        reason: str | None = None,
        env: str = "dev",
        dataset: str = "qa",
        spec: MetricSpec = RIGHT,
        commit: str | None = None,
    ) -> Run:
        number = next(count)
        run = Run(
            id=id or f"{number:032x}",
            experiment=experiment,
            version=AppVersion(version, commit=commit, dirty=False if commit else None),
            env=env,
            started_at=float(number),
        )
        store.begin(run)
        values = dict.fromkeys(map(str, range(20)), True) if values is None else values
        store.add(run.id, [result(name, value, dataset, spec) for name, value in values.items()])
        return store.finish(run.id, status=status, reason=reason, ended_at=number + 0.5, expected=len(values))

    return stored


def result(name: str, value: bool | None, dataset: str, spec: MetricSpec) -> CaseResult:
    scored = [Assessment(PASSED, bool(value) or bool(dataset)), Assessment(COMPLETED, True)]
    scored += [Assessment(spec, value)] if value is not None and dataset else []
    return CaseResult(
        CaseKey("test_app.py::test_answers", dataset, name, "d"),
        f"test_app.py::test_answers[{name}]",
        "passed",
        assessments=tuple(scored),
    )
