"""The ids of a session's runs: known in every process before the first result."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.model import payload
from pytest_vtrack.plugin.options import settings_key

if TYPE_CHECKING:
    from pytest_vtrack.plugin.sharing import Sharing

RunKey = tuple[str | None, str | None, str | None]
"""(experiment, version, environment) of a run; ``None`` stands for the session's own."""

_base_key = pytest.StashKey[str]()
_sharing_key = pytest.StashKey["Sharing | None"]()


def sharing_of(config: pytest.Config) -> Sharing | None:
    """Return the session's part in a run that several sessions fill; ``None``: its runs are its own."""
    if _sharing_key not in config.stash:
        config.stash[_sharing_key] = _sharing(config) if _may_share(config) else None
    return config.stash[_sharing_key]


def _may_share(config: pytest.Config) -> bool:
    """Tell, without importing anything, whether it is worth a look."""
    return bool(os.environ.get("VTRACK_RUN_KEY")) or config.stash[settings_key].store.startswith("postgres")


def _sharing(config: pytest.Config) -> Sharing | None:
    from pytest_vtrack.plugin.sharing import Sharing, key_of

    key = key_of(config)
    return None if key is None else Sharing(config, key)


def base_run_id(config: pytest.Config) -> str:
    """Return the id of the session's own run: 32 hexadecimal digits, given to workers by the controller."""
    if _base_key not in config.stash:
        given = getattr(config, "workerinput", {}).get("vtrack_run_id")
        config.stash[_base_key] = given or _shared_id(config) or uuid.uuid4().hex
    return config.stash[_base_key]


def _shared_id(config: pytest.Config) -> str | None:
    sharing = sharing_of(config)
    return sharing.run_id() if sharing else None


def run_id_of(base: str, key: RunKey) -> str:
    """Return the id of one of the session's runs: its own, or one for another version or environment."""
    if key == (None, None, None):
        return base
    return payload.digest(base, repr(key)) + payload.digest(repr(key), base)
