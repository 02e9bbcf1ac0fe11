"""What a continuous integration says about the change that it tests: by variables, also without git."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BRANCHES = (
    "GITHUB_HEAD_REF",  # of a pull request
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CHANGE_BRANCH",  # Jenkins; its BRANCH_NAME is then PR-12
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "TRAVIS_PULL_REQUEST_BRANCH",
    "GITHUB_REF_NAME",
    "CI_COMMIT_REF_NAME",
    "GIT_BRANCH",
    "BRANCH_NAME",
    "CIRCLE_BRANCH",
    "BUILDKITE_BRANCH",
    "BITBUCKET_BRANCH",
    "BUILD_SOURCEBRANCH",
    "TRAVIS_BRANCH",
    "CI_BRANCH",
    "CI_COMMIT_BRANCH",
)
_COMMITS = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "GIT_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "BITBUCKET_COMMIT",
    "BUILD_SOURCEVERSION",
    "TRAVIS_COMMIT",
    "BUILD_VCS_NUMBER",  # TeamCity
    "CI_COMMIT_ID",
    "CI_COMMIT",
)
_PULL_REQUESTS = (
    "CI_MERGE_REQUEST_IID",
    "CHANGE_ID",
    "CIRCLE_PR_NUMBER",
    "CIRCLE_PULL_REQUEST",
    "CI_PULL_REQUEST",
    "BUILDKITE_PULL_REQUEST",
    "BITBUCKET_PR_ID",
    "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
    "TRAVIS_PULL_REQUEST",
    "PULL_REQUEST_NUMBER",
)
_TARGETS = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CHANGE_TARGET",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
)
_GITHUB_PULL = re.compile(r"refs/pull/(\d+)/")
_NUMBER = re.compile(r"(\d+)/?$")


@dataclass(frozen=True, slots=True)
class CiChange:
    """The change under test; what the variables do not tell is ``None``."""

    branch: str | None = None
    commit: str | None = None
    pull_request: str | None = None
    """Its number."""
    target: str | None = None
    """The branch that the pull request is to be merged to."""


def ci_change(environ: Mapping[str, str]) -> CiChange:
    """Return what a CI says about the change that it tests."""
    return CiChange(
        branch=_branch(environ),
        commit=_commit(environ),
        pull_request=_pull_request(environ),
        target=_without_refs(_first(environ, _TARGETS)),
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _branch(environ: Mapping[str, str]) -> str | None:
    if environ.get("GITHUB_REF_TYPE") == "tag" or environ.get("CI_COMMIT_TAG") or environ.get("TAG_NAME"):
        return None  # the ref's name is a tag's
    branch = _without_refs(_first(environ, _BRANCHES))
    return None if branch and branch.startswith("refs/") else branch  # refs/pull/12/merge is no branch


def _without_refs(name: str | None) -> str | None:
    return name.removeprefix("refs/heads/").removeprefix("origin/") if name else None


def _commit(environ: Mapping[str, str]) -> str | None:
    commit = _first(environ, _COMMITS)
    return commit if commit and re.fullmatch("[0-9a-fA-F]{7,64}", commit) else None


def _pull_request(environ: Mapping[str, str]) -> str | None:
    if found := _GITHUB_PULL.match(environ.get("GITHUB_REF", "")):
        return found[1]
    told = _NUMBER.search(_first(environ, _PULL_REQUESTS) or "")  # a number, or the URL that ends in it
    return told[1] if told else None
