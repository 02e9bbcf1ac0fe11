from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pytest_vtrack.tracing import recorder


@pytest.fixture(autouse=True)
def no_other_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without open cases: sessions that other tests ran in this process may have been cut short."""
    monkeypatch.setattr(recorder, "_open", set())


class Repository:
    """A real git repository in a folder, apart from the settings of the machine."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(home),
        }
        path.mkdir(exist_ok=True)

    def git(self, *command: str) -> str:
        who = [
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b.c",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgSign=0",
        ]
        done = subprocess.run(
            ["git", "-C", str(self.path), *who, "-c", "protocol.file.allow=always", *command],
            env=self.environ,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, text: str = "x") -> str:
        (self.path / "app.py").write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path) -> Repository:
    return Repository(tmp_path / "app", tmp_path)


@pytest.fixture
def repository(folder) -> Repository:
    folder.git("init", "-q")
    return folder
