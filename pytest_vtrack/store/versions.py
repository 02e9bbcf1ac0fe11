"""Whether a store's schema is ours: creating a new one, upgrading an older, refusing a newer."""

from __future__ import annotations

import os
import time

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError
from pytest_vtrack.store import schema
from pytest_vtrack.store.database import Database

_ALEMBIC_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def open_current(database: Database) -> None:
    """Bring the schema to the version of this code, which for most stores is nothing to do.

    :raises StoreError: the file is no store, was written by a newer version, or cannot be written.
    """
    _check_header(database)
    if not database.read_only:
        _check_writable(database)
    with database.reading() as connection:
        version = stored_version(connection)
        empty = version is None and not sa.inspect(connection).get_table_names()
    if version is None and not empty:
        raise StoreError(
            f"{database.path}: this SQLite database holds other tables, not a store of pytest-vtrack; "
            "name another file with --vtrack-store"
        )
    if version is None:
        _create(database)
    elif version != schema.VERSION:
        _upgrade(database, version)


def stored_version(connection: sa.Connection) -> str | None:
    """Return the schema version that the store was written with, ``None`` where there is no schema."""
    found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    if found is None:
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _check_header(database: Database) -> None:
    path = database.path
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise StoreError(f"{path}: the store cannot be read ({error.strerror})") from None
    if start and start != b"SQLite format 3\0":
        raise StoreError(f"{path}: this is not a SQLite database; name another file with --vtrack-store")


def _check_writable(database: Database) -> None:
    for place in (database.path, database.path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(
                f"{place} is read-only, so nothing can be stored in it; make it writable, "
                "or name another place with --vtrack-store"
            )


def _create(database: Database) -> None:
    """Create the tables in one transaction; whoever comes second finds them made."""
    if database.read_only:
        raise StoreError(f"{database.path}: the store is empty; run your tests once")
    _choose_format(database)
    with database.writing() as connection:
        if stored_version(connection) is None:
            schema.metadata.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(_ALEMBIC_TABLE)
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (schema.VERSION,))


def _choose_format(database: Database) -> None:
    """Set page size and journal, which must be done before the first table is made."""
    with database.outside_transactions() as cursor:
        cursor.execute("PRAGMA page_size=8192")
        for patience in range(100, -1, -1):
            try:
                cursor.execute("PRAGMA journal_mode=WAL")
            except Exception:  # two processes creating one store: SQLite does not wait here by itself
                if not patience:
                    raise
                time.sleep(0.05)
            else:
                return


def _upgrade(database: Database, version: str) -> None:
    if version > schema.VERSION:
        raise StoreError(
            f"{database.path}: the store has schema {version}, written by a newer pytest-vtrack; "
            f"this one reads up to schema {schema.VERSION}. "
            "Upgrade pytest-vtrack, or name another store with --vtrack-store"
        )
    if database.read_only:
        raise StoreError(
            f"{database.path}: the store has the older schema {version} and was opened for reading only; "
            f"open it once for writing, so that it becomes {schema.VERSION}"
        )
    with database.writing() as connection:
        migrate(connection)


def migrate(connection: sa.Connection) -> None:
    """Run every migration that the database lacks, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "pytest_vtrack.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
