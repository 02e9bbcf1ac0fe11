"""Which part of a session this process is, and whether tests run in it at all."""

from __future__ import annotations

import os

import pytest

_pid_key: pytest.StashKey[int] = pytest.StashKey()


def remember_process(config: pytest.Config) -> None:
    """Remember which process collects the tests."""
    config.stash[_pid_key] = os.getpid()


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process only runs tests for a controller."""
    return hasattr(config, "workerinput")


def is_distributed(config: pytest.Config) -> bool:
    """Tell whether this process controls workers and runs no tests itself."""
    return not is_worker(config) and bool(getattr(config.option, "tx", None))


def runs_no_tests(config: pytest.Config) -> bool:
    """Tell whether the user only looks: ``--collect-only``, ``--setup-only`` and ``--setup-plan``."""
    asked = ("collectonly", "setuponly", "setupplan")
    return any(config.getoption(name, False) for name in asked)  # a default: a plugin may be switched off


def is_forked(config: pytest.Config) -> bool:
    """Tell whether this is the child of a process that runs tests: of a test, or of pytest-forked."""
    return os.getpid() != config.stash[_pid_key]


def forks(config: pytest.Config) -> bool:
    """Tell whether pytest-forked runs every test in a process of its own."""
    return bool(getattr(config.option, "forked", False))
