"""Options, environment variables and ini keys, and which of them wins."""

from __future__ import annotations

import pytest

APP = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        return 1
"""


@pytest.fixture
def app(project):
    project.questions(1)
    project.write(test_app=APP)
    return project


@pytest.mark.parametrize(
    ("file", "head"),
    [("pytest.ini", "[pytest]"), ("pyproject.toml", "[tool.pytest]"), ("tox.ini", "[pytest]")],
)
def test_command_line_goes_before_variable_before_ini(app, monkeypatch, file, head):
    quote = '"' if file.endswith("toml") else ""
    lines = [f"vtrack_{name} = {quote}of-ini{quote}" for name in ("experiment", "env", "version")]
    (app.path / file).write_text("\n".join([head, *lines]) + "\n")
    app.run()
    run = app.last_run()
    assert (run.experiment, run.env, run.version.name) == ("of-ini", "of-ini", "of-ini")
    monkeypatch.setenv("VTRACK_ENV", "of-variable")
    monkeypatch.setenv("VTRACK_VERSION", "of-variable")
    app.run()
    assert (app.last_run().env, app.last_run().version.name) == ("of-variable", "of-variable")
    app.run("--vtrack-env=typed", "--vtrack-version=typed")
    assert (app.last_run().env, app.last_run().version.name) == ("typed", "typed")


def test_variables_that_are_not_ours_change_nothing(app, monkeypatch):
    monkeypatch.setenv("VTRACK_GATE", "off")
    monkeypatch.setenv("VTRACK_BASELINE", "nothing")
    assert app.run().exit == 12


def test_without_any_setting_the_defaults_hold(app):
    app.run()
    run = app.last_run()
    assert (run.experiment, run.env, run.version.name) == (app.path.name, "dev", "0+unknown")
    assert (app.path / ".vtrack" / ".gitignore").read_text() == "*\n"


def test_the_version_comes_from_git(app):
    import subprocess

    for command in (
        "init -q",
        "add -A",
        "-c user.name=a -c user.email=a@b commit -q -m x",
        "-c user.name=a -c user.email=a@b tag v7",
    ):
        subprocess.run(["git", *command.split()], cwd=app.path, check=True)
    app.run()
    version = app.last_run().version
    assert version.name == "v7"
    assert len(version.commit) == 40
    (app.path / "test_app.py").write_text((app.path / "test_app.py").read_text() + "\n")
    app.run()
    assert app.last_run().version.name == "v7-dirty"


def test_the_store_stands_where_it_is_named(app, monkeypatch):
    def stored(*args):
        assert app.run(*args).exit == 0

    (app.path / "sub").mkdir()
    stored("--vtrack-store=sub/typed.db")
    assert (app.path / "sub" / "typed.db").exists()
    monkeypatch.setenv("VTRACK_STORE", "variable.db")
    stored()
    assert (app.path / "variable.db").exists()
    monkeypatch.delenv("VTRACK_STORE")
    (app.path / "pytest.ini").write_text("[pytest]\nvtrack_store = kept/ini.db\n")
    monkeypatch.chdir(app.path / "sub")
    stored("..")
    assert (app.path / "kept" / "ini.db").exists(), "an ini path is relative to the ini file"
    stored(f"--vtrack-store=sqlite:///{app.path}/uri.db", "..")
    assert (app.path / "uri.db").exists()
    assert not app.store_path.exists()


def test_flags_and_tags_are_repeatable(app):
    app.run("--vtrack-flag=a=1", "--vtrack-flag", "b = x=y", "--vtrack-tag=who=me", "--vtrack-tag=why=fun")
    run = app.last_run()
    assert run.flags == {"a": "1", "b": "x=y"}
    assert (run.tags["who"], run.tags["why"]) == ("me", "fun")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--vtrack-flag=x"], "'x' is not NAME=VALUE"),
        (["--vtrack-flag==x"], "'=x' is not NAME=VALUE"),
        (["--vtrack-tag=x"], "'x' is not NAME=VALUE"),
        (["--vtrack-tag=vtrack.x=1"], "'vtrack.x' is reserved"),
        (["--vtrack-gate=strickt"], "'strickt' is not one of off, warn, regress, strict"),
        (["--vtrack-rescore=maybe"], "'maybe' is not one of auto, always, never"),
        (["--vtrack-repeat=0"], "'0' is not a whole number of at least 1"),
        (["--vtrack-repeat=two"], "'two' is not a whole number of at least 1"),
        (["--vtrack-max-cost=-1"], "'-1' is not an amount above 0"),
        (["--vtrack-max-cost=nan"], "'nan' is not an amount above 0"),
        (["-o", "vtrack_gate=no"], "vtrack_gate: 'no' is not one of off, warn, regress, strict"),
        (["-o", "vtrack_rescore=no"], "vtrack_rescore: 'no' is not one of auto, always, never"),
        (["-o", "vtrack_capture=no"], "vtrack_capture: 'no' is not one of full, scores"),
        (["-o", "vtrack_tolerance=latency is 3"], "vtrack_tolerance: 'latency is 3' is not a tolerance"),
    ],
    ids=lambda each: each[-1] if isinstance(each, list) else "",
)
def test_values_that_cannot_be_used_end_the_session_with_4(app, args, says):
    done = app.run(*args)
    assert done.exit == 4
    assert says in done.flat
    assert "Traceback" not in done.flat
    assert app.runs() == []


def test_wrong_ini_values_end_a_session_with_workers_too(app):
    for line, says in (
        ("vtrack_gate = no", "'no' is not one of"),
        ("vtrack_tolerance = x", "is not a tolerance"),
    ):
        (app.path / "pytest.ini").write_text(f"[pytest]\n{line}\n")
        done = app.run("-n2")
        assert done.exit == 4
        assert says in done.flat


def test_costs_that_add_up_to_the_limit_stop_the_session_cleanly(project, mode):
    project.questions(30)
    project.write(
        test_app="""
        import time
        import pytest

        def cost():
            return 0.5

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[cost])
        def test_answers(vtrack_case):
            time.sleep(0.02)
            return 1
        """
    )
    done = project.run("--vtrack-max-cost=2", *mode)
    assert done.exit == 2
    run = project.last_run()
    assert 4 <= run.stored < 30
    assert run.status == "partial"
    assert "--vtrack-max-cost=2 reached (" in run.reason
    assert "--vtrack-max-cost=2 reached" in done.flat
