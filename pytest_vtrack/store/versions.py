"""Whether a store's schema is ours: creating a new one, upgrading an older, refusing a newer."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError
from pytest_vtrack.store import schema
from pytest_vtrack.store.database import Database

_ALEMBIC = sa.Table(  # as Alembic makes it
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def open_current(database: Database) -> None:
    """Bring the schema to the version of this code, which for most stores is nothing to do.

    :raises StoreError: the file is no store, was written by a newer version, or cannot be written.
    """
    database.check()
    with database.reading() as connection:
        version = stored_version(database, connection)
        empty = version is None and not database.tables(connection)
    if version is None and not empty:
        raise StoreError(
            f"{database.location}: this database holds other tables, not a store of pytest-vtrack; "
            "name another place with --vtrack-store"
        )
    if version is None:
        _create(database)
    elif version != schema.VERSION:
        _upgrade(database, version)


def stored_version(database: Database, connection: sa.Connection) -> str | None:
    """Return the schema version that the store was written with, ``None`` where there is no schema."""
    if not database.has_version(connection):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _create(database: Database) -> None:
    """Create the tables in one transaction; whoever comes second finds them made."""
    if database.read_only:
        raise StoreError(f"{database.location}: the store is empty; {_what_fills(database.location)}")
    database.prepare()
    with database.writing(alone=True) as connection:
        if stored_version(database, connection) is None:
            schema.metadata.create_all(connection, checkfirst=False)
            _ALEMBIC.create(connection, checkfirst=False)
            connection.execute(_ALEMBIC.insert().values(version_num=schema.VERSION))


def _what_fills(location: str) -> str:
    """Say what to do about a store without a table; a file that is not empty has been parted from its log."""
    path = Path(location)  # of a server: there is no such file
    if path.is_file() and path.stat().st_size:
        return (
            f"what a killed session stored is in its log: put {path.name}-wal beside it, where it came from"
        )
    return "run your tests once"


def _upgrade(database: Database, version: str) -> None:
    if version > schema.VERSION:
        raise StoreError(
            f"{database.location}: the store has schema {version}, written by a newer pytest-vtrack; "
            f"this one reads up to schema {schema.VERSION}. "
            "Upgrade pytest-vtrack, or name another store with --vtrack-store"
        )
    if database.read_only:
        raise StoreError(
            f"{database.location}: the store has the older schema {version} and was opened for reading only; "
            f"open it once for writing, so that it becomes {schema.VERSION}, as `vtrack store info` does"
        )
    with database.writing(alone=True) as connection:
        migrate(connection)


def migrate(connection: sa.Connection) -> None:
    """Run every migration that the database lacks, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "pytest_vtrack.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
