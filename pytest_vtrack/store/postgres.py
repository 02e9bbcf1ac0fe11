"""A store in a PostgreSQL database: its connections, transactions, and who waits for whom."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError
from pytest_vtrack.store import schema
from pytest_vtrack.store.location import without_password
from pytest_vtrack.store.postgres_errors import Explained, is_conflict

if TYPE_CHECKING:
    import psycopg

SCHEMA = "vtrack"
"""Where the tables are, so that others have room beside them; ``options=-csearch_path=…`` names another."""

_LOCK = "(1987343221, hashtext(coalesce(current_schema(), '')))"
"""The advisory lock of this store: shared by all that write, held alone by what moves things under them."""

_SEARCH_PATH = re.compile(r"(?:^|(?<=\s))(?:-c\s*|--)search_path=((?:\\.|[^\s\\])*)")
"""Among the options of a connection, as libpq takes them."""
_SCHEMA_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,\s]*))')
"""The first in a search path."""

schema.case_by_flags.dialect_options["postgresql"]["where"] = schema.HAS_FLAGS

_TRIES = 8
_Result = TypeVar("_Result")

_DEFAULTS = {
    "fallback_application_name": "pytest-vtrack",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # a server behind a cut line is given up after so many milliseconds
}


class PostgresDatabase:
    """A :class:`~pytest_vtrack.store.database.Database` on a server, with any number of writers at a time.

    User, password and TLS come from the URI or from libpq's ``PG*`` variables.

    :raises StoreError: psycopg is not installed, or the URI cannot be read.
    """

    def __init__(self, uri: str, *, read_only: bool) -> None:
        self.location = without_password(uri)
        self.read_only = read_only
        self._conninfo = _conninfo(uri, self.location)
        self._explained = Explained(self.location, self._conninfo)
        self._options, path = _options(self._conninfo)
        self._set_path = _set_path(path)
        self._is_replica = False
        # Positions in place of names: the hot path gives parameters in the order of a statement's text.
        self.engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            paramstyle="format",
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",  # who waited for a lock sees what was done meanwhile
        )

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction for reading; temporary tables may be made in it."""
        with self._explained, self.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                # For the temporary tables of users whose transactions only read by default.
                mode = "" if self._is_replica else "SET TRANSACTION READ WRITE; "
                connection.exec_driver_sql(mode + self._set_path)
                yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[sa.Connection]:
        """Open a transaction for writing.

        :param alone: keep all other writers out until it ends.
        :raises StoreError: the store was opened for reading only, or cannot be written.
        """
        if self.read_only:
            raise StoreError(
                f"{self.location}: the store was opened for reading only, so nothing can be written to it"
            )
        with self._explained, self.engine.begin() as connection:
            lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
            patience = "SET LOCAL idle_in_transaction_session_timeout = '5min'"
            connection.exec_driver_sql(f"{patience}; {self._set_path}; SELECT {lock}{_LOCK}")
            yield connection

    def write(self, work: Callable[[sa.Connection], _Result]) -> _Result:
        """Do work in one transaction, and again from the start where another writer got in its way."""
        for left in range(_TRIES - 1, -1, -1):
            try:
                with self.writing() as connection:
                    return work(connection)
            except StoreError as error:
                if not left or not is_conflict(error.__cause__):
                    raise
                time.sleep(random.uniform(0.01, 0.1))
        raise AssertionError("the last try returns or raises")

    def check(self) -> None:
        """Connect, so that a wrong address is known before anything else."""
        with self.reading():
            pass

    def prepare(self) -> None:
        """Make the schema, which may stand there already where the user may not make one."""
        with self.writing(alone=True) as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
            if encoding != "UTF8":
                raise StoreError(
                    f"{self.location}: the database has the encoding {encoding}, which has no room for every "
                    "text; name another, made with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
                )
            if connection.exec_driver_sql("SELECT current_schema()").scalar() is None:
                path = connection.exec_driver_sql("SHOW search_path").scalar() or SCHEMA
                connection.execute(sa.schema.CreateSchema(_first_of(path), if_not_exists=True))

    def tables(self, connection: sa.Connection) -> bool:
        """Tell whether the schema has any table."""
        found = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
        return connection.exec_driver_sql(found).first() is not None

    def has_version(self, connection: sa.Connection) -> bool:
        """Tell whether there is a note of the schema's version."""
        found = "SELECT to_regclass(quote_ident(current_schema()) || '.alembic_version')"
        return connection.exec_driver_sql(found).scalar() is not None

    def size(self, connection: sa.Connection) -> int:
        """Return the size of the tables in bytes, with their indexes."""
        sizes = (
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        return int(connection.exec_driver_sql(sizes).scalar() or 0)

    def shrink(self) -> None:
        """Leave it to the server, which reuses the space of what was deleted."""

    def watch(self) -> None:
        """Leave it to the server."""

    def confirm(self) -> None:
        """Leave it to the server."""

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg
        from psycopg import conninfo

        asked = conninfo.conninfo_to_dict(self._conninfo)
        ours = {name: value for name, value in _DEFAULTS.items() if name not in asked}
        if "PGCONNECT_TIMEOUT" in os.environ:
            ours.pop("connect_timeout", None)
        ours["client_encoding"] = "utf8"
        if "options" in asked or "PGOPTIONS" in os.environ:  # else a service file may have some
            ours["options"] = self._options
        connection = psycopg.connect(self._conninfo, **ours)  # type: ignore[arg-type]
        connection.adapters.register_loader("numeric", _number_loader())
        answer = connection.execute("SELECT pg_backend_pid(), pg_is_in_recovery()").fetchall()
        ((process, self._is_replica),) = answer
        connection.commit()
        if process != connection.info.backend_pid:
            connection.prepare_threshold = None  # a pooler: the next transaction may be another process's
        return connection


def _conninfo(uri: str, location: str) -> str:
    """Return the URI as libpq takes it."""
    try:
        from psycopg import ProgrammingError, conninfo
    except ImportError:
        raise StoreError(
            f"{location}: PostgreSQL needs a driver: pip install 'pytest-vtrack[postgres]'"
        ) from None
    normal = "postgresql://" + uri.strip().partition("://")[2]
    try:
        conninfo.conninfo_to_dict(normal)
    except ProgrammingError:  # its text may hold the password
        raise StoreError(
            f"{location}: this URL cannot be read; write postgresql://USER@HOST:PORT/DATABASE, "
            "special characters as %XX, and keep the password in PGPASSWORD"
        ) from None
    return normal


def _options(given: str) -> tuple[str, str]:
    """Return the options of a connection without the search path, and this path.

    Poolers refuse or ignore it at a connection's begin.
    """
    from psycopg.conninfo import conninfo_to_dict

    options = str(conninfo_to_dict(given).get("options") or os.environ.get("PGOPTIONS", ""))
    paths = _SEARCH_PATH.findall(options)
    return _SEARCH_PATH.sub("", options).strip(), re.sub(r"\\(.)", r"\1", paths[-1]) if paths else SCHEMA


def _first_of(search_path: str) -> str:
    """Return the name of the first schema, as the server reads it."""
    quoted, plain = _SCHEMA_NAME.match(search_path).groups()  # type: ignore[union-attr]
    return plain.lower() if quoted is None else quoted.replace('""', '"')


def _set_path(search_path: str) -> str:
    """Return what a transaction begins with: behind a pooler the next one is on another connection."""
    from psycopg.sql import Literal

    return f"SELECT set_config('search_path', {Literal(search_path).as_string(None)}, true)".replace(
        "%", "%%"
    )


def _number_loader() -> Any:
    """Return a loader of sums and means, which are exact decimals there and plain numbers here."""
    from psycopg.adapt import Loader

    class NumberLoader(Loader):
        def load(self, data: Any) -> int | float:
            text = bytes(data)
            return int(text) if text.lstrip(b"-").isdigit() else float(text)

    return NumberLoader
