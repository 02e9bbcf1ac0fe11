"""Finding runs, baselines and verdicts again; deleting what nobody needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.comparison import Comparison, MetricResult
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.schema import VERSION


def ids(runs):
    return [run.id for run in runs]


@pytest.fixture
def history(record):
    record("r1", version=AppVersion("v1"))
    record("r2", version=AppVersion("v2"), env="prod")
    record("r3", version=AppVersion("v2"))
    record("file", origin="file")
    record("moved", origin="import", experiment="other")


def test_runs_are_listed_newest_first_without_baseline_files(store, history):
    assert ids(store.runs()) == ["moved", "r3", "r2", "r1"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"experiment": "bot"}, ["r3", "r2", "r1"]),
        ({"experiment": "bot", "version": "v2"}, ["r3", "r2"]),
        ({"env": "prod"}, ["r2"]),
        ({"limit": 1}, ["moved"]),
        ({"experiment": "nobody"}, []),
    ],
    ids=str,
)
def test_runs_can_be_chosen(store, history, wanted, expected):
    assert ids(store.runs(**wanted)) == expected


def test_experiments_are_sorted(store, history):
    assert store.experiments() == ["bot", "other"]


def test_prefix_finds_every_run_that_starts_so(store, history):
    assert ids(store.runs_with_prefix("r")) == ["r3", "r2", "r1"]
    assert store.runs_with_prefix("%") == []


def test_run_is_found_by_its_exact_id_only(store, history):
    assert store.run("r1").id == "r1"
    assert store.run("r") is None


def test_run_that_begins_again_is_reopened_with_its_results(store, record, result):
    record("r1", [result("a")], tags={"k": "v"})
    store.begin(Run("r1", "bot", AppVersion("v1"), expected=2))
    run = store.run("r1")
    assert (run.status, run.ended_at, run.expected, run.stored, run.tags) == (
        "running",
        None,
        2,
        1,
        {"k": "v"},
    )


def test_tags_are_added_and_expected_is_corrected(store, record):
    record("r1", tags={"a": "1", "b": "1"}, expected=3)
    store.update_run("r1", tags={"b": "2", "c": "ü"})
    store.update_run("r1", expected=4)
    store.update_run("r1")
    assert store.run("r1").tags == {"a": "1", "b": "2", "c": "ü"}
    assert store.run("r1").expected == 4


def test_tags_that_two_sessions_add_at_once_are_all_there(store, uri, record):
    record("r1", tags={"first": "1"})
    second = open_store(uri)
    names = [[f"{session}{number}" for number in range(20)] for session in "ab"]

    def add(session, to):
        for name in names[session]:
            to.update_run("r1", tags={name: "x"})

    try:
        with ThreadPoolExecutor(2) as both:
            for done in [both.submit(add, 0, store), both.submit(add, 1, second)]:
                done.result()
    finally:
        second.close()
    assert sorted(store.run("r1").tags) == sorted(["first", *names[0], *names[1]])


def test_newest_entry_of_a_baseline_name_counts_and_history_stays(store, record):
    record("r1"), record("r2")
    store.set_baseline("bot", "main", "r1", why="first", who="ann", at=1.0)
    store.set_baseline("bot", "main", "r2", why="shorter answers", who="bob", at=2.0)
    store.set_baseline("bot", "anchor", "r1", why="release", who="ann", at=3.0)
    store.set_baseline("zoo", "main", "r1", why="other", who="ann", at=4.0)
    assert store.baseline("bot", "main").run_id == "r2"
    assert [entry.why for entry in store.baseline_history("bot", "main")] == ["shorter answers", "first"]
    assert [(e.experiment, e.name, e.run_id) for e in store.baselines()] == [
        ("bot", "anchor", "r1"),
        ("bot", "main", "r2"),
        ("zoo", "main", "r1"),
    ]
    assert [entry.name for entry in store.baselines("zoo")] == ["main"]
    assert store.baseline("bot", "nope") is None


def test_baseline_of_an_unknown_run_is_refused(store):
    with pytest.raises(StoreError, match="run 'nope' is not in this store"):
        store.set_baseline("bot", "main", "nope", why="w", who="w", at=1.0)


def test_newest_verdict_of_a_run_is_found(store, record):
    before, now = record("r1"), record("r2")
    metric = MetricResult("m", "bool", "higher", True, "worse", effect=-0.1)
    for verdict in ("not_sure", "regressed"):
        comparison = Comparison(
            now, before, Policy(gating_slices=frozenset({"a"})), verdict, (metric,), rule="1"
        )
        store.save_verdict(comparison, exit_code=10, at=1.0)
    assert store.verdict_of("r2") == "regressed"
    assert store.verdict_of("r1") is None


def test_info_counts_what_is_stored(store, record, result):
    record("r1", [result("a", {"m": 1.0, "n": 2.0}), result("b")], version=AppVersion("v1"))
    record("r2", [result("a", {"m": 1.0})], version=AppVersion("v2"))
    info = store.info()
    assert (info.experiments, info.versions, info.runs) == (1, 2, 2)
    assert (info.cases, info.traces, info.assessments) == (2, 3, 3)
    assert (info.oldest.id, info.newest.id, info.schema) == ("r1", "r2", VERSION)
    assert info.size > 8192
    assert info.location == store.location


def test_info_of_an_empty_store_has_no_runs(store):
    assert store.info().oldest is None
    assert store.info().newest is None


def test_prune_keeps_the_newest_and_whatever_a_baseline_points_to(store, record, result):
    for number in range(6):
        record(f"r{number}", [result(f"c{number}", {"label": f"l{number}"}, tags={"t": str(number)})])
    store.set_baseline("bot", "main", "r0", why="old", who="ann", at=1.0)
    store.set_baseline("bot", "main", "r5", why="new", who="ann", at=2.0)
    assert ids(store.prune(keep=2, dry_run=True)) == ["r3", "r2", "r1"]
    assert len(store.runs()) == 6
    assert ids(store.prune(keep=2)) == ["r3", "r2", "r1"]
    assert ids(store.runs()) == ["r5", "r4", "r0"]
    assert store.info().cases == store.info().traces == store.info().assessments == 3
    assert [r.assessments[0].value for r in store.results("r0")] == ["l0"]
    assert [r.tags for r in store.results("r4")] == [{"t": "4"}]


def test_prune_counts_each_experiment_and_baseline_files_apart(store, record):
    record("a1"), record("a2"), record("b1", experiment="zoo")
    record("f1", origin="file"), record("f2", origin="file")
    assert ids(store.prune(keep=1, experiment="zoo")) == []
    assert ids(store.prune(keep=1)) == ["f1", "a1"]


def test_prune_keeps_what_may_be_recorded_right_now(store, record, result):
    day = 86_400.0
    for number, started in enumerate((1.0, 2.0, 3.0)):
        store.begin(Run(f"r{number}", "bot", AppVersion("v1"), started_at=started * day))
    store.add("r0", [result("a", started_at=3.1 * day)])
    record("newest", started_at=5.0 * day)
    assert ids(store.prune(keep=1, at=3.5 * day, dry_run=True)) == ["r1"]
    store.finish("r2", status="partial", reason="Ctrl-C", ended_at=3.2 * day)
    assert ids(store.prune(keep=1, at=3.5 * day)) == ["r2", "r1"]
    assert ids(store.prune(keep=1, at=4.2 * day)) == ["r0"]


def test_prune_that_would_keep_nothing_is_refused(store):
    with pytest.raises(StoreError, match="prune: keep=0 would delete the newest run too; keep at least 1"):
        store.prune(keep=0)


def test_run_that_a_baseline_points_to_is_not_removed(store, record):
    record("r1")
    store.set_baseline("bot", "main", "r1", why="w", who="w", at=1.0)
    with pytest.raises(StoreError, match="run 'r1' is in the history of the baseline 'main'"):
        store.remove("r1")


def test_what_another_process_deletes_while_a_run_is_written_is_not_relied_on(uri, store, record, result):
    """Numbers of tag sets, labels, cases and outputs are free again once their run is deleted."""
    large = '"' + "x" * 2000 + '"'

    def results(word):
        return [result(word, {"label": word}, tags={"t": word}, outputs=large.replace("x", word))]

    record("keep")
    store.add("keep", results("a"))
    record("gone", results("b"))
    other = open_store(uri)
    other.remove("gone")
    other.begin(Run("other", "bot", AppVersion("v1")))
    other.add("other", results("c"))
    store.add("keep", results("b"))
    found = {r.key.case_id: (r.assessments[0].value, r.tags, r.outputs[1]) for r in store.results("keep")}
    assert found == {word: (word, {"t": word}, word) for word in "ab"}
    assert [r.assessments[0].value for r in other.results("other")] == ["c"]
    other.close()


def test_run_that_another_process_deleted_is_not_written_to(uri, store, record, result):
    """Its number may be another run's by now."""
    record("r1", [result("a", {"m": 1.0})])
    other = open_store(uri)
    other.remove("r1")
    other.begin(Run("r2", "bot", AppVersion("v1")))
    with pytest.raises(StoreError, match="run 'r1' is not in this store"):
        store.add("r1", [result("b", {"m": 1.0})])
    assert other.metric_summaries("r2") == []
    other.close()


def test_metrics_of_a_deleted_run_are_not_seen_by_the_next(store, record, result):
    record("r1", [result(c, {"m": 1.0, "n": 0.0}) for c in "ab"])
    store.remove("r1")
    assert store.info().assessments == 0
    record("r2", [result("a", {"m": 0.5})])
    assert [(side.spec.name, side.cases, side.mean) for side in store.metric_summaries("r2")] == [
        ("m", 1, 0.5)
    ]
    assert [len(r.assessments) for r in store.results("r2")] == [1]
