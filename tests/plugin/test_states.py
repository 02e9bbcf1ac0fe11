"""What a version is: its source, its params, its deployment; and two states under one name."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from click.testing import CliRunner

from pytest_vtrack.cli import group

APP = """
import pytest

@pytest.mark.vtrack(dataset="qa.jsonl")
def test_answers(vtrack_case, vtrack_run):
    return 1
"""


@pytest.fixture
def app(project, monkeypatch):
    for name in os.environ:
        if name.startswith(("GIT_", "GITHUB_", "CI")):
            monkeypatch.delenv(name)
    project.questions(2)
    project.write(
        test_app=APP, **{".gitignore": ".vtrack\n__pycache__\npytest.ini\n", "pytest.ini": "[pytest]\n"}
    )
    git(project, "init", "-q")
    commit(project, "one")
    return project


def git(project, *command: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *who, "-c", "commit.gpgSign=0", *command],
        cwd=project.path,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(project, text: str) -> str:
    (project.path / "app.py").write_text(f"# {text}\n")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", text)
    return git(project, "rev-parse", "HEAD")


def command(project, *args: str, code: int = 0) -> str:
    done = CliRunner().invoke(group, [*args, "--store", str(project.store_path)])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_facts_of_the_source_are_stored_as_fields_and_as_tags(app, monkeypatch):
    first = git(app, "rev-parse", "HEAD")
    git(app, "tag", "v1.2")
    second = commit(app, "two")
    git(app, "remote", "add", "origin", "https://ada:s3cret@example.org/app.git")
    (app.path / "app.py").write_text("# changed\n")
    monkeypatch.setenv("VTRACK_DEPLOYMENT_ID", "blue-7")
    assert app.run("--vtrack-env=staging", "--vtrack-flag=fast=on", "--vtrack-tag=model_version=m7").exit == 0
    run = app.last_run()
    version = run.version
    assert (version.name, version.commit, version.branch) == (f"v1.2-1-g{second[:7]}-dirty", second, "main")
    assert (version.dirty, version.parent, version.deployment_id) == (True, "v1.2", "blue-7")
    assert version.repository == "https://example.org/app.git"
    tags = {name: value for name, value in run.tags.items() if not name.startswith("vtrack.")}
    tags.pop("user", None)
    assert tags == {
        "session": run.id[:8],
        "environment": "staging",
        "app_version": version.name,
        "model_version": "m7",
        "deployment_id": "blue-7",
        "feature_flags": '{"fast": "on"}',
    }
    source = {name[14:]: value for name, value in run.tags.items() if name.startswith("vtrack.source.")}
    assert source == {
        "commit": second,
        "branch": "main",
        "dirty": "true",
        "repository": version.repository,
        "changes": version.changes,
        "parent": "v1.2",
    }
    assert first != second
    assert b"s3cret" not in app.stored_bytes()


def test_what_the_user_says_of_a_standard_name_counts(app):
    app.run("--vtrack-tag=user=ada", "--vtrack-tag=deployment_id=green")
    run = app.last_run()
    assert (run.tags["user"], run.version.deployment_id) == ("ada", "green")


def test_params_come_from_ini_marker_and_fixture(app, mode):
    app.write(
        **{
            "pytest.ini": "[pytest]\nvtrack_params =\n    model = m1\n    top_p = 0.9\n    api_key = s3cret\n"
        },
        test_app=APP.replace('.jsonl")', '.jsonl", params={"model": "m2"})').replace(
            "return 1", 'vtrack_run.set_param("temperature", 0.5); vtrack_run.set_param("my_token", "s3cret")'
        ),
    )
    assert app.run(*mode).exit == 0
    assert app.last_run().version.params == {
        "model": "m2",
        "top_p": "0.9",
        "api_key": "***",
        "temperature": "0.5",
        "my_token": "***",
    }
    assert b"s3cret" not in app.stored_bytes()


def test_params_that_session_fixtures_set_at_their_end_are_kept(app, mode):
    app.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def model(vtrack_run):
            yield
            vtrack_run.set_param("model", "m9")
        """
    )
    assert app.run(*mode).exit == 0
    assert app.last_run().version.params == {"model": "m9"}


def test_a_line_that_is_no_param_is_refused(app):
    app.write(**{"pytest.ini": "[pytest]\nvtrack_params =\n    model\n"})
    done = app.run()
    assert done.exit == 4
    assert "vtrack_params: 'model' is not a param; write `name = value`" in done.flat


def test_a_param_without_a_name_fails_the_test(app):
    app.write(test_app=APP.replace("return 1", 'vtrack_run.set_param(" ", 1)'))
    done = app.run()
    assert done.exit == 1
    assert "vtrack_run.set_param: a param needs a name, not ' '" in done.flat


@pytest.mark.parametrize(
    ("change", "message"),
    {
        "dataset": (
            {"qa.jsonl": '{"inputs": {"n": 1}, "tags": {"vtrack.python": "2"}}\n'},
            "qa.jsonl: line 1: 'vtrack.python' is reserved",
        ),
        "experiment": (
            {
                "conftest": """
                import pytest, pytest_vtrack

                @pytest.fixture(scope="session")
                def vtrack_experiment():
                    return pytest_vtrack.Experiment("bot", tags={"vtrack.ci": "x"})
                """
            },
            "fixture vtrack_experiment: 'vtrack.ci' is reserved",
        ),
        "records": (
            {"test_app": APP.replace('"qa.jsonl"', '[{"inputs": {}, "tags": {"vtrack.x": 1}}]')},
            "record 1: 'vtrack.x' is reserved",
        ),
        "cases": (
            {
                "test_app": "from pytest_vtrack import Case\n"
                + APP.replace('"qa.jsonl"', '[Case({}, tags={"vtrack.x": "1"})]')
            },
            "record 1: 'vtrack.x' is reserved",
        ),
        "object": (
            {
                "test_app": "from pytest_vtrack import Case, Dataset\n"
                + APP.replace('"qa.jsonl"', 'Dataset("qa", [Case({}, tags={"vtrack.x": "1"})])')
            },
            "record 1: 'vtrack.x' is reserved",
        ),
    }.values(),
    ids=["dataset", "experiment", "records", "cases", "object"],
)
def test_reserved_names_are_refused_where_tags_enter(app, change, message):
    app.write(**change)
    done = app.run()
    assert done.exit == 4
    assert message in done.flat


def test_listed_versions_are_of_their_tag_branch_or_of_the_work_tree(app):
    first = git(app, "rev-parse", "HEAD")
    git(app, "tag", "-a", "v1", "-m", "annotated")
    second = commit(app, "two")
    git(app, "branch", "next")
    third = commit(app, "three")
    app.write(test_app=APP.replace('.jsonl")', '.jsonl", versions=["v1", "next", "prompt-a"])'))
    git(app, "commit", "-qam", "list")
    assert app.run().exit == 0
    facts = {run.version.name: (run.version.commit, run.version.branch) for run in app.runs()}
    head = git(app, "rev-parse", "HEAD")
    assert facts == {"v1": (first, None), "next": (second, "next"), "prompt-a": (head, "main")}
    assert third not in {sha for sha, _ in facts.values()}


def test_two_commits_under_one_name_are_said_wherever_the_name_is_taken(app, mode):
    first = git(app, "rev-parse", "HEAD")[:7]
    app.run("--vtrack-version=v1")
    second = commit(app, "two")[:7]
    again = app.run(*mode, "--vtrack-version=v1")
    ids = [run.short_id for run in app.runs()]
    assert f"'v1' is now commit {second} (run {ids[1]}), and was commit {first} (run {ids[0]})" in again.flat
    states = f"commit {second} (run {ids[1]}); commit {first} (run {ids[0]})"
    expected = f"'v1' stands for 2 states of the application; the newest is used, {states}"
    assert expected in app.run(*mode, "--vtrack-version=v2", "--vtrack-baseline=v1").flat
    listed = f"'v1' stands for 2 states of the application: {states}"
    assert listed in command(app, "runs")
    assert listed in command(app, "show", "v1")
    assert expected in command(app, "compare", "v1", "v2")
    stored = json.loads(CliRunner().invoke(group, ["runs", "--json", "--store", str(app.store_path)]).output)
    assert len({each["fingerprint"] for each in stored if each["version"] == "v1"}) == 2


def test_one_state_recorded_twice_needs_no_words(app):
    app.run("--vtrack-version=v1")
    app.run("--vtrack-version=v1")
    done = app.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert "states of the application" not in done.flat + command(app, "runs") + command(app, "show", "v1")


def test_other_uncommitted_changes_are_another_state_but_no_news(app):
    app.write(app="# changed")
    app.run("--vtrack-version=v1")
    app.write(app="# changed again")
    assert "is now" not in app.run("--vtrack-version=v1").flat
    assert "stands for 2 states" in command(app, "runs")
    changes = {run.version.changes for run in app.runs()}
    assert len(changes) == 2


def test_other_params_are_another_state_and_only_they_are_named(app):
    for temperature in (0, 1):
        app.write(
            **{"pytest.ini": f"[pytest]\nvtrack_params =\n  model = m1\n  temperature = {temperature}\n"}
        )
        done = app.run("--vtrack-version=v1")
    assert "temperature=1" in done.flat
    assert "temperature=0" in done.flat
    assert "model=m1" not in done.flat


def test_show_names_parent_package_and_repository(app):
    app.write(**{"pyproject.toml": '[project]\nname = "app"\nversion = "1.4.0"\n'})
    git(app, "tag", "v1")
    commit(app, "two")
    git(app, "remote", "add", "origin", "https://example.org/app.git")
    app.run()
    shown = command(app, "show")
    for line in ("parent v1", "package 1.4.0", "repository https://example.org/app.git"):
        assert line in shown


def test_without_git_the_package_tells_two_states_apart(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    project.questions(1)
    project.write(test_app=APP)
    for version in ("1.0", "1.1"):
        project.write(**{"pyproject.toml": f'[project]\nname = "app"\nversion = "{version}"\n'})
        done = project.run("--vtrack-version=prod")
    assert "'prod' is now package 1.1 (run" in done.flat
    assert "and was package 1.0 (run" in done.flat
