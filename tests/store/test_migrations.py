"""The migrations give the schema that the code creates, and an upgrade keeps what is stored."""

from __future__ import annotations

import re
import sqlite3

import sqlalchemy as sa

from pytest_vtrack.store import open_store
from pytest_vtrack.store.versions import migrate


def described(path):
    """Return what SQLite keeps of every table and index, without layout."""
    query = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name"
    with sqlite3.connect(path) as connection:
        rows = connection.execute(query).fetchall()
    connection.close()
    return [(*row[:3], re.sub(r"\s+", "", row[3])) for row in rows]


def test_migrations_give_the_schema_that_a_new_store_gets(tmp_path):
    open_store(str(tmp_path / "created.db")).close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
    assert described(tmp_path / "created.db") == described(tmp_path / "migrated.db")
    assert len(described(tmp_path / "created.db")) > 20
    open_store(str(tmp_path / "migrated.db"), create=False).close()


def test_migrating_a_current_store_changes_nothing(uri, store, record, result):
    record("r1", [result("a")])
    before = described(uri)
    engine = sa.create_engine(f"sqlite:///{uri}")
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
    assert described(uri) == before
    assert store.run("r1").stored == 1
