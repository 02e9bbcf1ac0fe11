from __future__ import annotations

import subprocess
from dataclasses import replace
from importlib import metadata

import pytest

from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.tracing import git as git_module
from pytest_vtrack.tracing.source import detect_version


def test_a_tagged_commit_is_the_version(repository):
    commit = repository.commit()
    repository.git("tag", "v1.2")
    assert detect_version(repository.path, repository.environ) == AppVersion(
        "v1.2", commit=commit, branch="main", dirty=False
    )


def test_the_name_is_what_git_describes(repository):
    repository.commit("one")
    repository.git("tag", "v1.2")
    commit = repository.commit("two")
    (repository.path / "app.py").write_text("three")
    version = detect_version(repository.path, repository.environ)
    assert (
        version.name
        == repository.git("describe", "--tags", "--always", "--dirty")
        == f"v1.2-1-g{commit[:7]}-dirty"
    )
    assert (version.commit, version.dirty) == (commit, True)


def test_without_tags_the_name_is_the_short_commit(repository):
    commit = repository.commit()
    assert detect_version(repository.path, repository.environ).name == commit[:7]


@pytest.mark.parametrize("stage", [False, True], ids=["untracked", "staged"])
def test_a_new_file_is_a_change_once_it_is_tracked(repository, stage):
    repository.commit()
    (repository.path / "new.py").write_text("")
    if stage:
        repository.git("add", "new.py")
    version = detect_version(repository.path, repository.environ)
    assert version.dirty is stage
    assert version.name == repository.git("describe", "--tags", "--always", "--dirty")


def test_a_folder_inside_is_of_the_same_version(repository):
    repository.commit()
    inside = repository.path / "tests"
    inside.mkdir()
    of_inside = detect_version(inside, repository.environ)
    assert of_inside == detect_version(repository.path, repository.environ)


def test_a_repository_without_commits_has_a_branch_and_no_commit(repository):
    repository.git("remote", "add", "origin", "https://example.org/app.git")
    assert detect_version(repository.path, repository.environ) == AppVersion(
        "0+unknown", branch="main", dirty=False, repository="https://example.org/app.git"
    )


def test_a_folder_without_git_is_unknown(folder):
    assert detect_version(folder.path, folder.environ) == AppVersion("0+unknown")


def test_a_folder_that_is_not_there_is_unknown(folder):
    assert detect_version(folder.path / "gone", folder.environ) == AppVersion("0+unknown")


def test_without_git_installed_the_package_is_the_version(repository, tmp_path):
    repository.commit()
    (repository.path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1.4.0"\n')
    environ = {**repository.environ, "PATH": str(tmp_path / "nothing")}
    assert detect_version(repository.path, environ) == AppVersion("1.4.0", package_version="1.4.0")


def test_a_git_that_hangs_is_left(repository, monkeypatch, tmp_path):
    monkeypatch.setattr(git_module, "_TIMEOUT_S", 0.1)
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 5\n")
    slow.chmod(0o755)
    environ = {**repository.environ, "PATH": f"{slow.parent}:{repository.environ['PATH']}"}
    assert detect_version(repository.path, environ) == AppVersion("0+unknown")


def test_git_is_called_three_times_at_most(repository, monkeypatch):
    repository.commit()
    calls = []
    run = subprocess.run

    def counted(command, **options):
        calls.append(options["timeout"])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    detect_version(repository.path, repository.environ)
    assert calls == [10.0] * 3


def test_a_shallow_clone_is_named_by_its_commit(repository, tmp_path):
    repository.commit("one")
    repository.git("tag", "v1")
    commit = repository.commit("two")
    clone = replace_path(repository, tmp_path / "clone")
    repository.git("clone", "-q", "--depth=1", f"file://{repository.path}", str(clone.path))
    version = detect_version(clone.path, clone.environ)
    assert (version.name, version.commit, version.branch) == (commit[:7], commit, "main")
    assert version.repository == f"file://{repository.path}"


def test_a_linked_worktree_has_its_own_branch(repository, tmp_path):
    repository.commit()
    tree = replace_path(repository, tmp_path / "tree")
    repository.git("worktree", "add", "-q", "-b", "feature/x", str(tree.path))
    tree.commit("other")
    (repository.path / "app.py").write_text("changed here only")
    version = detect_version(tree.path, tree.environ)
    assert (version.branch, version.dirty) == ("feature/x", False)
    assert detect_version(repository.path, repository.environ).dirty


def replace_path(repository, path):
    return type(repository)(path, path.parent)


def test_variables_of_a_git_hook_do_not_point_elsewhere(repository, tmp_path):
    commit = repository.commit()
    other = replace_path(repository, tmp_path / "other")
    other.git("init", "-q")
    other.commit("of the other")
    hook = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git/index"),
        "GIT_PREFIX": "x/",
    }
    version = detect_version(repository.path, {**repository.environ, **hook})
    assert (version.commit, version.dirty) == (commit, False)


@pytest.mark.parametrize(
    ("environ", "branch"),
    [
        ({}, None),
        ({"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "12/merge"}, "fix"),
        ({"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch"}, "main"),
        ({"GITHUB_REF_NAME": "v1.2", "GITHUB_REF_TYPE": "tag"}, None),
        ({"CI_COMMIT_REF_NAME": "feature/y"}, "feature/y"),
        ({"CI_COMMIT_REF_NAME": "v1.2", "CI_COMMIT_TAG": "v1.2"}, None),
        ({"GIT_BRANCH": "origin/main", "BRANCH_NAME": "other"}, "main"),
        ({"BRANCH_NAME": "main"}, "main"),
    ],
    ids=["none", "pull request", "push", "tag", "gitlab", "gitlab tag", "jenkins", "multibranch"],
)
def test_a_detached_head_has_the_branch_of_the_ci(repository, environ, branch):
    repository.commit()
    repository.git("checkout", "-q", "--detach")
    assert detect_version(repository.path, {**repository.environ, **environ}).branch == branch


def test_the_branch_of_the_work_tree_comes_before_the_ci(repository):
    repository.commit()
    assert (
        detect_version(repository.path, {**repository.environ, "GITHUB_REF_NAME": "other"}).branch == "main"
    )


@pytest.mark.parametrize(
    ("remotes", "expected"),
    [
        ({}, None),
        ({"origin": "https://user:s3cret@example.org/app.git"}, "https://example.org/app.git"),
        (
            {"upstream": "https://example.org/up.git", "origin": "git@example.org:app.git"},
            "example.org:app.git",
        ),
        (
            {"fork": "https://example.org/fork.git", "upstream": "https://example.org/up.git"},
            "https://example.org/fork.git",
        ),
    ],
    ids=["none", "with password", "origin first", "no origin"],
)
def test_the_repository_is_a_remote_without_credentials(repository, remotes, expected):
    repository.commit()
    for name, url in remotes.items():
        repository.git("remote", "add", name, url)
    assert detect_version(repository.path, repository.environ).repository == expected


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('[project]\nname = "app"\nversion = "1.4.0"', "1.4.0"),
        ('[project]\nname = "pytest"\ndynamic = ["version"]', metadata.version("pytest")),
        ('[project]\nname = "not-installed-anywhere"\ndynamic = ["version"]', None),
        ('[project]\nname = ""\ndynamic = ["version"]', None),
        ("[project]\nname = 3", None),
        ("project = 3", None),
        ("[tool.x]", None),
        ("not toml at all [", None),
        ("\ud800", None),
    ],
    ids=["static", "dynamic", "not installed", "empty", "number", "no table", "other", "broken", "not UTF-8"],
)
def test_the_package_has_a_version(folder, text, version):
    (folder.path / "pyproject.toml").write_bytes(text.encode(errors="surrogatepass"))
    expected = AppVersion(version or "0+unknown", package_version=version)
    assert detect_version(folder.path, folder.environ) == expected


def test_git_names_the_version_before_the_package(repository):
    (repository.path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1.4.0"\n')
    repository.commit()
    repository.git("tag", "v1.4.0rc1")
    version = detect_version(repository.path, repository.environ)
    assert (version.name, version.package_version) == ("v1.4.0rc1", "1.4.0")


def test_uncommitted_changes_are_another_fingerprint(repository):
    repository.commit()
    version = detect_version(repository.path, repository.environ)
    assert version.fingerprint != replace(version, dirty=True).fingerprint
