"""Where a version comes from, in every place that tests run in: real repositories, real variables of CIs."""

from __future__ import annotations

import pytest

from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.tracing.automatic import automatic_tags
from pytest_vtrack.tracing.ci_change import CiChange, ci_change
from pytest_vtrack.tracing.source import detect_named, detect_version

SHA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"


def beside(repository, path):
    return type(repository)(path, path.parent)


def detect(repository, **environ: str) -> AppVersion:
    return detect_version(repository.path, {**repository.environ, **environ})


def test_the_parent_is_the_nearest_tag(repository):
    repository.commit("one")
    repository.git("tag", "v1-rc-2-gamma")
    assert detect(repository).parent is None, "the first tag has none before it"
    repository.commit("two")
    assert detect(repository).parent == "v1-rc-2-gamma"
    repository.git("tag", "v2")
    assert detect(repository).parent == "v1-rc-2-gamma"
    (repository.path / "app.py").write_text("changed")
    assert detect(repository).parent == "v2"


def test_the_parent_of_a_pull_request_without_tags_is_where_it_left_its_target(repository, tmp_path):
    base = repository.commit("one")
    clone = beside(repository, tmp_path / "clone")
    clone.git("clone", "-q", f"file://{repository.path}", str(clone.path))
    clone.git("checkout", "-q", "-b", "feature")
    clone.commit("two")
    assert detect(clone).parent is None
    assert detect(clone, GITHUB_BASE_REF="main").parent == base[:7]
    assert detect(clone, GITHUB_BASE_REF="gone").parent is None


def test_a_shallow_clone_in_a_ci_has_what_the_ci_tells(repository, tmp_path):
    repository.commit("one")
    repository.git("tag", "v1")
    commit = repository.commit("two")
    clone = beside(repository, tmp_path / "clone")
    clone.git("clone", "-q", "--depth=1", "--no-tags", f"file://{repository.path}", str(clone.path))
    clone.git("checkout", "-q", "--detach")
    version = detect(clone, CI_COMMIT_REF_NAME="feature/x", CI_COMMIT_SHA=SHA)
    assert (version.name, version.commit, version.branch) == (commit[:7], commit, "feature/x")
    assert (version.dirty, version.parent, version.changes) == (False, None, None)


def test_a_tagged_shallow_clone_has_no_parent(repository, tmp_path):
    for tag in ("v1", "v2"):
        repository.commit(tag)
        repository.git("tag", tag)
    clone = beside(repository, tmp_path / "clone")
    clone.git("clone", "-q", "--depth=1", f"file://{repository.path}", str(clone.path))
    version = detect(clone)
    assert (version.name, version.parent) == ("v2", None)


def test_a_tarball_without_git_has_commit_and_branch_of_the_ci(folder):
    (folder.path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1.4.0"\n')
    version = detect(folder, GITHUB_SHA=SHA, GITHUB_HEAD_REF="fix")
    assert version == AppVersion("1.4.0", commit=SHA, branch="fix", package_version="1.4.0")


def test_without_the_executable_the_ci_tells(repository, tmp_path):
    repository.commit()
    version = detect(repository, PATH=str(tmp_path / "nothing"), GIT_COMMIT=SHA, GIT_BRANCH="origin/main")
    assert version == AppVersion("0+unknown", commit=SHA, branch="main")


def test_a_submodule_has_its_own_version_and_dirties_the_whole(repository, tmp_path):
    repository.commit("outer")
    inner = beside(repository, tmp_path / "inner")
    inner.git("init", "-q")
    commit = inner.commit("inner")
    inner.git("tag", "v7")
    repository.git("submodule", "add", "-q", f"file://{inner.path}", "lib")
    repository.git("commit", "-q", "-m", "with lib")
    module = beside(repository, repository.path / "lib")
    version = detect(module)
    assert (version.name, version.commit, version.branch) == ("v7", commit, "main")
    assert not detect(repository).dirty
    (module.path / "app.py").write_text("changed")
    outer = detect(repository)
    assert outer.dirty
    assert outer.name == repository.git("describe", "--tags", "--always", "--dirty")
    assert detect(module).changes


def test_a_linked_work_tree_knows_its_tags(repository, tmp_path):
    repository.commit("one")
    repository.git("tag", "v1")
    tree = beside(repository, tmp_path / "tree")
    repository.git("worktree", "add", "-q", "-b", "feature", str(tree.path))
    tree.commit("two")
    version = detect(tree)
    assert (version.branch, version.parent) == ("feature", "v1")


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "app.py").write_text("another"),
        lambda path: (path / "app.py").unlink(),
        lambda path: (path / "app.py").chmod(0o755),
        lambda path: (path / "with space\tand é.txt").write_text("another"),
    ],
    ids=["contents", "deleted", "mode", "odd name"],
)
def test_two_dirty_trees_of_one_commit_are_told_apart(repository, change):
    (repository.path / "with space\tand é.txt").write_text("x")
    repository.commit()
    clean = detect(repository)
    assert clean.changes is None
    (repository.path / "app.py").write_text("changed")
    first = detect(repository)
    assert first == detect(repository)
    change(repository.path)
    second = detect(repository)
    assert first.changes != second.changes
    assert len({clean.fingerprint, first.fingerprint, second.fingerprint}) == 3


def test_the_same_changes_have_the_same_fingerprint_wherever_the_tests_start(repository):
    repository.commit()
    (repository.path / "tests").mkdir()
    (repository.path / "app.py").write_text("changed")
    inside = detect_version(repository.path / "tests", repository.environ)
    assert inside == detect(repository)


def test_a_large_changed_file_is_not_read(repository):
    repository.commit()
    with (repository.path / "app.py").open("wb") as file:
        file.truncate(200_000_000)
    assert detect(repository).changes


@pytest.mark.parametrize("annotated", [(), ("-a", "-m", "note")], ids=["light", "annotated"])
def test_a_listed_version_is_of_its_tag(repository, annotated):
    first = repository.commit("one")
    repository.git("tag", *annotated, "v1")
    repository.commit("two")
    detected = detect(repository)
    version = detect_named(repository.path, repository.environ, "v1", detected)
    assert version == AppVersion("v1", commit=first, dirty=False)


def test_a_listed_version_that_is_checked_out_is_the_one_detected(repository):
    repository.commit("one")
    repository.git("tag", "v1")
    detected = detect(repository)
    assert detect_named(repository.path, repository.environ, "v1", detected) == detected


@pytest.mark.parametrize("name", ["prompt-a", "*", "-d", "refs/tags/v1", "v1^", "a b", "\ud800"])
def test_a_listed_name_without_tag_or_branch_is_served_by_what_is_checked_out(repository, name):
    repository.commit("one")
    repository.git("tag", "v1")
    commit = repository.commit("two")
    version = detect_named(repository.path, repository.environ, name, detect(repository))
    assert (version.name, version.commit) == (name, commit)


def test_a_listed_version_without_git_is_its_name(folder):
    detected = detect(folder)
    assert detect_named(folder.path, folder.environ, "v1", detected) == AppVersion("v1")


CHANGES = {
    "none": ({}, CiChange()),
    "github push": (
        {
            "GITHUB_REF_NAME": "main",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": SHA,
        },
        CiChange("main", SHA),
    ),
    "github pull request": (
        {
            "GITHUB_HEAD_REF": "fix",
            "GITHUB_BASE_REF": "main",
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_REF_NAME": "12/merge",
            "GITHUB_SHA": SHA,
        },
        CiChange("fix", SHA, "12", "main"),
    ),
    "github tag": ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}, CiChange()),
    "gitlab": ({"CI_COMMIT_REF_NAME": "fix", "CI_COMMIT_SHA": SHA}, CiChange("fix", SHA)),
    "gitlab merge request": (
        {
            "CI_COMMIT_REF_NAME": "refs/merge-requests/7/merge",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_IID": "7",
        },
        CiChange("fix", None, "7", "main"),
    ),
    "jenkins": ({"GIT_BRANCH": "origin/main", "GIT_COMMIT": SHA}, CiChange("main", SHA)),
    "jenkins pull request": (
        {"BRANCH_NAME": "PR-7", "CHANGE_BRANCH": "fix", "CHANGE_ID": "7", "CHANGE_TARGET": "main"},
        CiChange("fix", None, "7", "main"),
    ),
    "circle": (
        {"CIRCLE_BRANCH": "fix", "CIRCLE_SHA1": SHA, "CIRCLE_PULL_REQUEST": "https://github.com/o/a/pull/7"},
        CiChange("fix", SHA, "7"),
    ),
    "buildkite without pull request": (
        {"BUILDKITE_BRANCH": "fix", "BUILDKITE_PULL_REQUEST": "false"},
        CiChange("fix"),
    ),
    "azure": (
        {"BUILD_SOURCEBRANCH": "refs/heads/fix", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
        CiChange("fix", None, None, "main"),
    ),
    "azure pull request": ({"BUILD_SOURCEBRANCH": "refs/pull/7/merge"}, CiChange()),
    "plain": ({"CI": "true", "CI_BRANCH": "fix", "CI_COMMIT_ID": SHA}, CiChange("fix", SHA)),
    "no commit": ({"GIT_COMMIT": "HEAD"}, CiChange()),
}


@pytest.mark.parametrize(("environ", "change"), CHANGES.values(), ids=CHANGES)
def test_the_change_under_test_is_told_by_variables(environ, change):
    assert ci_change(environ) == change


def test_the_change_is_among_the_tags_in_a_ci_only():
    environ = CHANGES["github pull request"][0]
    tags = automatic_tags({**environ, "CI": "true", "GITHUB_ACTIONS": "true"}, [])
    assert {name: value for name, value in tags.items() if name.startswith("vtrack.ci.")} == {
        "vtrack.ci.branch": "fix",
        "vtrack.ci.commit": SHA,
        "vtrack.ci.pull_request": "12",
        "vtrack.ci.target_branch": "main",
    }
    assert not any(name.startswith("vtrack.ci") for name in automatic_tags(environ, []))


@pytest.mark.parametrize(
    "variable", ["VTRACK_DEPLOYMENT_ID", "DEPLOYMENT_ID", "K_REVISION", "HEROKU_RELEASE_VERSION"]
)
def test_the_deployment_is_told_by_a_variable(folder, variable):
    assert detect(folder, **{variable: "blue-7"}).deployment_id == "blue-7"
