"""Which run is continued, and what of it runs again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.errors import ResumeRefused
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.stored_trial import StoredTrial
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.resuming import (
    Planned,
    differences,
    find_run,
    first_judges,
    remainder,
    resumed_tags,
)
from pytest_vtrack.workflow.worse_so_far import worse_so_far

SCORER = "sha256:abc"
BUILTIN = frozenset({"builtin:passed/1", "builtin:completed/1", "by hand"})
CLEAN = AppVersion("v1", commit="a" * 40, dirty=False, params={"model": "small"})


def planned(case, *, digest="d", trial=0, scorers=(SCORER,)):
    name = f"test.py::test[{case}-{trial}]"
    return Planned(name, CaseKey("test.py::test", "qa", case, digest), trial, frozenset(scorers))


def stored(case, *, digest="d", trial=0, scorers=(SCORER,), **values):
    values = {
        "attempt": 0,
        "outcome": "passed",
        "duration_s": 1.0,
        "completed": True,
        "unfinished": None,
        "passed": True,
        "why": None,
        **values,
    }
    key = CaseKey("test.py::test", "qa", case, digest)
    return StoredTrial(key=key, trial=trial, nodeid="n", fingerprints=BUILTIN | set(scorers), **values)


CASES = {
    "passed": (stored("q"), "told"),
    "failed": (stored("q", outcome="failed", passed=False), "told"),
    "failed before there were outputs": (
        stored("q", outcome="failed", completed=False, unfinished="the test recorded no outputs to score: …"),
        "told",
    ),
    "an error": (stored("q", outcome="failed", completed=False, unfinished="OSError"), 1),
    "an error of a fixture": (stored("q", outcome="error", completed=False, scorers=()), 1),
    "the second error": (stored("q", outcome="failed", completed=False, attempt=1), 2),
    "skipped": (stored("q", outcome="skipped", completed=False, scorers=()), 0),
    "another scorer": (stored("q", scorers=["sha256:old"]), 1),
    "a scorer more now": (stored("q", scorers=()), 1),
    "a scorer less now": (stored("q", scorers=[SCORER, "builtin:contains/1:99"]), 1),
    "set aside before": (stored("q", counts=False), 1),
}


@pytest.mark.parametrize(("found", "expected"), CASES.values(), ids=CASES)
def test_what_is_told_and_what_runs_again(found, expected):
    left = remainder([planned("q")], [found], complete=False, whole=True)
    name = planned("q").nodeid
    assert left.told.get(name, left.again.get(name)) == (found if expected == "told" else expected)
    assert left.to_run == (expected != "told")
    assert left.stale == ()


MORE = {SCORER, "sha256:asked later"}


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("judged", "first", "told"),
    [
        (MORE, {SCORER}, True),
        (MORE, MORE, False),
        ({"sha256:asked later"}, {SCORER}, False),
    ],
    ids=["scored again", "a scorer less now", "scored again with another of the name"],
)
def test_what_was_scored_again_with_more_scorers_does_not_run_again(complete, judged, first, told):
    found = stored("q", attempt=2, scorers=judged)
    marks = {(found.key, 0): BUILTIN | first}
    left = remainder([planned("q")], [found], complete=complete, whole=True, judged_first=lambda: marks)
    assert bool(left and left.told) == told


def test_who_judged_first_is_read_from_the_call_that_counts(store):
    def attempt(number, started_at, *marks):
        key, name = planned("q").key, planned("q").nodeid
        said = tuple(Assessment(MetricSpec(mark, mark), True) for mark in marks)
        return CaseResult(key, name, "passed", attempt=number, started_at=started_at, assessments=said)

    store.begin(Run("r", "bot", CLEAN))
    store.add("r", [attempt(0, 1.0, "old"), attempt(1, 2.0, "a"), attempt(2, 2.0, "a", "b")])
    assert first_judges(store, "r") == {(planned("q").key, 0): {"a"}}


@pytest.mark.parametrize(("whole", "stale"), [(True, ["edited", "gone"]), (False, ["edited"])])
def test_edited_and_gone_cases_no_longer_count(whole, stale):
    run = [stored("edited", digest="old"), stored("gone"), stored("same")]
    left = remainder([planned("edited"), planned("same")], run, complete=False, whole=whole)
    assert [key.case_id for key, _ in left.stale] == stale
    assert list(left.told) == [planned("same").nodeid]
    assert left.again == {}
    assert left.to_run == 1


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ([stored("a"), stored("b", outcome="error", completed=False, scorers=())], True),
        ([stored("a")], False),
        ([stored("a"), stored("b", digest="old")], False),
        ([stored("a"), stored("b", scorers=["sha256:old"])], False),
        ([stored("a"), stored("b"), stored("gone")], False),
    ],
    ids=["all there", "a case more now", "edited", "another scorer", "a case less now"],
)
def test_a_complete_run_is_told_whole_or_not_at_all(run, told):
    left = remainder([planned("a"), planned("b")], run, complete=True, whole=True)
    assert (left is not None) == told
    assert not told or (len(left.told), left.to_run) == (2, 0)


@given(st.lists(st.booleans(), max_size=30), st.booleans())
def test_every_planned_trial_is_told_or_runs(done, whole):
    plan = [planned(f"q{n}") for n in range(len(done))]
    run = [stored(f"q{n}", completed=flag) for n, flag in enumerate(done)]
    left = remainder(plan, run, complete=False, whole=whole)
    assert len(left.told) == sum(done)
    assert len(left.told) + left.to_run == len(plan)
    assert set(left.told) | set(left.again) == {each.nodeid for each in plan}


STATES = {
    "the same": (CLEAN, []),
    "params that tests told": (replace(CLEAN, params={}), []),
    "another commit": (replace(CLEAN, commit="b" * 40), ["commit aaaaaaa then, bbbbbbb now"]),
    "no commit now": (replace(CLEAN, commit=None), ["commit aaaaaaa then, none now"]),
    "uncommitted changes": (replace(CLEAN, dirty=True, changes="c"), ["other uncommitted changes"]),
    "another param": (replace(CLEAN, params={"model": "large"}), ["model=small then, large now"]),
    "a param more": (
        replace(CLEAN, params={**CLEAN.params, "effort": "low"}),
        ["effort=nothing then, low now"],
    ),
}


@pytest.mark.parametrize(("now", "said"), STATES.values(), ids=STATES)
def test_two_states_differ_in_what_is_said(now, said):
    assert differences(CLEAN, now) == said


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "vtrack.db"))
    yield store
    store.close()


def keep(store, name, status="running", *, stored=1, at=1.0, **values):
    run = Run(name, "bot", values.pop("version", CLEAN), started_at=at, expected=2, **values)
    store.begin(run)
    from pytest_vtrack.model.run import CaseResult

    store.add(name, [CaseResult(CaseKey("t", "qa", f"q{n}"), "n", "passed") for n in range(stored)])
    if status != "running":
        store.finish(name, status=status, reason=None, ended_at=at + 1)


def found(store, **values):
    run = find_run(store, Run("", "bot", values.pop("version", CLEAN), started_at=100.0, **values))
    return run and run.id


def test_the_newest_interrupted_run_of_the_same_state_is_found(store):
    assert found(store) is None
    keep(store, "killed", at=1.0)
    keep(store, "stopped", "partial", at=2.0)
    keep(store, "part", "partial", stored=2, at=3.0)
    keep(store, "other-env", env="prod", at=4.0)
    keep(store, "other-flags", flags={"a": "on"}, at=5.0)
    keep(store, "imported", origin="import", at=6.0)
    keep(store, "other-version", version=replace(CLEAN, name="v2"), at=7.0)
    keep(store, "other-state", version=replace(CLEAN, commit="b" * 40), at=8.0)
    keep(store, "later", at=200.0)
    assert found(store) == "stopped"
    assert found(store, env="prod") == "other-env"
    assert found(store, flags={"a": "on"}) == "other-flags"
    keep(store, "whole", "complete", stored=2, at=9.0)
    assert found(store) == "whole"


def test_a_part_that_was_continued_goes_on_although_all_it_expects_is_there(store):
    keep(store, "part", "partial", stored=2)
    store.update_run("part", tags={"vtrack.resumed": "1"})
    assert found(store) == "part"


def test_what_was_interrupted_in_another_state_is_refused(store):
    keep(store, "cafe0123", version=replace(CLEAN, dirty=True, changes="c"))
    with pytest.raises(ResumeRefused) as refused:
        found(store)
    assert str(refused.value) == (
        "--vtrack-resume: run cafe0123 of 'v1' was recorded in another state of the application: other "
        "uncommitted changes (what tests write into the work tree counts too: have git ignore it). A run is "
        "of one state: go back to it, or leave out --vtrack-resume to start a new run"
    )


def test_a_complete_run_of_another_state_is_none_of_ours(store):
    keep(store, "whole", "complete", stored=2, version=replace(CLEAN, commit="b" * 40))
    assert found(store) is None


def test_how_often_and_when_is_noted():
    run = Run("r", "bot", CLEAN)
    once = resumed_tags(run, 0.0)
    assert once == {"vtrack.resumed": "1", "vtrack.resumed.at": "1970-01-01T00:00:00Z"}
    assert resumed_tags(replace(run, tags=once), 3600.0) == {
        "vtrack.resumed": "2",
        "vtrack.resumed.at": "1970-01-01T00:00:00Z, 1970-01-01T01:00:00Z",
    }


def test_worse_cases_are_counted_while_the_run_goes_on(store):
    from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
    from pytest_vtrack.model.run import CaseResult

    right, score = MetricSpec("right", "f"), MetricSpec("score", "f", tolerance=0.1)

    def add(run_id, values):
        results = [
            CaseResult(
                CaseKey("t", "qa", f"q{n}"),
                "n",
                "passed",
                assessments=(Assessment(right, yes), Assessment(score, number), Assessment(LATENCY, seconds)),
            )
            for n, (yes, number, seconds) in enumerate(values)
        ]
        store.add(run_id, results)

    store.begin(Run("before", "bot", CLEAN, started_at=1.0))
    add("before", [(True, 1.0, 1.0)] * 5)
    store.finish("before", status="complete", reason=None, ended_at=2.0)
    store.begin(Run("now", "bot", CLEAN, started_at=3.0))
    assert worse_so_far(store, "before", "now") == 0
    add("now", [(True, 1.0, 9.0), (False, 1.0, 1.0), (True, 0.95, 1.0), (True, 0.5, 1.0)])
    assert worse_so_far(store, "before", "now") == 2
