"""The app version under test, as its source tells it: git first, then the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.tracing.credentials import without_credentials
from pytest_vtrack.tracing.git import GitState, git_state

UNKNOWN = "0+unknown"
"""The version's name where neither git nor a package has one."""

_CI_BRANCHES = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "GIT_BRANCH", "BRANCH_NAME")


def detect_version(root: Path, environ: Mapping[str, str]) -> AppVersion:
    """Return the version of the application in a folder; what cannot be found out is ``None``.

    The name is what ``git describe --tags --always --dirty`` says, else the version of the package in
    ``pyproject.toml``, else ``0+unknown``. Never raises.
    """
    git = git_state(root, environ)
    package_version = _package_version(root)
    name = (git and git.describe) or package_version or UNKNOWN
    if git is None:
        return AppVersion(name, package_version=package_version)
    return AppVersion(
        name,
        commit=git.commit,
        branch=git.branch or _ci_branch(environ),
        dirty=git.dirty,
        repository=_repository(git),
        package_version=package_version,
    )


def _repository(git: GitState) -> str | None:
    return without_credentials(git.remote) if git.remote else None


def _ci_branch(environ: Mapping[str, str]) -> str | None:
    """Return the branch that a CI checks out as a detached HEAD."""
    if environ.get("GITHUB_REF_TYPE") == "tag" or environ.get("CI_COMMIT_TAG"):
        return None  # the ref's name is a tag's
    branch = next((environ[name] for name in _CI_BRANCHES if environ.get(name)), None)
    return branch.removeprefix("origin/") if branch else None


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
