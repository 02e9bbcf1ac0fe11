"""An open SQLite file: its settings, transactions, and failures in words for the user."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from pytest_vtrack.errors import StoreError
from pytest_vtrack.store.interning import unpacked

BUSY_MS = 30_000
_WRITES = "vtrack_writes"


class Database:
    """Transactions on one file. Reading sees one state from begin to end; writing is all or nothing."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self.engine = _engine(path, _mode(path, read_only))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction for reading; temporary tables may be made in it."""
        with explained(self.path), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction for writing; it waits for other writers.

        :raises StoreError: the store was opened for reading only, or cannot be written.
        """
        if self.read_only:
            raise StoreError(
                f"{self.path}: the store was opened for reading only, so nothing can be written to it"
            )
        with explained(self.path), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[sqlite3.Cursor]:
        """Give a bare cursor, for the statements that SQLite allows outside of transactions only."""
        with explained(self.path):
            connection = self.engine.raw_connection()
            try:
                yield connection.cursor()  # type: ignore[misc]
            finally:
                connection.close()

    def shrink(self) -> None:
        """Give the space of what was deleted back, unless somebody is reading or writing right now."""
        with suppress(StoreError), self.outside_transactions() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _mode(path: Path, read_only: bool) -> str:
    """Return SQLite's open mode; a file nobody may write beside is taken as unchanging."""
    if not read_only:
        return "mode=rwc"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if os.access(path.parent, os.W_OK) or log.exists() else "immutable=1"


def _engine(path: Path, mode: str) -> sa.Engine:
    uri = f"{path.absolute().as_uri()}?{mode}"

    def connect() -> sqlite3.Connection:
        # Transactions are begun below by name; the driver's own would begin too late.
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")
        _ensure_logarithm(connection)
        connection.create_function("vtrack_unpacked", 2, unpacked, deterministic=True)
        return connection

    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), creator=connect, poolclass=QueuePool
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _ensure_logarithm(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("SELECT ln(1.0)")
    except sqlite3.OperationalError:  # built without SQLite's mathematical functions
        connection.create_function("ln", 1, math.log, deterministic=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the driver's errors into :class:`StoreError` that says what to do."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{path}: {_in_words(error.orig)}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {_in_words(error)}") from error


def _in_words(error: Any) -> str:
    text = str(error)
    if "locked" in text or "busy" in text:
        return (
            f"another process kept writing to the store for {BUSY_MS // 1000} s; try again when it has ended"
        )
    if "readonly" in text:
        return (
            "the store is read-only; make file and folder writable, or name another place with --vtrack-store"
        )
    if "not a database" in text:
        return "this is not a SQLite database; name another file with --vtrack-store"
    if "malformed" in text or "corrupt" in text:
        return "the store is damaged; put a copy of it in its place, or move the file away to begin a new one"
    if "full" in text:
        return "the disk is full; make room, or name another place with --vtrack-store"
    if "unable to open" in text:
        return "the store cannot be opened; check that file and folder exist and may be read and written"
    return f"the store failed: {text}"
