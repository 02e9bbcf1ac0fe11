"""The migrations give the schema that the code creates, and an upgrade keeps what is stored."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_vtrack.model import spans
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.postgres import PostgresDatabase
from pytest_vtrack.store.versions import migrate


def described(path):
    """Return columns, keys and indexes of every table, whatever the order in which they were made."""
    connection = sqlite3.connect(path)
    found = {}
    for _, name, kind, _, without_rowid, _ in connection.execute("PRAGMA main.table_list").fetchall():
        columns = [tuple(row[1:6]) for row in connection.execute(f"PRAGMA table_info({name})")]
        references = [tuple(row[2:5]) for row in connection.execute(f"PRAGMA foreign_key_list({name})")]
        indexes = [
            (unique, *(column for *_, column in connection.execute(f"PRAGMA index_info({index})")))
            for _, index, unique, *_ in connection.execute(f"PRAGMA index_list({name})").fetchall()
        ]
        found[name] = kind, without_rowid, sorted(columns), sorted(references), sorted(indexes)
    connection.close()
    return found


def described_on_a_server(server, uri):
    """Return the same of PostgreSQL tables."""
    name = uri.rpartition("%3D")[2]
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default "
        "FROM information_schema.columns WHERE table_schema = %s"
    )
    indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s"
    references = (
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = %s::regnamespace AND contype = 'f'"
    )
    found = [server.execute(query, (name,)).fetchall() for query in (columns, indexes, references)]
    numbered = re.compile(r"(?<=_id_seq)\d+")  # made while the sequence of the table before was there
    return [sorted(numbered.sub("", str(row).replace(name, "vtrack")) for row in rows) for rows in found]


def test_migrations_give_the_schema_that_a_new_store_gets_on_a_server(
    postgres_server, postgres_uri, new_postgres_uri
):
    database = PostgresDatabase(new_postgres_uri, read_only=False)
    database.prepare()
    with database.writing(alone=True) as connection:
        migrate(connection)
    database.close()
    open_store(postgres_uri).close()
    migrated = described_on_a_server(postgres_server, new_postgres_uri)
    created = described_on_a_server(postgres_server, postgres_uri)
    assert [len(part) > 3 for part in created] == [True, True, True]
    for one, other in zip(migrated, created, strict=True):
        assert set(one) ^ set(other) == set()
    open_store(new_postgres_uri).close()


def test_migrations_give_the_schema_that_a_new_store_gets(tmp_path):
    open_store(str(tmp_path / "created.db")).close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
    assert described(tmp_path / "created.db") == described(tmp_path / "migrated.db")
    assert len(described(tmp_path / "created.db")) > 15
    open_store(str(tmp_path / "migrated.db"), create=False).close()


def test_migrating_a_current_store_changes_nothing(store, record, result):
    record("r1", [result("a")])
    before = store.info()
    with store._database.writing(alone=True) as connection:
        migrate(connection)
    assert store.info() == before
    assert store.run("r1").stored == 1


NUMBER = MetricSpec("score", "f1", better="lower", tolerance=0.1, bounds=(0.0, 2.0), kind="score")
LABEL = MetricSpec("tone", "f2", gate=False)


LONG = "so many words " * 150
"""A content that schema 0005 stored beside the spans that have it, and that later ones leave in them."""
SPANS = spans.encode(
    [
        Span("find", "RETRIEVER", 10.0, 0.5, "a", inputs=LONG, outputs=[{"doc": LONG}, {"doc": "short"}]),
        Span("ask", "CHAT_MODEL", 10.5, 0.5, "b", "a", attributes={"prompt": LONG}),
    ]
).text
TRACE_ID = "5b8efff798038103d269b633813fc60c"
CASES = [Case({"question": f"how? {number} " * 100}, id=f"case-{number}") for number in range(3)]


def results_of(run_id, schema):
    """What the stores of older schemas hold: every kind of value, trials, reruns, tags and large outputs."""
    traced = {"trace_id": TRACE_ID, "spans": SPANS} if schema >= "0005" else {}
    for case_id in "abc":
        for trial in range(2):
            yield CaseResult(
                key=CaseKey("t.py::test", "qa", case_id, f"digest of {case_id}", '{"flag": "on"}'),
                nodeid=f"t.py::test[{case_id}-{trial}]",
                outcome="passed" if case_id != "c" else "failed",
                trial=trial,
                attempt=1 if (case_id, trial) == ("b", 1) else 0,
                inputs=f'{{"question":"{case_id}"}}',
                expectations='{"answer":"A"}',
                tags={"topic": "billing" if case_id == "a" else "refunds"},
                outputs=f'"{run_id * 1000}"' if case_id == "a" else '"short"',
                error=None if case_id != "c" else "ValueError: no",
                started_at=1_800_000_000.0 + trial,
                duration_s=0.25,
                assessments=(
                    Assessment(NUMBER, ord(case_id) / 100 + trial, rationale="because"),
                    Assessment(LABEL, "warm" if trial else None, metadata={"votes": 3}),
                    Assessment(MetricSpec("right", "f3", must_pass=True), case_id == "a"),
                    Assessment(MetricSpec("broken", "f4"), None, error="TypeError: x"),
                ),
                warnings=("it is late",),
                **traced if case_id == "a" else {},
            )


def fill(store, schema):
    """Store two runs with a rerun that supersedes, and make one the baseline; register a dataset."""
    for at, run_id in ((1.0, "run-one"), (2.0, "run-two")):
        store.begin(Run(run_id, "bot", AppVersion("v1", commit="abc"), flags={"x": "1"}, started_at=at))
        results = list(results_of(run_id, schema))
        store.add(run_id, [replace(each, attempt=0) for each in results])
        store.add(run_id, [each for each in results if each.attempt])
        store.finish(run_id, status="complete", reason=None, ended_at=at + 1, expected=6)
    store.set_baseline("bot", "main", "run-one", why="first", who="me", at=3.0)
    if schema >= "0005":
        store.datasets.add("qa", CASES, source="qa.jsonl", why="first", who="me", at=3.0)


@pytest.mark.parametrize("schema", ["0001", "0002", "0003", "0005"])
def test_upgrade_keeps_everything_that_an_older_store_holds(tmp_path, schema):
    """The dump was written by :func:`fill` with the code of that schema."""
    upgraded, fresh = tmp_path / "upgraded.db", tmp_path / "fresh.db"
    connection = sqlite3.connect(upgraded)
    connection.executescript(Path(__file__).with_name(f"schema_{schema}.sql").read_text())
    connection.close()
    now, expected = open_store(str(upgraded)), open_store(str(fresh))
    fill(expected, schema)
    for run_id in ("run-one", "run-two"):
        for all_attempts in (False, True):
            assert list(now.results(run_id, all_attempts=all_attempts)) == list(
                expected.results(run_id, all_attempts=all_attempts)
            )
        assert now.metric_summaries(run_id) == expected.metric_summaries(run_id)
        assert now.run(run_id) == expected.run(run_id)
    assert now.metric_sums("run-one", "run-two") == expected.metric_sums("run-one", "run-two")
    assert now.baselines() == expected.baselines()
    assert now.datasets.newest() == expected.datasets.newest()
    assert [list(now.datasets.cases(each.name, 1)) for each in now.datasets.newest()] == [CASES] * (
        schema >= "0005"
    )
    now.close(), expected.close()
    assert described(upgraded) == described(fresh)
