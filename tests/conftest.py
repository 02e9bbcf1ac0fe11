"""What all tests start from: no colours, 80 columns, nothing of the machine's settings."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["pytester"]

# Sessions in this process forget what they imported, and of a driver there may be only one.
for driver in ("psycopg", "sqlalchemy.dialects.postgresql.psycopg"):
    with suppress(ImportError):
        import_module(driver)

hypothesis.settings.register_profile("no clock", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("no clock")

_SETTINGS = ("CI", "BUILD_NUMBER", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS")
_PREFIXES = ("VTRACK_", "GITHUB_", "GITLAB_")
_IN_CI = "CI" in os.environ  # before it is taken away


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name in _SETTINGS or (name.startswith(_PREFIXES) and not name.startswith("VTRACK_TEST_")):
                patch.delenv(name)
        patch.setenv("COLUMNS", "80")
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A connection to the PostgreSQL server that tests may use; they skip where there is none."""
    url = os.environ.get("VTRACK_TEST_POSTGRES")
    if url is None:
        if _IN_CI:
            pytest.fail("VTRACK_TEST_POSTGRES names no PostgreSQL server, which CI has to have")
        pytest.skip("needs a PostgreSQL server: VTRACK_TEST_POSTGRES=postgresql://USER@HOST/DATABASE")
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@contextmanager
def _schema(server: Any) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    url = os.environ["VTRACK_TEST_POSTGRES"]
    yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
    server.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


@pytest.fixture
def new_postgres_uri(postgres_server: Any) -> Iterator[str]:
    """The URI of a PostgreSQL store that is not there yet."""
    with _schema(postgres_server) as uri:
        yield uri


@pytest.fixture(scope="session")
def _used_postgres_uri(postgres_server: Any) -> Iterator[str]:
    with _schema(postgres_server) as uri:
        yield uri


@pytest.fixture
def postgres_uri(postgres_server: Any, _used_postgres_uri: str) -> Iterator[str]:
    """The URI of an empty PostgreSQL store; its tables serve many tests, for making them takes a while."""
    yield _used_postgres_uri
    name = _used_postgres_uri.rpartition("%3D")[2]
    tables = postgres_server.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (name,))
    rows = [f"DELETE FROM {name}.{table}" for (table,) in tables if table != "alembic_version"]
    # Without the checks of foreign keys, in any order.
    postgres_server.execute("; ".join(["SET session_replication_role = replica", *rows]))
