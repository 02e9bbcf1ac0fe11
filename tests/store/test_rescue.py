"""A store whose file somebody spoils: noticed, and what it still holds is saved."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pytest_vtrack.errors import StoreError, StoreGone
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.exchange import import_runs
from pytest_vtrack.store.file_watch import FileWatch
from pytest_vtrack.store.rescue import rescued
from pytest_vtrack.store.spool import Spool, import_spool
from pytest_vtrack.store.writer import Writer


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "v.db"
    open_store(str(path)).close()
    return path


def grow(path):
    store = open_store(str(path))
    store.begin(Run("r1", "bot", AppVersion("v1"), tags={"long": "x" * 100_000}))
    store.close()


def replace(path):
    content = path.read_bytes()
    path.rename(path.with_name("old.db"))
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (grow, None, ""),
        (os.utime, None, ""),
        (os.unlink, StoreGone, "the store was removed while it was in use"),
        (replace, StoreGone, "the store was replaced by another file while it was in use"),
        (lambda path: os.truncate(path, 20_000), StoreError, "the store was damaged while it was in use"),
        (lambda path: os.truncate(path, 0), StoreError, "the store was damaged while it was in use"),
        (
            lambda path: path.write_bytes(b"rubbish " * 40_000),
            StoreError,
            "damaged .*; put a copy of it in its",
        ),
    ],
    ids=["longer", "touched", "removed", "replaced", "truncated", "emptied", "overwritten"],
)
def test_what_happens_to_a_file_in_use_is_told(path, fault, kind, says):
    watch = FileWatch(path)
    watch.check()
    watch.begin()
    watch.check()
    fault(path)
    if kind is None:
        watch.check()
        return
    with pytest.raises(StoreError, match=says) as raised:
        watch.check()
    assert type(raised.value) is kind


def test_a_large_file_is_looked_through_only_where_something_is_wrong(path, monkeypatch):
    monkeypatch.setattr("pytest_vtrack.store.file_watch._LOOKED_THROUGH", 0)
    watch = FileWatch(path)
    watch.begin()
    content = path.read_bytes()
    path.write_bytes(content[:50_000] + b"!" * (len(content) - 50_000))
    watch.check()  # what reads these pages will say so
    path.write_bytes(b"?" + content[1:])
    with pytest.raises(StoreError, match="damaged while it was in use"):
        watch.check()


@pytest.mark.parametrize(
    ("error", "saved", "says"),
    [
        (StoreGone("v.db: removed"), {"r1", "r2"}, "Everything that it held is in "),
        (StoreError("v.db: damaged"), {"r2"}, "What this session stored is in "),
    ],
    ids=["gone", "damaged"],
)
def test_runs_are_saved_for_another_store(tmp_path, record, result, store, error, saved, says):
    for run_id in ("r1", "r2"):
        record(run_id, [result("a", {"m": 1.0})])
    store.set_baseline("bot", "trusted", "r1", why="because", who="ann", at=1.0)
    path = tmp_path / ".vtrack" / "rescued.jsonl"
    told = str(rescued(store, error, [store.run("r2")], path))
    assert told.startswith(f"{error}. {says}{path}: `vtrack store import {path}` stores it again")
    other = open_store(str(tmp_path / "other.db"))
    with path.open() as file:
        assert import_runs(other, file).added == len(saved)
    assert {run.id for run in other.runs()} == saved
    assert list(other.results("r2")) == list(store.results("r2"))
    assert [entry.run_id for entry in other.baselines()] == ["r1"] * ("r1" in saved)
    other.close()


def test_what_cannot_be_saved_is_counted(tmp_path, record, result, store):
    record("r1", [result("a"), result("b")])
    (tmp_path / "file").write_text("")
    run, path = store.run("r1"), tmp_path / "file" / "rescued.jsonl"
    told = str(rescued(store, StoreError("v.db: damaged"), [run], path))
    assert told.startswith("v.db: damaged. The 2 results of this session are lost, as they cannot be saved")


class Damaged:
    """Stands for a store that fails for good."""

    def add(self, run_id, results):
        raise StoreError("v.db: the store is damaged")


def test_what_a_damaged_store_does_not_take_can_be_stored_in_a_new_one(tmp_path, result):
    run = Run("r1", "bot", AppVersion("v1"), started_at=1.0, expected=3)
    results = [result(case, {"m": 1.0}) for case in "abc"]
    spool = Spool(tmp_path / ".vtrack" / "waiting.jsonl", when="the store can be written again", whole=True)
    writer = Writer(Damaged(), spool=spool)
    with pytest.raises(StoreError, match="the store is damaged"):
        writer.add("r1", results)
    assert not spool.path.exists(), "the session ends first"
    with pytest.raises(StoreError) as raised:
        writer.close()
    assert str(raised.value) == (
        f"v.db: the store is damaged. 3 results could not be stored; they are in {spool.path}: when the "
        f"store can be written again, `vtrack store import {spool.path}` stores it"
    )
    spool.begin(run)
    spool.end("r1", None, status="complete", reason=None, ended_at=9.0, expected=3)
    store = open_store(str(tmp_path / "new.db"))
    for counts in ((3, 0), (0, 3)):
        with spool.path.open() as file:
            assert import_spool(store, file) == counts
    assert list(store.results("r1")) == results
    assert (store.run("r1").status, store.run("r1").version) == ("complete", run.version)
    store.close()


def test_what_can_be_kept_nowhere_stays_in_memory_and_is_told(tmp_path, result):
    (tmp_path / "file").write_text("")
    writer = Writer(Damaged(), spool=Spool(tmp_path / "file" / "waiting.jsonl"))
    with pytest.raises(StoreError, match="damaged"):
        writer.add("r1", [result("a")])
    with pytest.raises(StoreError, match=r"damaged; .*: what the store does not take cannot be kept"):
        writer.close()
    assert [each.key.case_id for each in writer.waiting] == ["a"]


def test_looking_at_a_file_does_not_end_the_locks_on_it(path):
    """Else another process that closes the file takes itself for the last one, and removes the log."""
    store = open_store(str(path))
    store.begin(Run("r1", "bot", AppVersion("v1")))
    store.confirm()
    open_store(str(path), read_only=True).close()
    leave = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM run'); c.close()"
    subprocess.run([sys.executable, "-S", "-c", leave, str(path)], check=True)
    assert path.with_name("v.db-wal").exists()
    store.close()
    assert not path.with_name("v.db-wal").exists()
