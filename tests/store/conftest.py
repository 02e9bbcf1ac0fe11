"""Stores to test, and short ways to build what is stored in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.model.assessment import Assessment, MetricSpec, Value
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store


def _assessment(name: str, value: Any, specs: Mapping[str, MetricSpec]) -> Assessment:
    spec = specs.get(name, MetricSpec(name, "f1"))
    if isinstance(value, Exception):
        return Assessment(spec, None, error=str(value))
    return Assessment(spec, value)


def _result(
    case: str,
    metrics: Mapping[str, Value | Exception | None] | None = None,
    *,
    specs: Mapping[str, MetricSpec] | None = None,
    trial: int = 0,
    test: str = "tests/test_qa.py::test_answers",
    dataset: str = "qa",
    digest: str = "d1",
    flags: str = "",
    **more: Any,
) -> CaseResult:
    values = {
        "nodeid": f"{test}[{case}]",
        "outcome": "passed",
        "inputs": f'{{"question":"{case}?"}}',
        "outputs": f'"{case}!"',
        "assessments": tuple(
            _assessment(name, value, specs or {}) for name, value in (metrics or {}).items()
        ),
    }
    return CaseResult(CaseKey(test, dataset, case, digest, flags), trial=trial, **{**values, **more})


@pytest.fixture
def result() -> Callable[..., CaseResult]:
    """Build a result from a case id and a mapping of metric names to values, or exceptions for errors."""
    return _result


# Without a server the tests of its own say why they skip; hundreds that say it again would hide all others.
_SERVER = "VTRACK_TEST_POSTGRES" in os.environ or "CI" in os.environ


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store besides the one under test, always a file."""
    store = open_store(str(tmp_path / "other.db"))
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgres"] if _SERVER else ["sqlite"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URI of an empty place of each kind of store."""
    if request.param == "sqlite":
        return str(tmp_path / "vtrack.db")
    place: str = request.getfixturevalue("postgres_uri")
    return place


@pytest.fixture
def store(uri: str) -> Iterator[Store]:
    """An empty store of each kind."""
    store = open_store(uri)
    yield store
    store.close()


@pytest.fixture
def ask(store: Any) -> Callable[[str], list[tuple[Any, ...]]]:
    """Ask the database itself."""

    def ask(statement: str) -> list[tuple[Any, ...]]:
        with store._database.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    return ask


@pytest.fixture
def record(store: Store) -> Callable[..., Run]:
    """Store a complete run."""

    def record(run_id: str, results: Iterable[CaseResult] = (), **values: Any) -> Run:
        started = float(1000 + len(store.runs()))
        run = {"experiment": "bot", "version": AppVersion("v1"), "started_at": started, **values}
        store.begin(Run(run_id, **run))
        store.add(run_id, list(results))
        return store.finish(run_id, status="complete", reason=None, ended_at=started + 1)

    return record
