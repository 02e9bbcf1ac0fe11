"""The app version of the session, and skipping tests that belong to others."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_vtrack.plugin.options import settings_key

if TYPE_CHECKING:
    from pytest_vtrack.model.version import AppVersion

version_key: pytest.StashKey[AppVersion] = pytest.StashKey()


def session_version(config: pytest.Config) -> AppVersion:
    """Return the version under test, detected once per process: as named, else from git or the package."""
    from pytest_vtrack.tracing.source import detect_version

    if version_key not in config.stash:
        detected = detect_version(config.rootpath, os.environ)
        config.stash[version_key] = replace(
            detected, name=config.stash[settings_key].version or detected.name
        )
    return config.stash[version_key]


def listed_version(config: pytest.Config, name: str) -> AppVersion:
    """Return a version that a marker lists: of its tag or branch, else the work tree's under its name."""
    from pytest_vtrack.tracing.source import detect_named

    detected = session_version(config)
    return detect_named(config.rootpath, os.environ, name, detected)


def skip_others(config: pytest.Config, item: pytest.Item, spec: str) -> None:
    """Skip the item, with the reason, when its version is outside of the specification."""
    from pytest_vtrack.model.specification import why_outside

    callspec = getattr(item, "callspec", None)
    handle = callspec.params.get("vtrack_case") if callspec else None
    name = (handle.slot.version if handle else None) or session_version(config).name
    if reason := why_outside(name, spec):
        item.add_marker(pytest.mark.skip(reason=reason))
