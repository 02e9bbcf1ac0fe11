"""Which continuous integration a session runs in."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KNOWN = (
    # name, the variable that it sets, where a person finds the job
    (
        "github-actions",
        "GITHUB_ACTIONS",
        "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    ),
    ("gitlab-ci", "GITLAB_CI", "{CI_JOB_URL}"),
    ("jenkins", "JENKINS_URL", "{BUILD_URL}"),
    ("circleci", "CIRCLECI", "{CIRCLE_BUILD_URL}"),
    (
        "azure-pipelines",
        "TF_BUILD",
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    ),
    ("buildkite", "BUILDKITE", "{BUILDKITE_BUILD_URL}"),
    (
        "bitbucket-pipelines",
        "BITBUCKET_BUILD_NUMBER",
        "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    ),
    ("travis-ci", "TRAVIS", "{TRAVIS_JOB_WEB_URL}"),
    ("teamcity", "TEAMCITY_VERSION", "{BUILD_URL}"),
    ("other", "CI", "{BUILD_URL}"),
)
_JOB_URLS = ("CI_JOB_URL", "JOB_URL", "CI_BUILD_URL", "BUILD_URL", "RUN_URL")
"""Where a CI without a name of its own may tell its job."""
_OFF = ("", "0", "false", "no")


def detect_ci(environ: Mapping[str, str]) -> tuple[str, str | None] | None:
    """Return the CI's name and the URL of its job, if it tells one; ``None`` outside of a CI."""
    for name, variable, template in _KNOWN:
        if environ.get(variable, "").lower() not in _OFF:
            needed = re.findall(r"{(\w+)}", template)
            known = all(environ.get(each) for each in needed)
            url = template.format_map(environ) if known else None
            return name, url or next((environ[each] for each in _JOB_URLS if environ.get(each)), None)
    return None
