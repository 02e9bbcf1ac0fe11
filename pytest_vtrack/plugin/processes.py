"""Which part of a session this process is."""

from __future__ import annotations

import pytest


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process only runs tests for a controller."""
    return hasattr(config, "workerinput")


def is_distributed(config: pytest.Config) -> bool:
    """Tell whether this process controls workers and runs no tests itself."""
    return not is_worker(config) and bool(getattr(config.option, "tx", None))
