"""Opening a store: what is created, what is refused, and in which words."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from pytest_vtrack.errors import StoreError, StoreUnreachable
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.location import without_password
from pytest_vtrack.store.schema import VERSION
from pytest_vtrack.store.sqlite_file import SqliteFile
from pytest_vtrack.store.sqlite_file import explained as explained_errors


@pytest.fixture
def bound_by_permissions(tmp_path):
    """Skip where the user may write everything, as root."""
    probe = tmp_path / "probe"
    probe.touch(mode=0o444)
    if os.access(probe, os.W_OK):
        pytest.skip("this user may write read-only files")


def test_default_folder_keeps_itself_out_of_version_control(tmp_path):
    open_store(str(tmp_path / ".vtrack" / "vtrack.db")).close()
    assert (tmp_path / ".vtrack" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("folder", ["data", ".vtrack"])
def test_other_folders_and_existing_ones_are_left_alone(tmp_path, folder):
    if folder == ".vtrack":
        (tmp_path / folder).mkdir()
    open_store(str(tmp_path / folder / "vtrack.db")).close()
    assert not (tmp_path / folder / ".gitignore").exists()


def test_a_file_needs_nothing_of_what_a_server_needs(tmp_path):
    code = "import sys; from pytest_vtrack.store import open_store; open_store(sys.argv[1]).info()\n"
    code += "print([name for name in sys.modules if name.startswith('sqlalchemy.dialects.postgresql')])"
    command = [sys.executable, "-c", code, str(tmp_path / "vtrack.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("form", ["{path}", "sqlite:///{path}"])
def test_path_and_uri_name_the_same_store(tmp_path, form, result):
    path = tmp_path / "odd name #1?%.db"
    store = open_store(form.format(path=path))
    assert store.location == str(path)
    assert path.exists()
    store.close()
    with closing(open_store(str(path), create=False)) as again:
        assert again.info().runs == 0


@pytest.mark.parametrize("how", [{"create": False}, {"read_only": True}], ids=str)
def test_missing_store_is_named(tmp_path, how):
    path = tmp_path / "none" / "vtrack.db"
    with pytest.raises(StoreError, match=r"none/vtrack\.db: there is no store; run your tests once"):
        open_store(str(path), **how)
    assert not path.parent.exists()


def test_folder_is_no_store(tmp_path):
    with pytest.raises(StoreError, match=r"is a folder; write the path of a SQLite file, like .*vtrack\.db"):
        open_store(str(tmp_path))


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("", "the store has no place"),
        ("mysql://ann:secret@host/db", "^mysql://host/db: a store cannot be of kind 'mysql'"),
    ],
)
def test_uri_that_cannot_be_a_store_is_refused_without_its_password(uri, message):
    with pytest.raises(StoreError, match=message) as error:
        open_store(uri)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://h:1/d", "postgresql://h:1/d"),
        ("postgresql://a:b@h:1/d?password=c", "postgresql://h:1/d"),
        ("postgresql://a:b/c@h/d", "postgresql://h/d"),
        ("postgresql://a:b#c@h1:1,h2:2/d#e", "postgresql://h1:1,h2:2/d"),
        ("postgresql://a:b@c@h/d", "postgresql://h/d"),
        ("postgresql://h/d?user=a&password=b@c", "postgresql://…"),
        ("postgresql://a:b?c@h/d", "postgresql://…"),
    ],
)
def test_location_for_messages_has_no_password(uri, shown):
    assert without_password(uri) == shown


def test_folder_that_cannot_be_created_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"the folder of the store cannot be created .*; name another place"):
        open_store(str(tmp_path / "file" / "sub" / "vtrack.db"))


@pytest.mark.parametrize("content", [b"hello, I am a text file", b"SQLite format 4\0 too long to be ours"])
def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "vtrack.db"
    path.write_bytes(content)
    with pytest.raises(
        StoreError, match="this is not a SQLite database; name another file with --vtrack-store"
    ):
        open_store(str(path))
    assert path.read_bytes() == content


def test_damaged_database_is_refused(tmp_path):
    path = tmp_path / "vtrack.db"
    open_store(str(path)).close()
    content = bytearray(path.read_bytes())
    content[100:8000] = b"\xff" * 7900
    path.write_bytes(content)
    with pytest.raises(StoreError, match="the store is damaged; put a copy of it in its place"):
        open_store(str(path))


def test_database_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id)")
    connection.close()
    with pytest.raises(StoreError, match="holds other tables, not a store of pytest-vtrack"):
        open_store(str(path))


def test_a_file_without_the_log_of_a_killed_session_is_told(tmp_path):
    kept, sent = tmp_path / "vtrack.db", tmp_path / "sent.db"
    with closing(open_store(str(kept))):
        shutil.copy(kept, sent)
        with pytest.raises(
            StoreError, match=r"empty; what a killed session stored .* put sent\.db-wal beside"
        ):
            open_store(str(sent), read_only=True)
        shutil.copy(f"{kept}-wal", f"{sent}-wal")
        with closing(open_store(str(sent), read_only=True)) as store:
            assert store.info().runs == 0


def test_empty_file_becomes_a_store(tmp_path):
    path = tmp_path / "vtrack.db"
    path.touch()
    with pytest.raises(StoreError, match="the store is empty; run your tests once"):
        open_store(str(path), read_only=True)
    with closing(open_store(str(path))) as store:
        assert store.info().runs == 0


def set_version(path, version):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def test_store_of_a_newer_version_is_refused_naming_both(tmp_path):
    path = tmp_path / "vtrack.db"
    open_store(str(path)).close()
    set_version(path, "0042")
    with pytest.raises(
        StoreError, match=rf"has schema 0042, .*; this one reads up to schema {VERSION}\. Upgrade"
    ):
        open_store(str(path))


def test_store_of_an_older_version_is_not_upgraded_when_reading_only(tmp_path):
    path = tmp_path / "vtrack.db"
    open_store(str(path)).close()
    set_version(path, "0000")
    with pytest.raises(
        StoreError, match=rf"older schema 0000 .* open it once for writing, so that it becomes {VERSION}"
    ):
        open_store(str(path), read_only=True)


def test_store_opened_for_reading_refuses_to_write(uri, store, record, result):
    record("r1", [result("a", {"m": 1.0})])
    reader = open_store(uri, read_only=True)
    with pytest.raises(StoreError, match="was opened for reading only, so nothing can be written to it"):
        reader.add("r1", [result("b")])
    assert reader.metric_sums("r1", "r1", cluster="doc")[0].raw.n == 1
    assert reader.run("r1").stored == 1
    reader.close()


def test_read_only_file_is_refused_when_writing(tmp_path, bound_by_permissions):
    path = tmp_path / "vtrack.db"
    open_store(str(path)).close()
    path.chmod(0o444)
    with pytest.raises(StoreError, match=r"vtrack\.db is read-only, so nothing can be stored in it"):
        open_store(str(path))
    open_store(str(path), read_only=True).close()


def test_store_in_a_read_only_folder_can_be_read(tmp_path, bound_by_permissions):
    path = tmp_path / "sub" / "vtrack.db"
    open_store(str(path)).close()
    path.parent.chmod(0o555)
    with pytest.raises(StoreError, match=r"sub is read-only, so nothing can be stored in it"):
        open_store(str(path))
    assert open_store(str(path), read_only=True).info().runs == 0
    path.parent.chmod(0o755)


def test_file_that_cannot_be_written_says_what_to_do(tmp_path):
    """What SQLite says of a read-only file, also where the user may write everything."""
    path = tmp_path / "vtrack.db"
    open_store(str(path)).close()
    database = SqliteFile(path, read_only=True)
    database.read_only = False
    expected = "the store is read-only; make file and folder writable"
    with pytest.raises(StoreError, match=expected), database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM run")
    database.close()


def test_store_that_another_process_keeps_locked_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("pytest_vtrack.store.sqlite_file.BUSY_MS", 50)
    path = tmp_path / "vtrack.db"
    store = open_store(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"another process kept writing to the store for .* s; try again"):
        store.begin(Run("r1", "bot", AppVersion("v1")))
    other.close()
    store.close()


@pytest.mark.parametrize(
    ("said", "explained"),
    [
        ("database or disk is full", "the disk is full; make room, or name another place"),
        ("unable to open database file", "cannot be opened; check that file and folder exist"),
        ("disk I/O error", r"cannot be read or written \(disk I/O error\): it may be full, or gone"),
        ("near SELECT: syntax error", "the store failed: near SELECT: syntax error"),
    ],
)
def test_driver_errors_are_explained(tmp_path, said, explained):
    with pytest.raises(StoreError, match=explained), explained_errors(tmp_path):
        raise sqlite3.OperationalError(said)


def test_settings_of_a_new_file(tmp_path):
    path = tmp_path / "vtrack.db"
    open_store(str(path)).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA page_size").fetchone() == (8192,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_importing_the_room_costs_only_the_standard_library():
    code = (
        "import sys; import pytest_vtrack.store, pytest_vtrack.store.writer; "
        "import pytest_vtrack.store.baseline_file, pytest_vtrack.store.exchange; "
        "print([m for m in ('sqlalchemy', 'alembic', 'sqlite3', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_opening_a_current_store_does_not_import_alembic(tmp_path):
    code = (
        "import sys; from pytest_vtrack.store import open_store; "
        "[open_store(sys.argv[1]).close() for _ in range(2)]; print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "vtrack.db")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


@pytest.fixture
def explain(monkeypatch):
    """Say what a failure of the server looks like."""
    monkeypatch.setenv("PGPASSWORD", "s3cret-env")
    pytest.importorskip("psycopg")
    from pytest_vtrack.store.postgres_errors import Explained

    def explain(error):
        explained = Explained("postgresql://host/db", "postgresql://ann:p%40ss@host/db")
        with pytest.raises(StoreError) as raised, explained:
            raise error
        return str(raised.value), type(raised.value)

    return explain


@pytest.mark.parametrize(
    ("state", "said", "expected"),
    [
        (None, 'FATAL:  password authentication failed for user "ann"', "refuses user or password"),
        (None, "fe_sendauth: no password supplied", "the server wants a password: put it into PGPASSWORD"),
        (None, 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "ann"', "lets nobody in from here"),
        (None, 'FATAL:  database "x" does not exist', "the database cannot be used: create it"),
        (None, 'FATAL:  role "ann" does not exist', "the server does not know the user"),
        (None, "server does not support SSL, but SSL was required", "do not agree on TLS"),
        (None, "SSL error: certificate verify failed", "certificate is not accepted"),
        (None, "Connection refused", "the PostgreSQL server cannot be reached"),
        (None, "FATAL:  the database system is starting up", "the PostgreSQL server cannot be reached"),
        (None, 'FATAL:  too many connections for role "ann"', "the PostgreSQL server cannot be reached"),
        (None, 'FATAL:  too many connections for database "x"', "the PostgreSQL server cannot be reached"),
        (None, "SSL connection has been closed unexpectedly", "the PostgreSQL server cannot be reached"),
        ("57P01", "terminating connection", "the PostgreSQL server cannot be reached"),
        ("53300", "too many clients already", "the PostgreSQL server cannot be reached"),
        ("42501", "permission denied for schema vtrack", "the user may not do this: grant it"),
        ("53100", "No space left on device", "the server's disk is full"),
        ("25006", "cannot execute INSERT in a read-only transaction", "the server takes no writes"),
        ("53200", "out of memory", "the server has no memory left"),
        ("55P03", "canceling statement due to lock timeout", "another process kept the store locked"),
        ("57014", "canceling statement due to statement timeout", "a statement that took too long"),
        ("42P01", "password p@ss, p%40ss, s3cret-env of ann", "the store failed: password ***, ***, *** of"),
    ],
)
def test_failures_of_a_server_are_explained_without_its_secrets(explain, state, said, expected):
    from psycopg.errors import OperationalError

    error = OperationalError(said)
    error.sqlstate = state
    told, kind = explain(error)
    assert expected in told
    assert told.startswith("postgresql://host/db: ")
    assert not {"ann", "p@ss", "p%40ss", "s3cret-env"} & set(told.replace('"', " ").replace(",", " ").split())
    passes = "cannot be reached" in expected or state in ("53100", "53200", "25006", "55P03", "57014")
    assert (kind is StoreUnreachable) == passes


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "postgresql://zoe:s3cret@127.0.0.1:1/team",
            "127.0.0.1:1/team: the PostgreSQL server cannot be reached",
        ),
        ("postgresql://zoe:s3%zzcret@host/team", "postgresql://host/team: this URL cannot be read; write"),
        (
            "postgresql://zoe@host/team?pasword=s3cret",
            "postgresql://host/team: this URL cannot be read; write",
        ),
    ],
)
def test_server_that_cannot_be_a_store_is_refused_without_its_password(uri, message):
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=message) as error:
        open_store(uri)
    assert "s3" not in str(error.value)
    assert "zoe" not in str(error.value)


def test_a_server_needs_a_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        StoreError, match=r"host/team: PostgreSQL needs .* pip install 'pytest-vtrack\[postgres\]'"
    ):
        open_store("postgresql://ann:secret@host/team")


@pytest.mark.parametrize(
    ("version", "read_only", "message"),
    [
        ("0042", False, rf"has schema 0042, .*; this one reads up to schema {VERSION}\. Upgrade"),
        ("0000", True, rf"older schema 0000 .* open it once for writing, so that it becomes {VERSION}"),
    ],
)
def test_store_of_another_version_on_a_server_is_refused_naming_both(
    postgres_server, new_postgres_uri, version, read_only, message
):
    open_store(new_postgres_uri).close()
    table = f"{new_postgres_uri.rpartition('%3D')[2]}.alembic_version"
    postgres_server.execute(f"UPDATE {table} SET version_num = '{version}'")
    with pytest.raises(StoreError, match=message):
        open_store(new_postgres_uri, read_only=read_only)


def test_tables_of_somebody_else_on_a_server_are_left_alone(postgres_server, new_postgres_uri):
    name = new_postgres_uri.rpartition("%3D")[2]
    postgres_server.execute(f"CREATE SCHEMA {name}; CREATE TABLE {name}.customers (id int)")
    with pytest.raises(StoreError, match="holds other tables, not a store of pytest-vtrack"):
        open_store(new_postgres_uri)


def test_clients_that_open_a_new_store_at_the_same_time_find_one(new_postgres_uri, postgres_server):
    barrier, opened = threading.Barrier(4), []

    def work():
        barrier.wait()
        store = open_store(new_postgres_uri)
        opened.append(store.info().schema)
        store.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [VERSION] * 4


def test_a_server_that_is_empty_is_not_filled_by_reading(new_postgres_uri):
    with pytest.raises(StoreError, match="the store is empty; run your tests once"):
        open_store(new_postgres_uri, read_only=True)


def test_the_store_has_a_schema_of_its_own(postgres_server, postgres_uri):
    from pytest_vtrack.store.postgres import SCHEMA, PostgresDatabase

    database = PostgresDatabase(postgres_uri.partition("?")[0], read_only=True)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SHOW search_path").scalar() == SCHEMA
    database.close()
