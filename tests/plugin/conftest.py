"""A project with tests, run by real pytest sessions; what they stored is read back from the real store."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from textwrap import dedent
from typing import Any

import pytest

import pytest_vtrack
from pytest_vtrack.model import payload
from pytest_vtrack.model.run import CaseResult, Run
from pytest_vtrack.store import Store, open_store

# Sessions in this process forget the modules that they imported; SQLAlchemy is better imported once.
for module in pkgutil.walk_packages(pytest_vtrack.__path__, "pytest_vtrack."):
    if ".migrations" not in module.name:
        import_module(module.name)

PLAIN = [f"-pno:{name}" for name in ("randomly", "rerunfailures", "asyncio", "anyio", "hypothesispytest")]
"""Sessions see other plugins only where a test asks for them."""

MODES = {"in one process": (), "-n2": ("-n2",)}


@dataclass(frozen=True)
class Session:
    """How a pytest session ended, and what it printed."""

    exit: int
    screen: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.screen.splitlines()

    @property
    def last_line(self) -> str:
        return next(line for line in reversed(self.lines) if line.strip()).strip("= ")

    @property
    def section(self) -> str:
        """What stands in the vtrack section."""
        start = next((n for n, line in enumerate(self.lines) if re.match(r"=+ vtrack", line)), None)
        return "" if start is None else "\n".join(self.lines[start:-1])

    @property
    def flat(self) -> str:
        """Everything printed, line breaks as spaces: messages are wrapped."""
        return " ".join(f"{self.screen} {self.errors}".split())


class Project:
    """A folder with tests, and the store that their sessions write."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.path = pytester.path
        self.store_path = self.path / ".vtrack" / "vtrack.db"

    def write(self, **files: str) -> None:
        """Write Python files, and others by their whole name: ``{"pytest.ini": …}``."""
        for name, text in files.items():
            path = self.path / (name if "." in name else f"{name}.py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    def dataset(self, *records: Any, name: str = "qa.jsonl") -> None:
        lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
        (self.path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def questions(self, count: int, name: str = "qa.jsonl", **extra: Any) -> None:
        """Write a dataset of cases ``q0``, ``q1`` … whose right answer is their number."""
        records = ({"id": f"q{n}", "inputs": {"n": n}, "expectations": {"answer": n}} for n in range(count))
        self.dataset(*({**record, **extra} for record in records), name=name)

    def run(self, *args: str, plain: bool = True) -> Session:
        """Run pytest in this process."""
        done = self._pytester.runpytest_inprocess(*(PLAIN if plain else ()), *args, no_reraise_ctrlc=True)
        return Session(int(done.ret), done.stdout.str(), done.stderr.str())

    def run_apart(
        self, *args: str, plain: bool = True, env: dict[str, str] | None = None, before: Sequence[str] = ()
    ) -> Session:
        """Run pytest as a user does, in a process of its own.

        :param before: a command that starts the process.
        """
        command = [*before, sys.executable, "-m", "pytest", *(PLAIN if plain else ()), *args]
        done = subprocess.run(
            command,
            cwd=self.path,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Session(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start pytest in a process of its own, to be interrupted."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *PLAIN, *args],
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @contextmanager
    def store(self) -> Iterator[Store]:
        opened = open_store(str(self.store_path), read_only=True)
        try:
            yield opened
        finally:
            opened.close()

    def runs(self) -> list[Run]:
        """Return the stored runs, oldest first."""
        if not self.store_path.exists():
            return []
        with self.store() as store:
            return store.runs()[::-1]

    def last_run(self) -> Run:
        return self.runs()[-1]

    def results(self, run: Run | None = None, *, all_attempts: bool = False) -> list[CaseResult]:
        run = run or self.last_run()
        with self.store() as store:
            return list(store.results(run.id, all_attempts=all_attempts))

    def result(self, case_id: str = "q0") -> CaseResult:
        return next(each for each in self.results() if each.key.case_id.endswith(case_id))

    def said(self, metric: str, run: Run | None = None) -> dict[str, Any]:
        """Return the values of a metric by case; an error as its text."""
        return {
            result.key.case_id: each.error or each.value
            for result in self.results(run)
            for each in result.assessments
            if each.metric.name == metric
        }

    def outputs(self, run: Run | None = None) -> dict[str, Any]:
        return {each.key.case_id: payload.decode(each.outputs) for each in self.results(run)}

    def stored_bytes(self) -> bytes:
        """Return all files of the store, as they are on the disk."""
        return b"".join(path.read_bytes() for path in sorted(self.store_path.parent.iterdir()))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)  # these tests may themselves run in workers
    return Project(pytester)


@pytest.fixture(params=MODES.values(), ids=MODES)
def mode(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The arguments of both ways to run a session: alone, and with workers."""
    chosen: tuple[str, ...] = request.param
    return chosen
