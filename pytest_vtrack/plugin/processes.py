"""Which part of a session this process is, and whether tests run in it at all."""

from __future__ import annotations

import pytest


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process only runs tests for a controller."""
    return hasattr(config, "workerinput")


def is_distributed(config: pytest.Config) -> bool:
    """Tell whether this process controls workers and runs no tests itself."""
    return not is_worker(config) and bool(getattr(config.option, "tx", None))


def runs_no_tests(config: pytest.Config) -> bool:
    """Tell whether the user only looks: ``--collect-only``, ``--setup-only`` and ``--setup-plan``."""
    option = config.option
    return bool(option.collectonly or option.setuponly or option.setupplan)
