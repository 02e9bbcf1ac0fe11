"""Making one run of several stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_vtrack.model.assessment import COMPLETED, Assessment, MetricSpec
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.declared import declared_tags, with_declared
from pytest_vtrack.workflow.merged_trials import Conflict
from pytest_vtrack.workflow.merging import Source, merge
from pytest_vtrack.workflow.resuming import RESUMED

DONE = Assessment(COMPLETED, True)
RUN = Run("r1", "bot", AppVersion("v1", commit="abc"), flags={"x": "1"}, started_at=1.0)


def result(case, *, duration=1.0, outcome="passed", **more):
    done = (Assessment(COMPLETED, outcome != "error"),)
    return CaseResult(
        CaseKey("t.py::test", "qa", case, "d"),
        f"t.py::test[{case}]",
        outcome,
        duration_s=duration,
        assessments=done,
        **more,
    )


@pytest.fixture
def source(tmp_path):
    """Make the store of a session: with a run key of a shard where it has a number."""
    opened = []

    def source(name, *results, number=None, total=2, run=RUN, ended_at=5.0, expected=None):
        store = open_store(str(tmp_path / f"{name}.db"))
        opened.append(store)
        if number is None:
            store.begin(run)
        else:
            nodeids = frozenset(each.nodeid for each in results)
            store.shards.join(run, Shard(f"s{number}", "k", number, total, name, nodeids))
        store.add(run.id, list(results))
        if number is None:
            told = {"status": "complete", "reason": None, "expected": expected or len(results)}
            if expected:
                told |= {"status": "incomplete", "reason": "the machine went away"}
            store.finish(run.id, ended_at=ended_at, **told)
        else:
            store.shards.leave(run.id, f"s{number}", status="complete", reason=None, ended_at=ended_at)
        return Source(name, store)

    yield source
    for store in opened:
        store.close()


def test_shards_with_one_key_become_one_run(store, source):
    first = [result("a"), result("b", attempt=1), result("b", outcome="error", duration=0.1)]
    parts = [source("one", *first, number=1), source("two", result("c"), number=2, ended_at=7.0)]
    (merged,) = merge(store, parts)
    assert (merged.sources, merged.added, merged.there, merged.conflicts) == (["one", "two"], 3, 0, [])
    expected = replace(RUN, status="complete", expected=3, stored=3, ended_at=7.0)
    assert merged.run == store.run("r1") == expected
    assert [each.key.case_id for each in store.results("r1", all_attempts=True)] == ["a", "b", "b", "c"]
    assert next(store.results("r1")) == result("a")


@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
def test_what_each_shard_tells_of_the_run_is_told_of_the_whole(store, source, together):
    first = replace(RUN, tags={"kept": "1", **declared_tags(None, ["topic"])})
    version = replace(RUN.version, params={"model": "m"})
    tags = {"kept": "2", "new": "3", **declared_tags("user", ["lang"])}
    second = replace(RUN, version=version, tags=tags, started_at=2.0)
    sources = [
        source("one", result("a"), number=1, run=first),
        source("two", result("b"), number=2, run=second),
    ]
    for part in [sources] if together else ([each] for each in sources):
        (merged,) = merge(store, part)
    run = merged.run
    assert run.status == "complete"
    assert (run.tags["kept"], run.tags["new"], run.version.params) == ("1", "3", {"model": "m"})
    policy = with_declared(Policy(), run)
    assert (policy.cluster, policy.gating_slices) == ("user", {"lang", "topic"})


def test_merging_again_changes_nothing(store, source):
    parts = [source("one", result("a"), number=1), source("two", result("b"), number=2)]
    (before,) = merge(store, parts)
    (again,) = merge(store, parts)
    assert (again.run, again.added, again.there, again.conflicts) == (before.run, 0, 2, [])


def test_shards_may_come_one_after_the_other(store, source):
    one, two = source("one", result("a"), number=1), source("two", result("b"), number=2)
    (first,) = merge(store, [two])
    assert (first.run.status, first.run.reason) == ("incomplete", "shard 1 of 2 has not begun")
    (second,) = merge(store, [one])
    assert (second.run.status, second.run.stored) == ("complete", 2)


def test_the_number_of_shards_may_be_given(store, source):
    parts = [source("one", result("a"), number=None), source("two", result("b"), number=2, total=None)]
    incomplete = merge(store, parts[1:], total=3)[0].run
    assert (incomplete.status, incomplete.reason) == ("incomplete", "shards 1, 3 of 3 have not begun")


@pytest.mark.parametrize("together", [True, False], ids=["together", "one-by-one"])
@pytest.mark.parametrize("order", ["first second", "second first"])
@pytest.mark.parametrize("ended", ["incomplete", "running"])
def test_a_shard_that_ran_again_is_through_in_any_order(store, source, ended, order, together):
    chunks = (("t.py::test[cases_1-2]", 0, 2, 1),)
    first, second = (
        source("first", result("a"), number=1),
        source("second", result("a"), result("b"), number=1),
    )
    told = Shard("s1", "k", 1, 1, chunks=chunks)
    for each, begun, status in ((first, 1.0, ended), (second, 2.0, "complete")):
        each.store.shards.join(RUN, replace(told, status=status, started_at=begun))
    parts = [{"first": first, "second": second}[name] for name in order.split()]
    for sources in [parts] if together else [[part] for part in parts]:
        (merged,) = merge(store, sources)
    assert (merged.run.status, merged.run.reason, merged.run.stored) == ("complete", None, 2)


def test_of_two_results_the_first_counts(store, source):
    parts = [source("one", result("a"), number=1), source("two", result("a", duration=2.0), number=2)]
    (merged,) = merge(store, parts)
    assert merged.conflicts == [Conflict("a", 0, "one", "two")]
    assert [each.duration_s for each in store.results("r1")] == [1.0]
    assert (merged.run.status, merged.run.expected) == ("complete", 1)


def test_of_two_results_the_one_that_finished_counts(store, source):
    broken = result("a", outcome="error", error="no network")
    parts = [source("one", broken, number=1), source("two", result("a", duration=2.0), number=2)]
    for conflicts in ([Conflict("a", 0, "two", "one")], [Conflict("a", 0, "the store", "one")]):
        (merged,) = merge(store, parts)
        assert merged.conflicts == conflicts
        assert [each.duration_s for each in store.results("r1")] == [2.0]


def test_runs_without_a_key_stay_apart(store, source):
    other = replace(RUN, id="r2", started_at=2.0)
    parts = [source("one", result("a")), source("two", result("b"), run=other)]
    merged = merge(store, parts)
    assert [(each.run.id, each.run.status, each.added) for each in merged] == [
        ("r1", "complete", 1),
        ("r2", "complete", 1),
    ]
    assert [each.added for each in merge(store, parts)] == [0, 0]


@pytest.mark.parametrize("last", ["begin", "add"])
def test_a_merge_that_was_killed_is_made_up_for_by_the_next(store, source, monkeypatch, last):
    parts = [source("one", result("a"), result("b"))]

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, {"begin": "add", "add": "finish"}[last], killed)
        with pytest.raises(KeyboardInterrupt):
            merge(store, parts)
    assert store.run("r1").status == "running"
    (merged,) = merge(store, parts)
    assert merged.run == store.run("r1") == parts[0].store.run("r1")
    assert (merged.run.status, merged.added + merged.there) == ("complete", 2)


def test_a_session_may_go_on_while_its_store_is_merged(store, source, monkeypatch):
    part = source("one", result("a"))
    trials = part.store.stored_trials
    later = iter([result("b"), result("c")])

    def stored_trials(run_id):
        found = trials(run_id)
        part.store.add(run_id, [each] if (each := next(later, None)) else [])
        return found

    monkeypatch.setattr(part.store, "stored_trials", stored_trials)
    (merged,) = merge(store, [part])
    assert merged.added == 2
    assert [each.key.case_id for each in store.results("r1")] == ["a", "b"]
    (merged,) = merge(store, [part])
    assert [each.key.case_id for each in store.results("r1")] == ["a", "b", "c"]


def test_runs_without_a_key_become_one_where_asked(store, source):
    other = replace(RUN, id="r2", started_at=2.0)
    newer = replace(other, id="r3", version=AppVersion("v2"))
    parts = [
        source("one", result("a")),
        source("two", result("b"), run=other),
        source("three", result("b"), run=newer),
    ]
    for added in ([2, 1], [0, 0]):
        merged = merge(store, parts, as_one_run=True)
        assert [(each.run.version.name, each.run.status, each.added) for each in merged] == [
            ("v1", "complete", added[0]),
            ("v2", "complete", added[1]),
        ]
    assert len(store.runs()) == 2


def test_a_run_that_lacks_cases_makes_the_whole_incomplete(store, source):
    parts = [
        source("one", result("a")),
        source("two", result("b"), run=replace(RUN, id="r2"), expected=4),
    ]
    (merged,) = merge(store, parts, as_one_run=True)
    assert (merged.run.status, merged.run.stored, merged.run.expected) == ("incomplete", 2, 5)
    assert merged.run.reason == "the shard on two the machine went away"


def interrupted(source, name="early"):
    """A store as it was when its session was killed."""
    failed = result("b", outcome="error", duration=0.1)
    part = source(name, result("a"), failed, result("gone"))
    part.store.begin(replace(RUN, expected=4))
    return part


def finished(source, name="late"):
    """The same store after the session went on: a case less, one that ran again, and a new one."""
    part = interrupted(source, name)
    part.store.set_aside("r1", [(result("gone").key, 0)])
    part.store.add("r1", [result("b", attempt=1), result("c")])
    part.store.update_run("r1", tags={RESUMED: "1"})
    part.store.finish("r1", status="complete", reason=None, ended_at=9.0, expected=3)
    return part


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("newest_first", [True, False])
def test_of_two_copies_of_a_run_the_one_that_went_on_counts(store, source, together, newest_first):
    copies = [interrupted(source), finished(source)]
    whole = copies[1].store
    copies = copies[::-1] if newest_first else copies
    for each in [copies] if together else [[copy] for copy in copies]:
        merge(store, each)
    assert store.runs() == whole.runs()
    assert list(store.results("r1", all_attempts=True)) == list(whole.results("r1", all_attempts=True))
    assert list(store.results("r1")) == list(whole.results("r1"))


def scored_again(source, name, *words):
    """A store whose one case was scored again, once for each word."""
    part = source(name, result("a"))
    for attempt, word in enumerate(words, start=1):
        told = Assessment(MetricSpec("tone", "sha256:tone"), word)
        part.store.add("r1", [replace(result("a", attempt=attempt), assessments=(DONE, told))])
    return part


def test_merging_again_what_was_scored_again_changes_nothing(store, source):
    part = scored_again(source, "one", "kind", "rude")
    for _ in range(2):
        (merged,) = merge(store, [part])
    assert (merged.added, merged.there) == (0, 1)
    assert list(store.results("r1", all_attempts=True)) == list(part.store.results("r1", all_attempts=True))


def test_what_was_scored_again_since_the_last_merge_counts(store, source):
    before, since = scored_again(source, "one", "kind"), scored_again(source, "two", "kind", "rude")
    merge(store, [before, since])
    assert list(store.results("r1", all_attempts=True)) == list(since.store.results("r1", all_attempts=True))


def test_a_store_scored_again_elsewhere_keeps_the_answers_of_both(store, source):
    here, there = scored_again(source, "one", "kind"), scored_again(source, "two", "rude")
    failed = source("early", result("a", outcome="error", duration=0.1))
    for _ in range(2):
        merge(store, [failed, here, there])
    found = list(store.results("r1", all_attempts=True))
    tones = [{each.value for each in result.assessments} - {True, False} for result in found]
    assert [each.attempt for each in found] == [0, 1, 2]
    assert tones == [set(), {"kind"}, {"rude"}]


def test_what_no_longer_counts_in_a_shard_does_not_count_in_the_whole(store, source):
    part = source("one", result("a"), result("b"), number=1, total=1)
    part.store.shards.join(RUN, Shard("s1", "k", 1, 1, nodeids=frozenset({result("a").nodeid})))
    part.store.set_aside("r1", [(result("b").key, 0)])
    for _ in range(2):
        (merged,) = merge(store, [part])
        assert (merged.run.stored, [each.key.case_id for each in store.results("r1")]) == (1, ["a"])
