"""A store in a SQLite file: its settings, transactions, and failures in words for the user."""

from __future__ import annotations

import errno
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from pytest_vtrack.errors import StoreError, StoreUnreachable
from pytest_vtrack.store.file_watch import FileWatch
from pytest_vtrack.store.packing import unpacked

BUSY_MS = 30_000
_WRITES = "vtrack_writes"
_Result = TypeVar("_Result")


class SqliteFile:
    """A :class:`~pytest_vtrack.store.database.Database` in one file, which has one writer at a time."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.location = str(path)
        self.read_only = read_only
        self.engine = _engine(path, _mode(path, read_only))
        self._watch = FileWatch(path)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction for reading; temporary tables may be made in it."""
        with explained(self.path), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[sa.Connection]:  # noqa: ARG002 - always alone
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

    def write(self, work: Callable[[sa.Connection], _Result]) -> _Result:
        """Do work in one transaction."""
        with self.writing() as connection:
            return work(connection)

    def check(self) -> None:
        """Refuse a file that is no database, or that is to be written and cannot be.

        :raises StoreError: it is one of these.
        """
        _check_readable(self.path)
        if not self.read_only:
            _check_writable(self.path)

    def prepare(self) -> None:
        """Set page size and journal, which must be done before the first table is made."""
        with self.outside_transactions() as cursor:
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

    def tables(self, connection: sa.Connection) -> bool:
        """Tell whether the file has any table."""
        return bool(sa.inspect(connection).get_table_names())

    def has_version(self, connection: sa.Connection) -> bool:
        """Tell whether there is a note of the schema's version."""
        found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        return found.first() is not None

    def size(self, _: sa.Connection) -> int:
        """Return the size in bytes, with the write-ahead log."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return sum(file.stat().st_size for file in (self.path, log) if file.exists())

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

    def watch(self) -> None:
        """Remember the file as it is."""
        if not self.read_only:
            self._watch.begin()

    def confirm(self) -> None:
        """Refuse a file that was removed, replaced or damaged while it was in use."""
        if not self.path.with_name(f"{self.path.name}-wal").exists():
            with self.outside_transactions() as cursor:  # what is in a log that was removed is safe here only
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._watch.check()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _check_readable(path: Path) -> None:
    """Refuse a file that may not be read.

    It is not opened for that: closing it would end the locks that other connections of this process hold.
    """
    if path.exists() and not os.access(path, os.R_OK):
        raise StoreError(f"{path}: the store cannot be read ({os.strerror(errno.EACCES)})")


def _check_writable(path: Path) -> None:
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(
                f"{place} is read-only, so nothing can be stored in it; make it writable, "
                "or name another place with --vtrack-store"
            )


def _mode(path: Path, read_only: bool) -> str:
    """Return SQLite's open mode; a file nobody may write beside is taken as unchanging."""
    if not read_only:
        return "mode=rwc"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if os.access(path.parent, os.W_OK) or log.exists() else "immutable=1"


def _engine(path: Path, mode: str) -> sa.Engine:
    place = path.absolute().as_uri()
    modes = chain([mode], repeat(mode.replace("rwc", "rw")))  # a store that was removed is not begun anew

    def connect() -> sqlite3.Connection:
        # Transactions are begun below by name; the driver's own would begin too late.
        connection = sqlite3.connect(
            f"{place}?{next(modes)}",
            uri=True,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), creator=connect, poolclass=QueuePool
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection) -> None:
    # The last one looks into the file: what fails later than here is not closed by SQLAlchemy.
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000", "schema_version"):
        connection.execute(f"PRAGMA {pragma}")
    _ensure_logarithm(connection)
    connection.create_function("vtrack_unpacked", 2, unpacked, deterministic=True)


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
        raise _kind(error.orig)(f"{path}: {_in_words(error.orig)}") from error
    except sqlite3.Error as error:
        raise _kind(error)(f"{path}: {_in_words(error)}") from error


def _kind(error: Any) -> type[StoreError]:
    """Tell what may pass from what does not."""
    passes = ("locked", "busy", "full")
    return StoreUnreachable if any(word in str(error) for word in passes) else StoreError


def _in_words(error: Any) -> str:
    text = str(error)
    if "locked" in text or "busy" in text:
        return (
            f"another process kept writing to the store for {BUSY_MS / 1000:g} s; try again when it has ended"
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
    if "I/O" in text:  # also what a full disk is, before the log of writes is there
        return (
            "the disk cannot be read or written (disk I/O error): it may be full, or gone; see to it, or "
            "name another place with --vtrack-store"
        )
    return f"the store failed: {text}"
