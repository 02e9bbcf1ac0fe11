"""The fixtures; their docstrings are what ``pytest --fixtures`` prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.options import settings_key

if TYPE_CHECKING:
    from pytest_vtrack.model.dataset import Dataset
    from pytest_vtrack.model.experiment import Experiment
    from pytest_vtrack.plugin.handles import BaselineHandle, CaseHandle, RunHandle
    from pytest_vtrack.plugin.runner import CaseRunner


@pytest.fixture
def vtrack_case(request: pytest.FixtureRequest) -> CaseHandle:
    """The case this test runs: .id .inputs .expectations .tags .trial .version .flags,
    .run(fn) calls fn(**inputs) as the trace's root, .feedback(name, value), .expect(name, value).
    """
    return _runner(request).handle(request.node)


@pytest.fixture(scope="session")
def vtrack_experiment(request: pytest.FixtureRequest) -> Experiment | str:
    """The experiment that groups all runs of one application. Override it in conftest.py and return
    a name, or pytest_vtrack.Experiment(name, tags={...}).
    """
    from pytest_vtrack.model.experiment import Experiment

    return Experiment(request.config.stash[settings_key].experiment)


@pytest.fixture(scope="session")
def vtrack_run(request: pytest.FixtureRequest) -> RunHandle:
    """The evaluation run this session records: .id .version .env .flags,
    .set_tag(name, value), .set_param(name, value) for a param of the version, such as its model.
    """
    return _runner(request).run


@pytest.fixture(scope="session")
def vtrack_dataset(request: pytest.FixtureRequest) -> Callable[..., Dataset]:
    """Read an evaluation dataset: vtrack_dataset("qa.jsonl"), relative to the root folder, or a registered
    one: vtrack_dataset("dataset:qa@3"). Tags choose cases: vtrack_dataset("qa.jsonl", split="test").
    """
    from pytest_vtrack.plugin.sources import load_dataset

    def read(source: Any, **tags: Any) -> Dataset:
        store = request.config.stash[settings_key].store
        dataset: Dataset = load_dataset(
            source, Path(request.config.rootpath), name="dataset", where="vtrack_dataset", store=store
        )
        return dataset.where(**tags) if tags else dataset

    return read


@pytest.fixture(scope="session")
def vtrack_baseline(request: pytest.FixtureRequest, vtrack_experiment: Any) -> BaselineHandle | None:
    """The stored run this session is compared with, read-only, or None: .id .version .env,
    .value(metric), .traces(case_id).
    """
    return _runner(request).baseline(vtrack_experiment)


def _runner(request: pytest.FixtureRequest) -> CaseRunner:
    from pytest_vtrack.plugin.runner import runner_key

    runner: CaseRunner | None = request.config.stash.get(runner_key, None)
    if runner is None:
        pytest.fail(
            "this fixture needs a test that vtrack records: mark one with @pytest.mark.vtrack, or run pytest "
            "with --vtrack-all",
            pytrace=False,
        )
    return runner
