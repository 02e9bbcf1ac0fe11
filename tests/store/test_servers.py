"""PostgreSQL servers, databases and users that are set up in ways of their own."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import pytest

from pytest_vtrack.errors import StoreError, StoreUnreachable
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store


@pytest.fixture
def user(postgres_server, postgres_uri):
    """The name of a user, and the URI of the store with it."""
    open_store(postgres_uri).close()
    name = f"reader_{uuid.uuid4().hex[:8]}"
    schema = postgres_uri.rpartition("%3D")[2]
    postgres_server.execute(
        f"CREATE ROLE {name} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA {schema} TO {name};"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {name}"
    )
    place = urlsplit(postgres_uri)
    yield name, place._replace(netloc=f"{name}:x@{place.hostname}:{place.port}").geturl()
    postgres_server.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@contextmanager
def database(server, options):
    """Make a database and return the URI of a store in it."""
    name = f"test_{uuid.uuid4().hex[:8]}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
    try:
        yield urlsplit(os.environ["VTRACK_TEST_POSTGRES"])._replace(path=f"/{name}").geturl()
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_who_may_only_read_can_compare(postgres_server, store_of_two_runs, user):
    name, uri = user
    postgres_server.execute(f"ALTER ROLE {name} SET default_transaction_read_only = on")
    store = open_store(uri)
    assert store.metric_sums("a", "b") == store_of_two_runs.metric_sums("a", "b") != []
    with pytest.raises(StoreUnreachable, match=r"takes no writes.*default_transaction_read_only"):
        store.begin(Run("c", "bot", AppVersion("v1"), started_at=1.0))
    store.close()


@pytest.fixture
def store_of_two_runs(postgres_uri, result):
    store = open_store(postgres_uri)
    for run in "ab":
        store.begin(Run(run, "bot", AppVersion("v1"), started_at=1.0))
        store.add(run, [result("c1", {"m": 1.0}), result("c2", {"m": 2.0})])
        store.finish(run, status="complete", reason=None, ended_at=2.0)
    yield store
    store.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text_is_refused_at_once(postgres_server, encoding):
    with (
        database(postgres_server, f"ENCODING '{encoding}' LOCALE 'C'") as uri,
        pytest.raises(StoreError, match=f"has the encoding {encoding}, which .* CREATE DATABASE"),
    ):
        open_store(uri)


def test_texts_come_back_whatever_encoding_this_side_prefers(postgres_uri, result, monkeypatch):
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    store = open_store(postgres_uri)
    store.begin(Run("a", "bot", AppVersion("v1 é😀"), started_at=1.0))
    told = result("c😀", outputs='"é😀"')
    store.add("a", [told])
    assert (store.run("a").version.name, list(store.results("a"))) == ("v1 é😀", [told])
    store.close()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ('"Team-A 1"', "Team-A 1"),
        ("Team_B", "team_b"),
        ("team-c", "team-c"),
        ('"100%"', "100%"),
        ('"it\'s"', "it's"),
        ('"a""b"', 'a"b'),
        ('"a\\b"', "a\\b"),
    ],
    ids=["blank", "not quoted", "dash", "percent", "apostrophe", "quote", "backslash"],
)
def test_any_name_of_a_schema_will_do(postgres_server, path, name):
    escaped = path.replace("\\", "\\\\").replace(" ", "\\ ")
    uri = f"{os.environ['VTRACK_TEST_POSTGRES']}?options={quote('-c search_path=' + escaped, safe='')}"
    try:
        for _ in range(2):
            store = open_store(uri)
            assert store.runs() == []
            store.close()
        found = postgres_server.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s LIMIT 1", (name,))
        assert found.fetchall() == [(1,)]
    finally:
        quoted = '"' + name.replace('"', '""') + '"'
        postgres_server.execute(f"DROP SCHEMA IF EXISTS {quoted} CASCADE")


def test_whoever_waited_sees_what_was_done_where_transactions_are_serializable(
    postgres_server, postgres_uri, monkeypatch
):
    monkeypatch.setenv("PGOPTIONS", "")
    store = open_store(
        postgres_uri.replace("options=", "options=-cdefault_transaction_isolation%3Dserializable%20")
    )
    with store._database.writing() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    store.close()
