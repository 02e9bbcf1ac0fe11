from __future__ import annotations

import platform
from importlib import metadata

import pytest

from pytest_vtrack.tracing.automatic import automatic_tags
from pytest_vtrack.tracing.ci import detect_ci


def test_a_bare_machine_has_python_platform_and_command():
    tags = automatic_tags({}, ["pytest"])
    tags.pop("vtrack.plugin", None)
    assert tags == {
        "vtrack.python": platform.python_version(),
        "vtrack.platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "vtrack.command": "pytest",
    }


def test_another_implementation_of_python_is_named(monkeypatch):
    monkeypatch.setattr(platform, "python_implementation", lambda: "PyPy")
    assert automatic_tags({}, ["pytest"])["vtrack.python"] == f"PyPy {platform.python_version()}"


def test_the_plugin_tells_its_version(monkeypatch):
    monkeypatch.setattr(metadata, "version", {"pytest-vtrack": "9.9"}.__getitem__)
    assert automatic_tags({}, ["pytest"])["vtrack.plugin"] == "9.9"


def test_a_plugin_that_is_not_installed_tells_none(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert "vtrack.plugin" not in automatic_tags({}, ["pytest"])


@pytest.mark.parametrize(
    ("environ", "user"),
    [
        ({"USER": "ada"}, "ada"),
        ({"LOGNAME": "", "USERNAME": "ada"}, "ada"),
        ({"USER": "runner", "GITHUB_ACTOR": "ada"}, "ada"),
        ({"USER": "root", "GITLAB_USER_LOGIN": "ada"}, "ada"),
        ({}, None),
    ],
)
def test_the_user_is_who_started_it(environ, user):
    assert automatic_tags(environ, []).get("vtrack.user") == user


GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "org/app",
    "GITHUB_RUN_ID": "7",
}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/org/",
    "SYSTEM_TEAMPROJECT": "app",
    "BUILD_BUILDID": "7",
}


@pytest.mark.parametrize(
    ("environ", "ci"),
    [
        (GITHUB, ("github-actions", "https://github.com/org/app/actions/runs/7")),
        ({**GITHUB, "GITHUB_RUN_ID": ""}, ("github-actions", None)),
        ({"CI": "1", "GITLAB_CI": "true", "CI_JOB_URL": "https://g/j/7"}, ("gitlab-ci", "https://g/j/7")),
        ({"JENKINS_URL": "https://j/", "BUILD_URL": "https://j/7"}, ("jenkins", "https://j/7")),
        ({"CIRCLECI": "true", "CIRCLE_BUILD_URL": "https://c/7"}, ("circleci", "https://c/7")),
        (AZURE, ("azure-pipelines", "https://dev.azure.com/org/app/_build/results?buildId=7")),
        ({"BUILDKITE": "true", "BUILDKITE_BUILD_URL": "https://b/7"}, ("buildkite", "https://b/7")),
        (
            {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_REPO_FULL_NAME": "org/app"},
            ("bitbucket-pipelines", "https://bitbucket.org/org/app/pipelines/results/7"),
        ),
        ({"TRAVIS": "true", "TRAVIS_JOB_WEB_URL": "https://t/7"}, ("travis-ci", "https://t/7")),
        ({"TEAMCITY_VERSION": "2025"}, ("teamcity", None)),
        ({"CI": "true"}, ("other", None)),
        ({"CI": "true", "JOB_URL": "https://o/7"}, ("other", "https://o/7")),
        ({"CI": "true", "BUILD_URL": "https://o/7"}, ("other", "https://o/7")),
        ({"CI": "false"}, None),
        ({"CI": ""}, None),
        ({}, None),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else None,
)
def test_the_ci_is_told_by_its_variables(environ, ci):
    assert detect_ci(environ) == ci
    tags = automatic_tags(environ, [])
    assert (tags.get("vtrack.ci"), tags.get("vtrack.ci.job_url")) == (ci or (None, None))


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["-q", "tests/test qa.py"], "pytest -q 'tests/test qa.py'"),
        (["--vtrack-store=postgresql://u:p@host/db"], "pytest --vtrack-store=postgresql://host/db"),
        (["--vtrack-store", "postgresql://u:p@host/db"], "pytest --vtrack-store postgresql://host/db"),
        (["--api-key=abc"], "pytest '--api-key=***'"),
        (["--API_TOKEN=abc=def"], "pytest '--API_TOKEN=***'"),
        (["--vtrack-flag=api_key=abc"], "pytest '--vtrack-flag=api_key=***'"),
        (["--password", "abc", "x"], "pytest --password '***' x"),
        (["--no-secret", "-q"], "pytest --no-secret -q"),
        (["-k", "test_token", "abc"], "pytest -k test_token abc"),
        (["-k", "a@b:c"], "pytest -k a@b:c"),
    ],
)
def test_the_command_is_kept_without_secrets(argv, command):
    assert automatic_tags({}, ["pytest", *argv])["vtrack.command"] == command
