"""The ids of a session's runs: known in every process before the first result."""

from __future__ import annotations

import uuid

import pytest

from pytest_vtrack.model import payload

RunKey = tuple[str | None, str | None, str | None]
"""(experiment, version, environment) of a run; ``None`` stands for the session's own."""

_base_key = pytest.StashKey[str]()


def base_run_id(config: pytest.Config) -> str:
    """Return the id of the session's own run: 32 hexadecimal digits, given to workers by the controller."""
    if _base_key not in config.stash:
        given = getattr(config, "workerinput", {}).get("vtrack_run_id")
        config.stash[_base_key] = given or uuid.uuid4().hex
    return config.stash[_base_key]


def run_id_of(base: str, key: RunKey) -> str:
    """Return the id of one of the session's runs: its own, or one for another version or environment."""
    if key == (None, None, None):
        return base
    return payload.digest(base, repr(key)) + payload.digest(repr(key), base)
