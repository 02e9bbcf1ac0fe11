"""Sessions whose store is on a PostgreSQL server."""

from __future__ import annotations

import sys
import uuid
from urllib.parse import urlsplit

import pytest

from pytest_vtrack.store import open_store

TESTS = """
    import os, pathlib, psycopg, pytest

    @pytest.mark.vtrack(dataset=[{"id": f"c{n:02}", "inputs": {}} for n in range(30)])
    def test_answers(vtrack_case):
        pathlib.Path("ran").touch()
        if vtrack_case.id == "c10" and "CUT" in os.environ:
            with psycopg.connect(os.environ["CUT"], autocommit=True) as server:
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'of a test'"
                )
        return vtrack_case.id
"""


def test_unreachable_server_ends_before_the_first_test(project, mode):
    pytest.importorskip("psycopg")
    project.write(test_app=TESTS)
    session = project.run("--vtrack-store=postgresql://zoe:s3cret@127.0.0.1:1/team", *mode)
    assert session.exit == 4
    told = "--vtrack-store: postgresql://127.0.0.1:1/team: the PostgreSQL server cannot be reached"
    assert told in session.flat
    assert not (project.path / "ran").exists()
    for secret in ("s3cret", "zoe", "Traceback"):
        assert secret not in session.flat


def test_without_a_driver_the_session_says_what_to_install(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("VTRACK_STORE", "postgresql://127.0.0.1:1/team")
    project.write(test_app="import pytest\n@pytest.mark.vtrack\ndef test_it():\n    return 1\n")
    session = project.run()
    assert session.exit == 4
    assert "pip install 'pytest-vtrack[postgres]'" in session.flat


def test_user_and_password_are_neither_shown_nor_stored(project, postgres_server, new_postgres_uri):
    parts = urlsplit(new_postgres_uri)
    project.write(test_app=TESTS)
    user = f"zoe_{uuid.uuid4().hex[:8]}"
    postgres_server.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD 's3cret'")
    place = f"{parts.hostname}:{parts.port}{parts.path}?{parts.query}"
    uri = f"postgresql://{user}:s3cret@{place}"
    try:
        for version in ("v1", "v2"):
            session = project.run(
                f"--vtrack-store={uri}", f"--vtrack-version={version}", "-v", "--vtrack-html=r.html"
            )
            assert session.exit == 0
            assert "zoe" not in session.flat
            assert "s3cret" not in session.flat
        report = (project.path / "r.html").read_text()
        assert not {word for word in (user, "s3cret") if word in report}
        store = open_store(uri)
        assert not {word for word in ("zoe", "s3cret") if word in repr([store.runs(), store.info()])}
        assert store.runs()[0].tags["vtrack.command"].count("postgresql://") == 1
        store.close()
    finally:
        postgres_server.execute(f"DROP OWNED BY {user} CASCADE; DROP ROLE {user}")


def test_a_session_outlives_the_end_of_its_connections(project, postgres_uri, monkeypatch):
    monkeypatch.setenv("VTRACK_STORE", f"{postgres_uri}&application_name=of%20a%20test")
    monkeypatch.setenv("CUT", postgres_uri.partition("?")[0])
    project.write(test_app=TESTS)
    session = project.run("--vtrack-version=v1")
    assert session.exit == 0
    store = open_store(postgres_uri)
    (run,) = store.runs()
    assert (run.status, run.stored) == ("complete", 30)
    assert [each.key.case_id for each in store.results(run.id)] == [f"c{n:02}" for n in range(30)]
    store.close()


def test_a_session_whose_server_stays_away_is_not_green_and_keeps_its_results(
    project, new_postgres_uri, postgres_server, monkeypatch
):
    monkeypatch.setattr("pytest_vtrack.store.writer.PATIENCE_S", 0.1)
    from pytest_vtrack.errors import StoreUnreachable
    from pytest_vtrack.store.sql_store import SqlStore

    def lost(*_, **__):
        raise StoreUnreachable("postgresql://host/db: the PostgreSQL server cannot be reached")

    add = SqlStore.add
    monkeypatch.setenv("VTRACK_STORE", new_postgres_uri)
    monkeypatch.setattr(SqlStore, "add", lost)
    project.write(test_app=TESTS)
    session = project.run("--vtrack-version=v1")
    monkeypatch.setattr(SqlStore, "add", add)
    assert session.exit == 3
    assert "30 results could not be stored; they are in" in session.flat
    (waiting,) = (project.path / ".vtrack").glob("waiting-*.jsonl")
    from click.testing import CliRunner

    from pytest_vtrack.cli import group

    done = CliRunner().invoke(group, ["store", "import", str(waiting)])
    assert done.output == "Stored 30 results that waited; 0 were stored already\n"
    store = open_store(new_postgres_uri)
    (run,) = store.runs()
    assert (run.status, run.stored, run.expected) == ("complete", 30, 30)
    store.close()


@pytest.fixture
def silent(monkeypatch):
    """Let a store be silent when it is asked something, for so many times."""
    from pytest_vtrack.errors import StoreUnreachable
    from pytest_vtrack.store.sql_store import SqlStore

    monkeypatch.setattr("pytest_vtrack.store.writer._PAUSE_S", 0.01)

    def silent(name, times):
        ask, left = getattr(SqlStore, name), [times]

        def asked(*given, **named):
            left[0] -= 1
            if left[0] >= 0:
                raise StoreUnreachable("postgresql://host/db: the PostgreSQL server cannot be reached")
            return ask(*given, **named)

        monkeypatch.setattr(SqlStore, name, asked)
        return left

    return silent


WITH_SCORER = """
    import pytest
    from pytest_vtrack import scorer

    @scorer(better="higher")
    def right(outputs, baseline):
        return baseline is None or outputs == "c"

    @scorer(better="higher")
    def short(outputs):
        return len(outputs) < 2

    SCORERS = {scorers}

    @pytest.mark.vtrack(dataset=[{{"id": f"c{{n:02}}", "inputs": {{}}}} for n in range(30)], scorers=SCORERS)
    def test_answers(vtrack_case):
        return "{answer}"
"""


@pytest.mark.parametrize(
    "asked",
    [
        *("stored_scores", "trials_from_case", "case_results"),  # while cases run
        *("metric_sums", "case_relation", "changed_cases", "slice_sums", "save_verdict"),  # at the end
    ],
)
def test_who_reads_of_the_baseline_waits_for_a_silent_store(project, silent, asked):
    project.write(test_app=WITH_SCORER.format(scorers="[right]", answer="c"))
    assert project.run("--vtrack-version=v1").exit == 0
    project.write(test_app=WITH_SCORER.format(scorers="[right, short]", answer="dd"))
    left = silent(asked, times=2)
    session = project.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert left[0] < 0
    for told in ("right 100.0 % 0.0 %", "short 100.0 % 0.0 %", "30 stored traces of v1 were scored again"):
        assert told in session.flat
    assert session.exit == 10


def test_a_baseline_that_cannot_be_read_any_more_stops_the_session_and_loses_nothing(
    project, silent, monkeypatch
):
    monkeypatch.setattr("pytest_vtrack.store.writer.PATIENCE_S", 0.05)
    project.write(test_app=WITH_SCORER.format(scorers="[]", answer="c"))
    assert project.run("--vtrack-version=v1").exit == 0
    project.write(test_app=WITH_SCORER.format(scorers="[short]", answer="c"))
    silent("stored_scores", times=10**6)
    session = project.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert session.exit == 2
    assert "vtrack: postgresql://host/db: the PostgreSQL server cannot be reached" in session.flat
    assert "INTERNALERROR" not in session.flat
    store = open_store(str(project.path / ".vtrack" / "vtrack.db"))
    run = store.runs()[0]
    assert (run.version.name, run.stored, run.status) == ("v2", 1, "partial")
    store.close()
