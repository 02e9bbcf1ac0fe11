"""Tags that tests tell of a run whose store takes nothing for a while."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pytest_vtrack.cli import group
from pytest_vtrack.errors import StoreUnreachable
from pytest_vtrack.store.sql_store import SqlStore

TESTS = """
    import pytest

    @pytest.mark.vtrack(dataset=[{"id": f"c{n}", "inputs": {}} for n in range(3)])
    def test_answers(vtrack_case, vtrack_run):
        vtrack_run.set_tag(vtrack_case.id, "seen")
        return 1
"""
TAGS = {"c0": "seen", "c1": "seen", "c2": "seen"}


@pytest.fixture
def away(monkeypatch):
    """Let the store take nothing for a number of calls of a method."""

    def away(name, calls):
        whole = getattr(SqlStore, name)
        left = [calls]

        def method(self, *args, **told):
            if left[0]:
                left[0] -= 1
                raise StoreUnreachable("postgresql://host/db: the PostgreSQL server cannot be reached")
            return whole(self, *args, **told)

        monkeypatch.setattr(SqlStore, name, method)

    monkeypatch.setattr("pytest_vtrack.store.writer._PAUSE_S", 0.0)
    return away


def tags_of(run):
    return {name: value for name, value in run.tags.items() if name in TAGS}


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
@pytest.mark.parametrize("method", ["update_run", "finish"])
def test_a_session_outlasts_a_store_that_takes_no_tags_or_no_end(project, away, method, workers):
    away(method, 5)
    project.write(test_app=TESTS)
    assert project.run("--vtrack-version=v1", *workers).exit == 0
    run = project.last_run()
    assert (run.status, run.stored, tags_of(run)) == ("complete", 3, TAGS)


def test_tags_of_a_store_that_stays_away_are_kept(project, away, monkeypatch):
    monkeypatch.setattr("pytest_vtrack.store.writer.PATIENCE_S", 0.1)
    project.write(test_app=TESTS)
    away("update_run", 1_000_000)
    session = project.run("--vtrack-version=v1")
    assert session.exit == 3
    assert "How the run ended is in" in session.flat
    monkeypatch.undo()
    (waiting,) = (project.path / ".vtrack").glob("waiting-*.jsonl")
    monkeypatch.chdir(project.path)
    assert CliRunner().invoke(group, ["store", "import", str(waiting)]).exit_code == 0
    run = project.last_run()
    assert (run.status, run.stored, tags_of(run)) == ("complete", 3, TAGS)
