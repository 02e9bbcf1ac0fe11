"""Which sessions fill one run, by what the user and the CI say."""

from __future__ import annotations

import pytest

from pytest_vtrack.errors import SettingError
from pytest_vtrack.workflow.run_key import known_keys, shared_key

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2"}
GITLAB = {"GITLAB_CI": "true", "CI_PIPELINE_ID": "5", "CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "8"}


@pytest.mark.parametrize(
    ("environ", "name", "number", "total"),
    [
        ({"VTRACK_RUN_KEY": "mine"}, "mine", None, None),
        ({"VTRACK_RUN_KEY": "mine", "VTRACK_SHARD": "3/8"}, "mine", 3, 8),
        ({"VTRACK_RUN_KEY": "mine", "VTRACK_SHARD": "0", "VTRACK_SHARDS": "4"}, "mine", 0, 4),
        ({"VTRACK_RUN_KEY": "mine", **GITLAB}, "mine", 3, 8),
        (GITHUB, "github-77.2", None, None),
        ({**GITHUB, "VTRACK_SHARDS": "4"}, "github-77", None, 4),
        ({**GITHUB, "VTRACK_SHARD": "3"}, "github-77", 3, None),
        (GITLAB, "gitlab-5", 3, 8),
        (
            {
                "CIRCLECI": "true",
                "CIRCLE_WORKFLOW_ID": "w",
                "CIRCLE_NODE_INDEX": "0",
                "CIRCLE_NODE_TOTAL": "2",
            },
            "circleci-w",
            1,
            2,
        ),
        (
            {
                "BUILDKITE": "true",
                "BUILDKITE_BUILD_ID": "b",
                "BUILDKITE_PARALLEL_JOB": "1",
                "BUILDKITE_PARALLEL_JOB_COUNT": "2",
            },
            "buildkite-b",
            2,
            2,
        ),
        (
            {
                "TF_BUILD": "True",
                "SYSTEM_TEAMPROJECTID": "p",
                "BUILD_BUILDID": "9",
                "SYSTEM_JOBPOSITIONINPHASE": "1",
                "SYSTEM_TOTALJOBSINPHASE": "4",
            },
            "azure-p-9",
            1,
            4,
        ),
        (
            {
                "BITBUCKET_BUILD_NUMBER": "6",
                "BITBUCKET_REPO_UUID": "u",
                "BITBUCKET_PARALLEL_STEP": "0",
                "BITBUCKET_PARALLEL_STEP_COUNT": "2",
            },
            "bitbucket-u-6",
            1,
            2,
        ),
        ({"JENKINS_URL": "u", "BUILD_TAG": "jenkins-job-4"}, "jenkins-jenkins-job-4", None, None),
    ],
)
def test_key_and_shard_of_a_session(environ, name, number, total):
    found = shared_key(environ, detect=True)
    assert (found.name, found.number, found.total) == (name, number, total)


@pytest.mark.parametrize(
    "environ",
    [{}, {"CI": "true"}, {**GITLAB, "CI_NODE_TOTAL": "1"}, {"GITHUB_ACTIONS": "true"}],
    ids=["laptop", "unknown CI", "no parallel jobs", "no run id"],
)
def test_a_session_that_is_no_shard_has_its_own_run(environ):
    assert shared_key(environ, detect=True) is None


def test_a_file_is_shared_only_where_the_user_says_so():
    assert shared_key(GITHUB, detect=False) is None
    assert shared_key({**GITHUB, "VTRACK_RUN_KEY": "k"}, detect=False).name == "k"


def test_surroundings_differ_only_where_the_ci_made_the_key():
    assert shared_key(GITHUB, detect=True).surroundings
    assert shared_key({"VTRACK_RUN_KEY": "k"}, detect=True).surroundings == ""


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"VTRACK_RUN_KEY": "k", "VTRACK_SHARD": "third"}, "VTRACK_SHARD: 'third' is no whole number"),
        ({"VTRACK_RUN_KEY": "k", "VTRACK_SHARDS": "-1"}, "VTRACK_SHARDS: '-1' is no whole number"),
        ({"VTRACK_RUN_KEY": "k", "VTRACK_SHARD": "3/2"}, "VTRACK_SHARD, VTRACK_SHARDS: .*no shard 3 of 2; "),
        ({"VTRACK_RUN_KEY": "k", "VTRACK_SHARDS": "0"}, "VTRACK_SHARD, VTRACK_SHARDS: 0 shards are no run; "),
    ],
)
def test_a_slip_of_the_pen_is_told(environ, message):
    with pytest.raises(SettingError, match=message):
        shared_key(environ, detect=True)


def test_the_job_that_compares_knows_the_keys_of_the_shards():
    last = {name: value for name, value in GITLAB.items() if not name.startswith("CI_NODE")}
    assert shared_key(GITLAB, detect=True).name in known_keys(last)
    assert known_keys(GITHUB) == ["github-77", "github-77.2"]
    assert known_keys({"VTRACK_RUN_KEY": "k", **GITHUB}) == ["k"]
    assert known_keys({}) == []
