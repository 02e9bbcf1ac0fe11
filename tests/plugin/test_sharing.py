"""Sessions with one run key fill one run."""

from __future__ import annotations

import pytest

from pytest_vtrack.store import open_store

TESTS = """
    import pytest

    @pytest.mark.vtrack(dataset=[{"id": f"{name}{n}", "inputs": {}} for name in "ab" for n in range(3)])
    def test_answers(vtrack_case):
        if BROKEN and vtrack_case.id == "b1":
            raise OSError("no network")
        return vtrack_case.id
"""
EXPERIMENT = """
    import pytest

    @pytest.fixture(scope="session")
    def vtrack_experiment():
        yield "bot"
"""
KEY = {"VTRACK_RUN_KEY": "k1", "VTRACK_SHARDS": "2"}
FIRST, SECOND = ("-k", "a0 or a1 or a2"), ("-k", "b0 or b1 or b2")


@pytest.fixture
def shard(project, monkeypatch):
    """Run a shard: ``shard(1, "-k", "…")``."""

    def shard(number, *args, tests=TESTS, broken=False, **environ):
        project.write(test_app=tests.replace("BROKEN", str(broken)))
        for name, value in {**KEY, "VTRACK_SHARD": str(number), **environ}.items():
            monkeypatch.setenv(name, value)
        return project.run("--vtrack-version=v1", *args)

    return shard


def cases(project):
    return [each.key.case_id for each in project.results()]


def test_two_shards_fill_one_run(project, shard):
    session = shard(1, *FIRST)
    assert session.exit == 0
    assert "(run key k1) is not complete: shard 2 of 2 has not begun; when all shards" in session.flat
    assert project.last_run().status == "running"
    session = shard(2, *SECOND, "-n2")
    assert session.exit == 0
    assert "run key" not in session.flat
    (run,) = project.runs()
    assert (run.status, run.stored, run.expected) == ("complete", 6, 6)
    assert cases(project) == ["a0", "a1", "a2", "b0", "b1", "b2"]


@pytest.mark.parametrize("empty", [1, 2])
@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_a_shard_without_a_case_is_through_too(project, shard, empty, workers):
    project.write(conftest=EXPERIMENT)
    parts = [("-k", "a0 or b0"), ("-k", "nothing")][:: 1 if empty == 2 else -1]
    exits = [shard(number, *part, *workers).exit for number, part in enumerate(parts, start=1)]
    assert exits[empty - 1] == pytest.ExitCode.NO_TESTS_COLLECTED
    (run,) = project.runs()
    assert (run.experiment, run.status, run.stored, run.expected) == ("bot", "complete", 2, 2)


TAKES_AWAY = """
    import os

    def pytest_collection_modifyitems(items):  # as some plugins do: without pytest_deselected
        letter = os.environ["LETTER"]
        items[:] = [item for item in items if f"[{letter}" in item.name]
"""


@pytest.mark.parametrize("letters", ["abx", "xab"], ids=["last", "first"])
@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_a_shard_without_a_case_is_through_also_where_nobody_says_so(project, shard, letters, workers):
    project.write(conftest=EXPERIMENT + TAKES_AWAY)
    for number, letter in enumerate(letters, start=1):
        shard(number, *workers, VTRACK_SHARDS="3", LETTER=letter)
    (run,) = project.runs()
    assert (run.experiment, run.status, run.stored, run.expected) == ("bot", "complete", 6, 6)


def test_each_shard_counts_in_every_listed_version(project, shard):
    listed = TESTS.replace("vtrack(", 'vtrack(versions=["v1", "v2"], ')
    for number, version in enumerate(("v1", "v2"), start=1):
        shard(number, "-k", version, tests=listed)
    found = {run.version.name: (run.status, run.stored) for run in project.runs()}
    assert found == {"v1": ("complete", 6), "v2": ("complete", 6)}


def test_what_the_tests_of_each_shard_declare_is_declared_of_the_run(project, shard):
    for number, marks in enumerate(('slices=["topic"]', 'slices=["lang"], params={"model": "m"}'), start=1):
        tests = TESTS.replace("vtrack(", f"vtrack({marks}, ").replace("BROKEN", "False")
        project.write(**{f"test_{number}": tests})
        assert shard(number, f"test_{number}.py").exit == 0
    run = project.last_run()
    assert (run.status, run.version.params) == ("complete", {"model": "m"})
    assert run.tags["vtrack.slices"] == '["lang", "topic"]'


def test_a_shard_that_runs_again_replaces_nothing_that_finished(project, shard):
    shard(1, *FIRST)
    assert shard(2, *SECOND, broken=True).exit == 1
    before = {each.key.case_id: each for each in project.results()}
    session = shard(2, *SECOND)
    assert session.exit == 0
    assert "keeps 2 results as another session" in session.flat
    assert "as another session with run key k1 had stored them" in session.flat
    after = {each.key.case_id: each for each in project.results()}
    (run,) = project.runs()
    assert (run.status, run.stored) == ("complete", 6)
    assert [case for case, each in after.items() if each != before[case]] == ["b1"]
    assert (before["b1"].outcome, after["b1"].outcome, after["b1"].attempt) == ("failed", "passed", 1)


OTHER_SESSION = """
    import os, subprocess, sys

    import pytest

    @pytest.mark.vtrack(dataset=[{"id": f"a{n}", "inputs": {}} for n in range(3)])
    def test_answers(vtrack_case):
        if os.environ.pop("BEGIN", None):  # the other one begins after this one and is faster
            environ = os.environ | {"VTRACK_SHARD": "2"}
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--vtrack-version=v1"]
            assert subprocess.run(command, env=environ, capture_output=True).returncode == 0
        elif os.environ["VTRACK_SHARD"] == "1":
            raise OSError("no network")
        return vtrack_case.id
"""


def test_sessions_that_run_the_same_cases_at_once_replace_nothing_that_finished(project, shard):
    session = shard(1, "-p", "no:randomly", tests=OTHER_SESSION, BEGIN="1")
    assert session.exit == 1
    assert "keeps 3 results as another session" in session.flat
    assert "as another session with run key k1 had stored them" in session.flat
    assert [each.outcome for each in project.results()] == ["passed"] * 3
    (run,) = project.runs()
    assert (run.status, run.stored) == ("complete", 3)


def test_the_last_shard_compares(project, shard):
    project.write(test_app=TESTS.replace("BROKEN", "False"))
    assert project.run("--vtrack-version=v0").exit == 0
    first = shard(1, *FIRST, "--vtrack-baseline=v0")
    assert "vtrack OK" not in first.screen
    assert first.exit == 0
    last = shard(2, *SECOND, "--vtrack-baseline=v0", "-v")
    assert "6 tests compared" in last.flat


def test_an_interrupted_shard_is_not_green(project, shard):
    shard(1, *FIRST)
    session = shard(2, *SECOND, "-x", broken=True)
    assert session.exit == 1
    run = project.last_run()
    assert (run.status, run.stored) == ("incomplete", 5)
    assert "shard 2 of 2" in run.reason
    assert "1 of 3 cases are missing: test_app.py::test_answers[b2]" in run.reason


def test_a_shard_that_ended_within_a_chunk_is_not_through(project, shard):
    chunks = TESTS.replace(" for n in range(3)])", " for n in range(3)], bulk=True)")
    shard(1, "-x", tests=chunks, broken=True)
    shard(2, tests=chunks.replace("test_answers", "test_others"))
    run = project.last_run()
    assert (run.status, run.stored, run.expected) == ("incomplete", 11, 12)
    assert run.reason == "shard 1 of 2 stopping after 1 failures: 5 of 6 cases ran"


@pytest.mark.parametrize("differs", [{"VTRACK_RUN_KEY": "k2"}, {"VTRACK_ENV": "staging"}])
def test_sessions_of_another_key_or_state_have_their_own_run(project, shard, differs):
    shard(1, *FIRST)
    shard(2, *SECOND, **differs)
    assert [run.stored for run in project.runs()] == [3, 3]


def test_a_slip_of_the_pen_ends_before_the_first_test(project, shard):
    session = shard("third", *FIRST)
    assert session.exit == 4
    assert "VTRACK_SHARD: 'third' is no whole number" in session.errors
    assert project.runs() == []


def test_shards_fill_one_run_on_a_server(project, shard, postgres_uri, monkeypatch):
    """The CI says which run it is."""
    monkeypatch.setenv("VTRACK_STORE", postgres_uri)
    ci = {"GITLAB_CI": "true", "CI_PIPELINE_ID": "7", "CI_NODE_TOTAL": "2"}
    for number, part in enumerate((FIRST, SECOND), start=1):
        session = shard("", *part, VTRACK_RUN_KEY="", VTRACK_SHARDS="", CI_NODE_INDEX=str(number), **ci)
        assert session.exit == 0
    store = open_store(postgres_uri)
    (run,) = store.runs()
    assert (run.status, run.stored) == ("complete", 6)
    assert [each.number for each in store.shards.of_run(run.id)] == [1, 2]
    assert store.shards.runs_with_key("gitlab-7", run.experiment) == [run]
    store.close()
