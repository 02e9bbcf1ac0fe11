"""A PostgreSQL server that goes away: really, behind a line that can be cut."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from urllib.parse import urlsplit

import pytest

from pytest_vtrack.errors import StoreUnreachable
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.spool import Spool, import_spool, is_spool
from pytest_vtrack.store.writer import Writer

RUN = Run("r1", "bot", AppVersion("v1"), started_at=1.0)


class Line:
    """A connection to the server through a port of our own."""

    def __init__(self, host, port):
        self._server = (host, port)
        self._left = None
        self._open = set()
        self._listen(0)
        self.port = self._listener.getsockname()[1]

    def _listen(self, port):
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            self._open |= {near, far}
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near, far):
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            try:
                while True:
                    for key, _ in selector.select():
                        data = key.fileobj.recv(65536)
                        if self._left is not None and key.fileobj is near:
                            data = data[: self._left]
                            self._left -= len(data)
                        if not data:
                            return
                        key.data.sendall(data)
                        if self._left == 0:
                            return
            except (OSError, ValueError):
                return
            finally:
                for each in (near, far):
                    self._open.discard(each)
                    each.close()

    def cut(self):
        """End all connections, and let no new ones come."""
        with contextlib.suppress(OSError):  # it was cut before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut_after(self, count):
        """End the connections when so many more bytes were sent to the server."""
        self._left = count

    def mend(self):
        self._left = None
        self._listen(self.port)


@pytest.fixture
def line(postgres_uri):
    parts = urlsplit(postgres_uri)
    line = Line(parts.hostname, parts.port or 5432)
    line.uri = postgres_uri.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{line.port}")
    line.uri += "&application_name=of%20a%20test"
    yield line
    line.cut()


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / ".vtrack" / "waiting.jsonl")


@pytest.fixture
def writer(line, spool):
    store = open_store(line.uri)
    store.begin(RUN)
    writer = Writer(store, delay_s=0.02, spool=spool, patience_s=0.2)
    yield writer
    store.close()


@pytest.fixture
def stored(postgres_uri):
    """Read back past the line."""

    def stored():
        store = open_store(postgres_uri)
        found = list(store.results("r1"))
        assert store.run("r1").stored == len(found)
        store.close()
        return found

    return stored


def results_of(result, count=150):
    return [
        result(f"c{n:03}", {"m": float(n), "tone": "warm"}, outputs=f'"{"x" * 2000}{n}"')
        for n in range(count)
    ]


def test_nothing_is_lost_when_the_server_is_gone_for_a_while(line, writer, spool, stored, result):
    results = results_of(result)
    writer.add("r1", results[:20])
    writer.flush()
    line.cut()
    for each in results[20:]:
        writer.add("r1", [each])
    writer.flush()
    assert is_spool(spool.path.read_text().splitlines()[0])
    assert spool.path.read_text().count('"of":"r1"') == 130
    line.mend()
    writer.close()
    assert stored() == results
    assert not spool.path.exists()


def test_what_waits_can_be_stored_later(line, writer, spool, stored, postgres_uri, result):
    results = results_of(result)
    writer.add("r1", results[:20])
    writer.flush()
    line.cut()
    writer.add("r1", results[20:])
    with pytest.raises(StoreUnreachable) as raised:
        writer.close()
    told = str(raised.value)
    assert "the PostgreSQL server cannot be reached" in told
    assert f"130 results could not be stored; they are in {spool.path}: when the server is back" in told
    assert f"`vtrack store import {spool.path}` stores it" in told
    spool.end("r1", None, status="complete", reason=None, ended_at=9.0, expected=150)
    assert len(stored()) == 20
    for counts in ((130, 0), (0, 130)):
        store = open_store(postgres_uri)
        with spool.path.open() as file:
            assert import_spool(store, file) == counts
        assert (store.run("r1").status, store.run("r1").expected) == ("complete", 150)
        store.close()
        assert stored() == results


def test_a_spool_of_a_session_that_was_killed_is_read_to_its_last_whole_line(
    line, writer, spool, stored, postgres_uri, result
):
    results = results_of(result, 30)
    line.cut()
    writer.add("r1", results)
    writer.flush()
    spool.path.write_text(spool.path.read_text()[:-20])
    store = open_store(postgres_uri)
    with spool.path.open() as file:
        assert import_spool(store, file) == (29, 0)
    store.close()
    assert stored() == results[:29]


@pytest.mark.parametrize("count", [0, 3_000, 30_000, 120_000])
def test_a_connection_that_is_cut_within_a_batch_loses_and_doubles_nothing(
    line, writer, spool, stored, result, count
):
    results = results_of(result)
    line.cut_after(count)
    writer.add("r1", results)
    writer.flush()
    assert spool.path.exists()
    line.cut()
    line.mend()
    writer.close()
    assert stored() == results
    assert not spool.path.exists()


def test_connections_that_the_server_ends_are_made_anew(
    postgres_server, postgres_uri, writer, stored, result, spool
):
    """As every connection ends when the server is restarted."""
    results = results_of(result)
    for start in range(0, 150, 50):
        writer.add("r1", results[start : start + 50])
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'of a test'"
        )
    writer.close()
    assert stored() == results
    assert not spool.path.exists()


def test_reading_goes_on_after_an_outage(line):
    store = open_store(line.uri)
    store.begin(RUN)
    line.cut()
    with pytest.raises(StoreUnreachable, match="the PostgreSQL server cannot be reached"):
        store.run("r1")
    line.mend()
    assert store.run("r1").id == "r1"
    store.close()


def test_without_a_spool_silence_is_an_error(line, result):
    store = open_store(line.uri)
    store.begin(RUN)
    writer = Writer(store, delay_s=10)
    line.cut()
    with pytest.raises(StoreUnreachable):
        writer.add("r1", [result("a")])
    line.mend()
    writer.close()
    assert store.run("r1").stored == 1
    store.close()
