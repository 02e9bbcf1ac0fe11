"""What waited for a store, read later: nothing is closed twice, and a damaged file is told."""

from __future__ import annotations

import re

import pytest

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store.spool import Spool, import_spool

RUN = Run("r1", "bot", AppVersion("v1"), started_at=1.0, expected=2)
INTERRUPTED = {"status": "partial", "reason": "Ctrl-C: 1 of 2 cases ran", "ended_at": 5.0, "expected": 2}
COMPLETE = {"status": "complete", "reason": None, "ended_at": 9.0}


@pytest.fixture
def waiting(tmp_path, result):
    """A file of a session that was interrupted while its store took nothing."""

    def waiting(shard=None):
        spool = Spool(tmp_path / "waiting.jsonl")
        spool.add([("r1", result("a"))])
        spool.end("r1", shard, **INTERRUPTED)
        return spool.path.read_text().splitlines(keepends=True)

    return waiting


def test_a_run_that_was_finished_since_stays_complete(store, waiting, result):
    store.begin(RUN)
    store.add("r1", [result("a"), result("b")])
    finished = store.finish("r1", **COMPLETE)
    assert import_spool(store, waiting()) == (0, 1)
    assert store.run("r1") == finished


def test_a_shard_that_was_finished_since_stays_finished(store, waiting, result):
    shard = Shard("s1", "k", 1, 2, nodeids=frozenset({result("a").nodeid}))
    store.shards.join(RUN, shard)
    lines = waiting("s1")
    assert import_spool(store, lines) == (1, 0)
    assert [(each.status, each.ended_at) for each in store.shards.of_run("r1")] == [("partial", 5.0)]
    store.shards.join(RUN, shard)
    store.shards.leave("r1", "s1", **COMPLETE)
    assert import_spool(store, lines) == (0, 1)
    assert [(each.status, each.ended_at) for each in store.shards.of_run("r1")] == [("complete", 9.0)]


@pytest.mark.parametrize("attempt", [0, 2], ids=["first", "later"])
def test_what_waits_is_a_later_attempt_beside_an_error_that_was_stored_since(
    store, tmp_path, result, attempt
):
    broken = result("a", outcome="error", error="no connection", attempt=attempt)
    store.begin(RUN)
    store.add("r1", [broken])
    spool = Spool(tmp_path / "waiting.jsonl")
    spool.add([("r1", result("a", outcome="failed")), ("r1", result("a", attempt=1)), ("r1", result("b"))])
    lines = spool.path.read_text().splitlines(keepends=True)
    assert import_spool(store, lines) == (3, 0)
    assert import_spool(store, lines) == (0, 3)
    found = [
        (each.key.case_id, each.attempt, each.outcome) for each in store.results("r1", all_attempts=True)
    ]
    first = attempt + 1
    assert found == [
        ("a", attempt, "error"),
        ("a", first, "failed"),
        ("a", first + 1, "passed"),
        ("b", 0, "passed"),
    ]
    assert store.run("r1").stored == 2


def test_an_error_that_waits_changes_nothing_beside_a_result_that_was_stored_since(store, tmp_path, result):
    store.begin(RUN)
    store.add("r1", [result("a")])
    spool = Spool(tmp_path / "waiting.jsonl")
    spool.add([("r1", result("a", outcome="error", error="no connection"))])
    assert import_spool(store, spool.path.read_text().splitlines(keepends=True)) == (0, 1)
    assert [each.outcome for each in store.results("r1", all_attempts=True)] == ["passed"]


def test_what_was_told_of_a_run_waits_too(store, tmp_path):
    store.begin(RUN)
    spool = Spool(tmp_path / "waiting.jsonl")
    spool.describe("r1", tags={"why": "a trial"}, params=None)
    spool.describe("r1", tags=None, params={"model": "b"})
    assert import_spool(store, spool.path.read_text().splitlines(keepends=True)) == (0, 0)
    run = store.run("r1")
    assert (dict(run.tags), dict(run.version.params)) == ({"why": "a trial"}, {"model": "b"})


@pytest.mark.parametrize(
    "line",
    [
        "5\n",
        "\x00\x00\n",
        '{"result": {}}\n',
        '{"of": "r1", "result": {"key": 1}}\n',
        '{"of": "r1", "shard": null, "end": {"a": 1}}\n',
        '{"of": "r1", "end": 1}\n',
        '{"of": "r1", "told": {"tags": {}}}\n',
    ],
)
def test_a_damaged_line_is_told_and_nothing_is_stored(store, waiting, line):
    store.begin(RUN)
    first, *others = waiting()
    with pytest.raises(StoreError, match=re.escape("import, line 2: ")):
        import_spool(store, [first, line, *others])
    assert store.run("r1").stored == 0
