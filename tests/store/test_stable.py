"""The built-in metric ``stable``: whether a case's yes/no metrics agree over its trials."""

from __future__ import annotations

import math

import pytest

from pytest_vtrack.model.assessment import STABLE, MetricSpec
from pytest_vtrack.model.comparison import PairSums, SideCounts
from pytest_vtrack.store.baseline_file import import_baseline, write_baseline


def trials(result, case, *passed, **more):
    """Trials of one case: what ``passed`` says in each, and by name what other metrics say."""
    return [
        result(case, {"passed": value, **{name: values[trial] for name, values in more.items()}}, trial=trial)
        for trial, value in enumerate(passed)
    ]


def stable_of(store):
    return next((sums for sums in store.metric_sums("r1", "r2") if sums.name == "stable"), None)


def test_sums_by_hand(store, record, result):
    """Six cases; stable in the baseline: a, b, c of a, b, c, d; now: a, c, d of a, b, c, d, f."""
    record(
        "r1",
        [
            *trials(result, "a", True, True),
            *trials(result, "b", False, False, False),
            *trials(result, "c", True, True, polite=[True, True]),
            *trials(result, "d", True, True, polite=[True, False]),  # one metric disagrees: that is enough
            *trials(result, "e", True),  # a single trial says nothing
            *trials(result, "f", True),
        ],
    )
    record(
        "r2",
        [
            *trials(result, "a", True, True),
            *trials(result, "b", False, True),
            *trials(result, "c", False, False),  # another answer than before, and a stable one
            *trials(result, "d", True, True),
            *trials(result, "e", True),
            *trials(result, "f", True, False),
        ],
    )
    sums = stable_of(store)
    assert sums.baseline == SideCounts(
        STABLE, 4, bools=4, minimum=0.0, maximum=1.0, mean=0.75, standard_error=0.25
    )
    error = pytest.approx(math.sqrt(0.06))
    assert sums.current == SideCounts(STABLE, 5, 5, minimum=0.0, maximum=1.0, mean=0.6, standard_error=error)
    # b: 1 to 0, d: 0 to 1, a and c stay; f has one trial in the baseline.
    assert sums.raw == PairSums(4, 0.0, 2.0, 1, 1, 3.0, 3.0, 3.0, 1.0)
    assert (sums.unpaired, sums.log, sums.clusters) == (1, None, None)


def test_summaries_show_it_sorted_by_name(store, record, result):
    record("r1", [*trials(result, "a", True, False, tone=["x", "y"]), *trials(result, "b", True, True)])
    assert [(side.spec.name, side.mean) for side in store.metric_summaries("r1")] == [
        ("passed", 0.75),
        ("stable", 0.5),
        ("tone", None),
    ]


def test_it_is_absent_where_no_case_repeats(store, record, result):
    record("r1", trials(result, "a", True)), record("r2", trials(result, "a", True))
    assert stable_of(store) is None
    assert [side.spec.name for side in store.metric_summaries("r1")] == ["passed"]


def test_it_is_absent_without_yes_no_metrics(store, record, result):
    for run in ("r1", "r2"):
        record(run, [result("a", {"score": value}, trial=trial) for trial, value in enumerate((0.0, 1.0))])
    assert stable_of(store) is None
    assert [side.spec.name for side in store.metric_summaries("r1")] == ["score"]


def test_repeats_on_one_side_only_have_no_other_side(store, record, result):
    record("r1", trials(result, "a", True)), record("r2", trials(result, "a", True, False))
    sums = stable_of(store)
    assert (sums.baseline, sums.current.cases, sums.raw.n, sums.unpaired) == (None, 1, 0, 0)


def test_trials_without_an_answer_do_not_count(store, record, result):
    record("r1", trials(result, "a", True, None))
    record("r2", [*trials(result, "a", True, RuntimeError("no")), *trials(result, "b", True, None, True)])
    assert stable_of(store).current.cases == 1


def test_it_counts_clusters_like_any_metric(store, record, result):
    for run, answers in (("r1", (True, True)), ("r2", (True, False))):
        record(
            run,
            [
                result(c, {"passed": a}, trial=t, tags={"doc": "1"})
                for c in "ab"
                for t, a in enumerate(answers)
            ],
        )
    sums = next(each for each in store.metric_sums("r1", "r2", cluster="doc") if each.name == "stable")
    assert (sums.clusters, sums.raw.n, sums.raw.s1) == (1, 1, -1.0)


def test_cases_of_a_renamed_test_pair(store, record, result):
    for run, test in (("r1", "t.py::old"), ("r2", "t.py::new")):
        record(run, [result("a", {"passed": True}, trial=trial, test=test) for trial in range(2)])
    assert stable_of(store).raw.n == 1


@pytest.mark.parametrize("run", ["r1", "r2"])
def test_a_metric_of_that_name_takes_its_place(store, record, result, run):
    own = {"stable": MetricSpec("stable", "own")}
    for each in ("r1", "r2"):
        extra = {"stable": 1.0} if each == run else {}
        record(each, [result("a", {"passed": True, **extra}, trial=trial, specs=own) for trial in range(2)])
    sums = stable_of(store)
    assert {side.spec.fingerprint for side in (sums.baseline, sums.current) if side} == {"own"}


def test_baseline_file_does_not_hold_what_is_computed(store, record, result, tmp_path):
    run = record("r1", trials(result, "a", True, False))
    path = tmp_path / "main.jsonl"
    write_baseline(path, store, run)
    assert "stable" not in path.read_text(encoding="utf-8")
    read = import_baseline(store, path)
    assert [side.spec.name for side in store.metric_summaries(read.id)] == ["passed", "stable"]
