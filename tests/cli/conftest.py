"""A project with stored runs, and the command typed in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pytest_vtrack.cli import group
from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store

CORRECT = MetricSpec("correct", "f1", tolerance=0.02)
TEST = "test_bot.py::test_answers"


@pytest.fixture(autouse=True)
def _plain_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type every command in an empty folder, without settings of the machine that runs the tests."""
    for name in list(os.environ):
        if name.startswith(("VTRACK_", "PYTEST_", "GITHUB_", "GITLAB_")) or name in _FOREIGN:
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


_FOREIGN = {"CI", "NO_COLOR", "FORCE_COLOR", "TF_BUILD", "BUILDKITE", "CIRCLECI", "JENKINS_URL"}


def case_result(case: str, *, right: bool, latency: float, error: str | None = None) -> CaseResult:
    """Build the result of one case of the dataset ``qa``."""
    metrics = (
        Assessment(PASSED, True),
        Assessment(COMPLETED, error is None, rationale=error),
        Assessment(LATENCY, latency),
        Assessment(CORRECT, right) if error is None else Assessment(CORRECT, None, error=error),
    )
    return CaseResult(
        CaseKey(TEST, "qa", case, "d1"),
        nodeid=f"{TEST}[{case}]",
        outcome="passed",
        inputs=f'{{"question":"{case}?"}}',
        outputs=f'"{case}!"',
        tags={"topic": "refund" if int(case[-3:]) % 4 == 0 else "other"},
        error=error,
        assessments=metrics,
    )


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Store a run of 40 cases, of which the first ``wrong`` are wrong: ``record("v1.2", wrong=3)``."""
    store = open_store(str(tmp_path / ".vtrack/vtrack.db"))
    number = 0

    def record(
        version: str, *, wrong: int = 0, cases: int = 40, status: Any = "complete", **values: Any
    ) -> Run:
        nonlocal number
        number += 1
        run_id = values.pop("id", f"{number:02x}" * 16)
        started = 1_700_000_000.0 + 3600 * number
        shape = {"experiment": "bot", "env": "dev", "started_at": started, **values}
        store.begin(Run(run_id, version=AppVersion(version), **shape))
        results = [
            case_result(f"case-{n:03}", right=n >= wrong, latency=0.1 + n / 1000) for n in range(cases)
        ]
        store.add(run_id, results)
        reason = None if status == "complete" else "-k refund: a part"
        return store.finish(run_id, status=status, reason=reason, ended_at=started + 12, expected=40)

    yield record
    store.close()


@pytest.fixture
def stored(record: Callable[..., Run]) -> dict[str, Run]:
    """A project with a good version, and one that is really worse."""
    return {"v1.2": record("v1.2", wrong=2), "v1.3": record("v1.3", wrong=14)}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Store]:
    """The project's store, to look into."""
    store = open_store(str(tmp_path / ".vtrack/vtrack.db"))
    yield store
    store.close()


@pytest.fixture
def vtrack() -> Callable[..., Result]:
    """Type a command in this process: ``vtrack("runs", "--json")``; nothing but an exit ends it."""

    def vtrack(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(group, list(words), prog_name="vtrack")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return vtrack


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Type a line in a shell, where exit codes and streams are real."""
    home = Path(sys.executable).parent

    def shell(
        line: str, folder: Path = tmp_path, env: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={**os.environ, "PATH": f"{home}{os.pathsep}{os.environ['PATH']}", **_ALONE, **env},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return shell


# Other plugins of the environment that runs the tests print lines of their own.
_ALONE = {"PYTEST_ADDOPTS": "-p no:randomly -p no:asyncio -p no:rerunfailures"}
