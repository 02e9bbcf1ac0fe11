"""What all tests start from: no colours, 80 columns, nothing of the machine's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

pytest_plugins = ["pytester"]

hypothesis.settings.register_profile("no clock", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("no clock")

_SETTINGS = ("CI", "BUILD_NUMBER", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS")


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name in _SETTINGS or name.startswith(("VTRACK_", "GITHUB_", "GITLAB_")):
                patch.delenv(name)
        patch.setenv("COLUMNS", "80")
        yield
