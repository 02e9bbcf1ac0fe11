"""The app version under test, as its source tells it: git first, then the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.tracing.changes import changes_digest
from pytest_vtrack.tracing.ci_change import CiChange, ci_change
from pytest_vtrack.tracing.credentials import without_credentials
from pytest_vtrack.tracing.git import (
    GitState,
    commit_of,
    described_fork,
    git_state,
    tag_before,
    top_folder,
)

UNKNOWN = "0+unknown"
"""The version's name where neither git nor a package has one."""

_DEPLOYMENTS = (
    "VTRACK_DEPLOYMENT_ID",
    "DEPLOYMENT_ID",
    "VERCEL_DEPLOYMENT_ID",
    "RAILWAY_DEPLOYMENT_ID",
    "K_REVISION",  # Cloud Run and Knative
    "CONTAINER_APP_REVISION",
    "HEROKU_RELEASE_VERSION",
)
"""Variables that say which deployment a process belongs to."""
_AFTER_TAG = re.compile(r"(.+)-\d+-g[0-9a-f]{4,64}")


def detect_version(root: Path, environ: Mapping[str, str]) -> AppVersion:
    """Return the version of the application in a folder; what cannot be found out is ``None``.

    The name is what ``git describe --tags --always --dirty`` says, else the version of the package in
    ``pyproject.toml``, else ``0+unknown``. Never raises.
    """
    git, change = git_state(root, environ), ci_change(environ)
    package_version = _package_version(root)
    version = AppVersion(
        package_version or UNKNOWN,
        package_version=package_version,
        deployment_id=next((environ[name] for name in _DEPLOYMENTS if environ.get(name)), None),
    )
    if git is None:  # no git here: a tarball in a CI has the commit and branch that the CI tells
        return replace(version, commit=change.commit, branch=change.branch)
    return replace(
        version,
        name=git.describe or version.name,
        commit=git.commit,
        branch=git.branch or change.branch,
        dirty=git.dirty,
        repository=without_credentials(git.remote) if git.remote else None,
        changes=_changes(root, environ, git),
        parent=_parent(root, environ, git, change),
    )


def detect_named(root: Path, environ: Mapping[str, str], name: str, detected: AppVersion) -> AppVersion:
    """Return a version that stands beside the one that is checked out, by its name.

    A tag or branch of that name tells its commit. Without one, the code that is checked out serves it.
    """
    if name == detected.name:
        return detected
    known = commit_of(root, environ, name) if detected.dirty is not None else None
    if known is None:
        return replace(detected, name=name)
    commit, branch = known
    return AppVersion(
        name,
        commit=commit,
        branch=branch,
        dirty=False,
        repository=detected.repository,
        params=detected.params,
        deployment_id=detected.deployment_id,
    )


def _changes(root: Path, environ: Mapping[str, str], git: GitState) -> str | None:
    top = top_folder(root, environ) if git.dirty else None
    return changes_digest(top, git.changed) if top else None


def _parent(root: Path, environ: Mapping[str, str], git: GitState, change: CiChange) -> str | None:
    """Return the version before: the nearest tag, else where a pull request left its target."""
    if not (git.described and git.commit):
        return None
    if after := _AFTER_TAG.fullmatch(git.described):
        return after[1]
    if git.commit.startswith(git.described):  # no tag at all
        return described_fork(root, environ, change.target) if change.target else None
    return git.described if git.dirty else tag_before(root, environ, git.commit)


def _package_version(root: Path) -> str | None:
    project = _project(root / "pyproject.toml")
    version, name = project.get("version"), project.get("name")
    if isinstance(version, str):
        return version
    return _installed_version(name) if isinstance(name, str) else None


def _project(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        project = tomllib.loads(file.read_text("utf-8")).get("project")
    except (OSError, ValueError):
        return {}  # no such file, or not one that can be read
    return project if isinstance(project, dict) else {}


def _installed_version(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):
        return None
