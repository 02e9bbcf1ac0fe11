"""Runs that several sessions fill, on every store."""

from __future__ import annotations

import threading

import pytest

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store

RUN = Run("r1", "bot", AppVersion("v1"), started_at=1.0, expected=99)


def shard(number, *results, total=2, key="k", **more):
    nodeids = frozenset(each.nodeid for each in results)
    return Shard(f"s{number}", key, number, total, "host", nodeids, started_at=float(number), **more)


def leave(store, number, **more):
    told = {"status": "complete", "reason": None, "ended_at": 5.0 + number, **more}
    return store.shards.leave("r1", f"s{number}", **told)


def test_the_last_shard_closes_the_run(store, result):
    first, second = [result(case) for case in "ab"], [result(case) for case in "cd"]
    run = store.shards.join(RUN, shard(1, *first))
    assert (run.status, run.expected) == ("running", 2)
    store.add("r1", first)
    run = leave(store, 1)
    assert (run.status, run.reason) == ("running", "shard 2 of 2 has not begun")
    assert store.shards.join(RUN, shard(2, *second)).expected == 4
    store.add("r1", second)
    run = leave(store, 2)
    assert (run.status, run.reason, run.expected, run.stored, run.ended_at) == ("complete", None, 4, 4, 7.0)
    assert [each.id for each in store.runs()] == ["r1"]


def test_a_shard_is_stored_as_it_was_told(store, result):
    told = shard(2, result("a"), result("b"), chunks=(("t[cases_1-5]", 0, 5, 2),))
    store.shards.join(RUN, told)
    assert store.shards.of_run("r1") == [told]
    assert told.expected == 12


def test_a_shard_that_runs_again_is_no_second_one(store, result):
    first, second = result("a"), result("b")
    store.shards.join(RUN, shard(1, first))  # and is killed
    store.shards.join(RUN, shard(2, second))
    store.add("r1", [second])
    assert leave(store, 2).status == "running"
    store.shards.join(RUN, shard(1, first))
    store.add("r1", [first])
    run = leave(store, 1)
    assert (run.status, run.stored, len(store.shards.of_run("r1"))) == ("complete", 2, 2)


def test_a_complete_run_stays_so_while_one_of_its_shards_runs_again(store, result):
    first, second = result("a"), result("b")
    for number, each in enumerate((first, second), start=1):
        store.shards.join(RUN, shard(number, each))
        store.add("r1", [each])
        run = leave(store, number)
    assert store.shards.join(RUN, shard(1, first)) == run
    assert store.run("r1") == run
    more = store.shards.join(RUN, shard(1, first, result("c")))
    assert (more.status, more.expected) == ("running", 3)


def test_looking_for_the_last_time_names_what_is_missing(store, result):
    first, second = result("a"), result("b")
    store.shards.join(RUN, shard(1, first))
    store.shards.join(RUN, shard(2, second))
    store.add("r1", [first])
    leave(store, 1)
    run = store.shards.settle("r1", total=None, at=9.0)
    reason = f"shard 2 of 2 has not finished: 1 of 1 cases are missing: {second.nodeid}"
    assert (run.status, run.reason) == ("incomplete", reason)
    store.add("r1", [second])  # it was only slow
    assert leave(store, 2).status == "complete"


def test_what_was_set_aside_is_missing_and_what_was_superseded_is_not(store, result):
    results = [result("a"), result("b"), result("b", attempt=1)]
    store.shards.join(RUN, shard(1, *results, total=1))
    store.add("r1", results)
    assert leave(store, 1).status == "complete"
    store.set_aside("r1", [(results[0].key, 0)])
    reason = f"shard 1 of 1 stopped: 1 of 2 cases are missing: {results[0].nodeid}"
    assert store.shards.settle("r1", total=None, at=9.0).reason == reason


def test_runs_are_found_by_their_key(store, record):
    store.shards.join(RUN, shard(1))
    record("r2")
    assert [run.id for run in store.shards.runs_with_key("k", "bot")] == ["r1"]
    assert store.shards.runs_with_key("k", "other") == store.shards.runs_with_key("other", "bot") == []
    assert store.shards.of_run("r2") == []
    assert store.shards.settle("r2", total=None, at=9.0).status == "complete"


def test_a_shared_run_can_be_removed(store, result):
    store.shards.join(RUN, shard(1, result("a")))
    store.remove("r1")
    assert store.run("r1") is None
    assert store.shards.runs_with_key("k", "bot") == []


@pytest.mark.parametrize("case", ["a", "\ud800\0"], ids=["plain", "escaped"])
def test_a_trial_that_another_session_stored_is_chosen_about(store, result, case):
    store.shards.join(RUN, shard(1))
    empty = {"inputs": "{}", "outputs": "{}"}
    finished = result(case, {"completed": True, "m": 1.0}, duration_s=0.5, **empty)
    store.shards.add("r1", [finished, result("b")], lambda *_: [])
    store.shards.add("r1", [result(case, {"m": 0.0}, **empty), result("c", {"m": 1.0})], lambda *_: [])
    assert sorted(each.duration_s for each in store.results("r1", all_attempts=True)) == [0.0, 0.0, 0.5]
    met = []
    store.shards.add("r1", [result(case, attempt=1, **empty)], lambda *told: met.append(told) or [])
    ((there, fresh),) = met
    assert (there.attempt, there.duration_s, there.completed, len(there.fingerprints)) == (0, 0.5, True, 1)
    assert [each.attempt for each in fresh] == [1]
    store.shards.add("r1", [result(case, {"m": 0.0}, attempt=1, **empty)], lambda _, fresh: fresh)
    assert store.run("r1").stored == 3


@pytest.mark.parametrize("new", [True, False], ids=["new cases", "known cases"])
def test_sessions_that_store_the_same_at_the_same_time_replace_nothing(uri, store, record, result, new):
    cases = [f"c{number}" for number in range(60)]
    if not new:
        record("r0", map(result, cases))
    store.shards.join(RUN, shard(1))
    barrier, kept, failures = threading.Barrier(4), [], []

    def work(number):
        other = open_store(uri)
        try:
            barrier.wait()
            for start in range(0, 60, 20):
                batch = [result(case, duration_s=number + 1.0) for case in cases[start : start + 20]]
                met = []
                other.shards.add("r1", batch, lambda there, _, met=met: met.append(there) or [])
                kept.append({each.key.case_id: each.duration_s for each in met})
        except Exception as error:
            failures.append(error)
        finally:
            other.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    stored = {each.key.case_id: each.duration_s for each in store.results("r1", all_attempts=True)}
    assert (store.run("r1").stored, len(stored)) == (60, 60)
    assert all(stored[case] == duration for each in kept for case, duration in each.items())


@pytest.mark.parametrize("count", [6])
def test_shards_that_run_at_the_same_time_lose_nothing(uri, store, result, count):
    """Each has its own connection; all have scorers, labels, tags and large contents in common."""
    barrier, failures = threading.Barrier(count), []
    answers = ("x" * 3000, "y" * 3000)

    def results_of(number):
        for place in range(40):
            yield result(
                f"c{number}-{place}",
                {"m": float(place), "tone": f"t{place % 3}"},
                tags={"topic": str(place % 4)},
                outputs=f'"{answers[place % 2]}"',
                spans='[{"name": "ask", "kind": "LLM"}]',
            )

    def work(number):
        other = open_store(uri)
        try:
            results = list(results_of(number))
            barrier.wait()
            other.shards.join(RUN, shard(number, *results, total=count))
            for start in range(0, 40, 10):
                other.add("r1", results[start : start + 10])
            leave(other, number)
        except Exception as error:
            failures.append(error)
        finally:
            other.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    run = store.run("r1")
    assert (run.status, run.stored, run.expected) == ("complete", 40 * count, 40 * count)
    assert {each.key.case_id: each for each in store.results("r1")} == {
        each.key.case_id: each for number in range(1, count + 1) for each in results_of(number)
    }
    assert [side.cases for side in store.metric_summaries("r1")] == [40 * count] * 2
