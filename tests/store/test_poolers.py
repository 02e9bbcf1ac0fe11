"""A store behind a pooler that gives every transaction another connection."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from urllib.parse import urlsplit

import pytest

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store

SETTINGS = """
[databases]
* = host={server.hostname} port={server.port} user={server.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
server_round_robin = 1
min_pool_size = 3
default_pool_size = 3
"""


@pytest.fixture
def pooler(postgres_server, tmp_path):
    """The port of a pooler in front of the server."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("needs pgbouncer")
    server = urlsplit(os.environ["VTRACK_TEST_POSTGRES"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = tmp_path / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(server=server, port=port))
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    with subprocess.Popen([program, "-q", *user, str(settings)]) as process:
        _wait_for(port)
        yield port
        process.terminate()


def _wait_for(port):
    for _ in range(200):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the pooler does not listen")


def behind(port, uri):
    server = urlsplit(uri)
    return uri.replace(f"{server.hostname}:{server.port}", f"127.0.0.1:{port}")


def test_several_sessions_fill_a_store_behind_a_pooler(pooler, new_postgres_uri, result):
    stores = [open_store(behind(pooler, new_postgres_uri)) for _ in range(3)]
    for number in range(24):  # often enough for the driver to prepare what it sends
        store, run = stores[number % 3], f"r{number % 3}"
        if number < 3:
            store.begin(Run(run, "bot", AppVersion("v1"), started_at=1.0))
        store.add(run, [result(f"c{number}", {"m": 1.0})])
    for number, store in enumerate(stores):
        store.finish(f"r{number}", status="complete", reason=None, ended_at=2.0)
    cases = [[each.key.case_id for each in stores[0].results(f"r{number}")] for number in range(3)]
    assert cases == [sorted(f"c{n}" for n in range(number, 24, 3)) for number in range(3)]
    for store in stores:
        store.close()
    past_it = open_store(new_postgres_uri)
    assert [run.stored for run in past_it.runs()] == [8, 8, 8]
    past_it.close()


def test_others_behind_a_pooler_keep_their_own_settings(pooler, new_postgres_uri):
    psycopg = pytest.importorskip("psycopg")
    store = open_store(behind(pooler, new_postgres_uri))
    for _ in range(12):
        store.runs()
    others = behind(pooler, new_postgres_uri).partition("?")[0]
    with psycopg.connect(others, autocommit=True, prepare_threshold=None) as other:
        for _ in range(6):
            (path,) = other.execute("SHOW search_path").fetchone()
            assert path == '"$user", public'
            assert other.execute("SELECT name FROM pg_prepared_statements").fetchall() == []
    store.close()
