"""Processes that die while they write, and processes that write at the same time."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time

import pytest

from pytest_vtrack.store import open_store

WRITE = """
import sys
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.writer import Writer

path, run_id, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(path)
store.begin(Run(run_id, "bot", AppVersion("v1")))
writer = Writer(store)
for number in range(most):
    key = CaseKey("t.py::test", "qa", f"c{number}", "d")
    spec = MetricSpec("m", "f")
    assessed = (Assessment(spec, 1.0, "because"),)
    result = CaseResult(key, f"t.py::test[{number}]", "passed", assessments=assessed)
    writer.add(run_id, [result])
    if number % 7 == 0:
        writer.flush()
        print(number + 1, flush=True)
writer.close()
store.finish(run_id, status="complete", reason=None, ended_at=1.0)
print("done", flush=True)
"""


def start(path, run_id, most=100_000):
    command = [sys.executable, "-c", WRITE, str(path), run_id, str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(6))
def test_killed_writer_loses_nothing_that_was_acknowledged(tmp_path, seed):
    path = tmp_path / "vtrack.db"
    process = start(path, "r1")
    acknowledged = int(process.stdout.readline())
    time.sleep(random.Random(seed).uniform(0, 0.15))
    process.kill()
    acknowledged = max([acknowledged, *(int(line) for line in process.stdout.read().splitlines())])
    process.wait()
    process.stdout.close()
    store = open_store(str(path))
    run = store.run("r1")
    assert run.stored >= acknowledged
    assert run.status == "running"
    stored = [result.key.case_id for result in store.results("r1")]
    assert len(stored) == run.stored == store.metric_summaries("r1")[0].cases
    assert {f"c{number}" for number in range(acknowledged)} <= set(stored)
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_two_processes_write_two_runs_to_one_new_store(tmp_path):
    path = tmp_path / "vtrack.db"
    processes = [start(path, run_id, 400) for run_id in ("r1", "r2")]
    for process in processes:
        assert process.communicate(timeout=60)[0].splitlines()[-1] == "done"
    store = open_store(str(path))
    assert {run.id: (run.stored, run.status) for run in store.runs()} == {
        "r1": (400, "complete"),
        "r2": (400, "complete"),
    }
    assert store.info().cases == 400
    store.close()


def test_reader_sees_one_state_while_another_writes(uri, store, record, result):
    record("r1", [result(f"c{i}") for i in range(5)])
    other = open_store(uri)
    stream = other.results("r1")
    first = next(stream)
    store.add("r1", [result("later")])
    assert len([first, *stream]) == 5
    assert len(list(other.results("r1"))) == 6
    other.close()
