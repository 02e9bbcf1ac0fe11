"""``vtrack merge`` as it is typed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Assessment
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.shards import SqlShards

TEST = "test_bot.py::test_answers"
RUN = Run("5b4d25c3" * 4, "bot", AppVersion("v1"), started_at=1.7e9)


@pytest.fixture
def shard(tmp_path):
    def shard(number, *numbers, total=2, latency=0.1, run=RUN):
        store = open_store(str(tmp_path / f"shard-{number}/vtrack.db"))
        scores = (Assessment(PASSED, True), Assessment(COMPLETED, True), Assessment(LATENCY, latency))
        results = [
            CaseResult(CaseKey(TEST, "qa", case, "d1"), f"{TEST}[{case}]", "passed", assessments=scores)
            for case in (f"case-{each:03}" for each in numbers)
        ]
        nodeids = frozenset(each.nodeid for each in results)
        store.shards.join(run, Shard(f"s{number}", "k", number, total, "host", nodeids))
        store.add(run.id, results)
        store.shards.leave(run.id, f"s{number}", status="complete", reason=None, ended_at=1.7e9 + number)
        store.close()
        return f"shard-{number}/vtrack.db"

    return shard


def test_shards_become_one_run_that_can_be_compared(vtrack, shard, record):
    record("v0", cases=4)
    stores = shard(1, 0, 1), shard(2, 2, 3)
    said = vtrack("merge", *stores).output
    assert said.startswith("Run 5b4d25c3 (v1, complete) of 2 stores in ")
    assert said.endswith("vtrack.db: 4 results added\n")
    assert "4 there already" in vtrack("merge", *stores).output
    assert "4 cases compared" in vtrack("compare", "v0", "key:k").output


def test_a_target_that_is_removed_meanwhile_is_not_green(vtrack, shard, tmp_path, monkeypatch):
    settle = SqlShards.settle

    def removed(*args, **told):
        (tmp_path / "all.db").unlink()
        return settle(*args, **told)

    monkeypatch.setattr(SqlShards, "settle", removed)
    said = vtrack("merge", shard(1, 0, 1), shard(2, 2, 3), "--into", "all.db", code=2)
    assert "all.db: the store was removed while it was in use" in said.stderr
    (saved,) = (tmp_path / ".vtrack").glob("rescued-*.jsonl")
    vtrack("store", "import", str(saved), "--store", "all.db")
    assert json.loads(vtrack("runs", "--store", "all.db", "--json").output)[0]["version"] == "v1"


def test_a_missing_shard_is_named_and_is_not_green(vtrack, shard, record):
    record("v0", cases=4)
    said = vtrack("merge", shard(1, 0, 1), code=1)
    assert said.stderr == "vtrack: INCOMPLETE: run 5b4d25c3 (v1): shard 2 of 2 has not begun\n"
    said = vtrack("compare", "v0", "key:k", "--gate", "off", code=1)
    assert "INCOMPLETE: run 5b4d25c3 (v1) has 2 of 2 cases, so nothing is decided" in said.stderr
    vtrack("merge", shard(2, 2))
    said = vtrack("compare", "v0", "key:k", "--shards", "3", code=1)
    assert "shard 3 of 3 has not begun" in said.stderr
    vtrack("compare", "v0", "key:k")


@pytest.mark.parametrize("options", [(), ("--as-one-run",)], ids=["apart", "as one run"])
def test_shards_that_are_asked_for_are_missed_where_no_run_has_any(vtrack, record, options):
    record("v1", cases=2)
    command = ("merge", ".vtrack/vtrack.db", "--into", "all.db", *options, "--shards")
    said = vtrack(*command, "2", code=1).stderr
    assert said.startswith("vtrack: INCOMPLETE: none of these runs was filled by shards, let alone by 2: ")
    assert "give their sessions one VTRACK_RUN_KEY" in said
    assert vtrack(*command, "1").stderr == ""


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"env": "staging"}, "run:5b4d25c3 (v1, dev), run:00000000 (v1, staging)"),
        ({"experiment": "x"}, "run:5b4d25c3 (v1, dev, experiment=bot), run:00000000 (v1, dev, experiment=x)"),
    ],
    ids=["environment", "experiment"],
)
def test_one_key_of_several_states_is_told(vtrack, shard, differs, said):
    other = replace(RUN, id="0" * 32, **differs)
    told = vtrack("merge", shard(1, 0), shard(2, 1, run=other), code=1).stdout
    assert f"Run key k has 2 runs: {said}; sessions that differ in that never fill one run" in told
    assert "--as-one-run" not in told


def test_two_results_for_a_case_are_told(vtrack, shard):
    stores = shard(1, 0, 1), shard(2, 1, latency=0.2)
    told = "two results for case-001: kept that of shard-1/vtrack.db, left out that of shard-2/vtrack.db"
    assert told not in vtrack("merge", *stores).output  # nothing says how long it took
    (run,) = json.loads(vtrack("merge", *stores, "--into", "other.db", "--json").output)
    assert (run["added"], run["there"], run["conflicts"]) == (2, 1, [])


def test_runs_without_a_key_are_told_how_to_become_one(vtrack, record, tmp_path):
    record("v1")
    record("v2")
    for name in ("a.db", "b.db"):
        store = open_store(str(tmp_path / name))
        store.begin(Run(name[0] * 32, "bot", AppVersion("v1"), started_at=1.0))
        store.finish(name[0] * 32, status="complete", reason=None, ended_at=2.0)
        store.close()
    said = vtrack("merge", "a.db", "b.db", "--into", "all.db").output
    assert "No two runs have a run key in common; --as-one-run makes one of those of a version" in said
    assert "Run aaaaaaaa (v1, complete) of 1 store in all.db: 0 results added" in said
    assert "of 2 stores" in vtrack("merge", "a.db", "b.db", "--into", "all.db", "--as-one-run").output


def test_what_cannot_be_merged_is_refused(vtrack, shard):
    assert "nope.db: there is no store" in vtrack("merge", "nope.db", code=2).stderr
    one = shard(1, 0)
    said = vtrack("merge", one, "--into", one, code=2).stderr
    assert f"merge: {one} is the store that the runs go to; name another with --into" in said


def test_a_run_that_was_killed_is_not_green_until_it_went_on(vtrack, record, tmp_path):
    record("v1", cases=2)
    path = tmp_path / "early.db"
    store = open_store(str(path))
    store.begin(replace(RUN, expected=3))
    store.close()
    said = vtrack("merge", "early.db", code=1).stderr
    told = "vtrack: INCOMPLETE: run 5b4d25c3 (v1): its session has not ended: 0 of 3 cases\n"
    assert said == told
    store = open_store(str(path))
    store.finish(RUN.id, status="complete", reason=None, ended_at=1.8e9)
    store.close()
    assert "Run 5b4d25c3 (v1, complete) of 1 store" in vtrack("merge", "early.db").output


def test_a_store_on_a_server_is_merged_into_a_file(vtrack, shard, postgres_uri):
    vtrack("merge", shard(1, 0, 1, total=1), "--into", postgres_uri)
    assert (
        "of 1 store in here.db: 2 results added" in vtrack("merge", postgres_uri, "--into", "here.db").output
    )
    assert "0 results added, 2 there already" in vtrack("merge", "here.db", "--into", postgres_uri).output


def test_an_unknown_run_key_is_told(vtrack, stored, monkeypatch):
    assert "no session with this run key stored anything" in vtrack("compare", "v1.2", "key:x", code=2).stderr
    said = vtrack("compare", "v1.2", "key:", code=2).stderr
    assert "there is no run key here; write key:NAME, or set VTRACK_RUN_KEY" in said


def test_a_run_of_one_session_is_not_taken_for_one_of_many(vtrack, stored):
    said = vtrack("compare", "v1.2", "v1.3", "--shards", "2", code=1).stderr
    assert "was filled by one session, not by 2 shards" in said


def test_names_of_others_cannot_act_on_the_terminal(vtrack, tmp_path):
    store = open_store(str(tmp_path / "a.db"))
    store.begin(Run("a" * 32, "bot", AppVersion("v\x1b[31m1"), started_at=1.0, expected=2))
    store.close()
    said = vtrack("merge", "a.db", code=1)
    assert "(v" in said.output
    assert "INCOMPLETE" in said.stderr
    assert "\x1b" not in said.output + said.stderr
