"""What is stored comes back, and what is stored again replaces or supersedes."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.assessment import LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, Run
from pytest_vtrack.model.version import AppVersion

FULL_SPEC = MetricSpec(
    "helpful",
    "abc",
    better="lower",
    tolerance=0.1,
    bounds=(1.0, 5.0),
    kind="bounded",
    gate=False,
    must_pass=True,
)


def test_result_comes_back_as_it_was_stored(store, record, result):
    stored = result(
        "c1",
        trial=2,
        attempt=1,
        flags='{"rerank":"on"}',
        expectations='{"answer":"ä"}',
        tags={"topic": "refund", "doc": "7"},
        outputs='{"text":"' + "long " * 1000 + '"}',
        error="ValueError: no",
        outcome="failed",
        started_at=12.5,
        duration_s=0.25,
        warnings=("outputs: odd",),
        assessments=(
            Assessment(MetricSpec("category", "f"), "refund", source="llm_judge"),
            Assessment(FULL_SPEC, 3.5, rationale="because ü", metadata={"model": "m", "votes": [1, 2]}),
            Assessment(LATENCY, 0.25),
            Assessment(MetricSpec("nothing", "f"), None),
            Assessment(PASSED, False, rationale="no"),
            Assessment(MetricSpec("scored", "f"), None, error="boom", rationale="half"),
        ),
    )
    record("r1", [stored])
    assert list(store.results("r1")) == [stored]
    assert store.case_results("r1", stored.key) == [stored]


def test_run_comes_back_as_it_was_stored(store):
    version = AppVersion("v2", "abc123", "main", True, "git@host:repo", "2.0", {"model": "m"})
    run = Run("r1", "bot", version, "staging", {"rerank": "on"}, {"vtrack.user": "ann"}, 5.0, expected=7)
    store.begin(run)
    assert store.run("r1") == run
    finished = store.finish("r1", status="partial", reason="-k refund", ended_at=9.0, expected=6)
    assert finished == store.run("r1")
    assert finished == replace(run, status="partial", reason="-k refund", ended_at=9.0, expected=6)


def test_results_are_sorted_by_test_dataset_case_flags_and_trial(store, record, result):
    unsorted = [
        result("b", trial=1),
        result("b"),
        result("a", flags="{2}"),
        result("a", flags="{1}"),
        result("z", test="tests/a.py::test_a"),
        result("a", dataset="aa"),
    ]
    record("r1", unsorted)
    found = [
        (r.key.test[-1], r.key.dataset, r.key.case_id, r.key.flags, r.trial) for r in store.results("r1")
    ]
    assert found == [
        ("a", "qa", "z", "", 0),
        ("s", "aa", "a", "", 0),
        ("s", "qa", "a", "{1}", 0),
        ("s", "qa", "a", "{2}", 0),
        ("s", "qa", "b", "", 0),
        ("s", "qa", "b", "", 1),
    ]


def test_many_results_stream_back_complete(store, record, result):
    stored = [result(f"c{i:04d}", {"m": float(i)}, trial=t) for i in range(250) for t in range(2)]
    record("r1", stored)
    assert list(store.results("r1")) == stored


def test_same_attempt_again_replaces(store, record, result):
    first = result("c", {"passed": True, "m": 1.0})
    amended = result("c", {"passed": False}, outcome="error", error="teardown: no")
    assert record("r1", [first, amended]).stored == 1
    store.add("r1", [amended])
    assert list(store.results("r1")) == [amended]
    assert list(store.results("r1", all_attempts=True)) == [amended]


@pytest.mark.parametrize("batches", [[[0, 1, 2]], [[0], [1], [2]], [[2], [0], [1]], [[1, 2, 0]]])
def test_newest_attempt_counts_and_older_ones_stay(store, record, result, batches):
    attempts = [
        result(
            "c",
            {"m": float(i), "n": None},
            attempt=i,
            assessments=(Assessment(FULL_SPEC, i / 2, f"why {i}"),),
        )
        for i in range(3)
    ]
    record("r1")
    for batch in batches:
        store.add("r1", [attempts[i] for i in batch])
    assert store.run("r1").stored == 1
    assert list(store.results("r1")) == [attempts[2]]
    assert list(store.results("r1", all_attempts=True)) == attempts
    assert store.metric_summaries("r1")[0].numbers == 1


def test_stored_counts_trials_not_attempts(store, record, result):
    run = record("r1", [result("a"), result("a", trial=1), result("a", attempt=1), result("b")])
    assert run.stored == 3


def test_of_two_values_under_one_metric_the_later_counts_and_the_earlier_stays(store, record, result):
    spec = MetricSpec("m", "f")
    record("r1", [result("c", assessments=(Assessment(spec, 1.0), Assessment(spec, 2.0)))])
    assert [a.value for a in next(store.results("r1")).assessments] == [1.0, 2.0]
    assert store.metric_summaries("r1")[0].mean == 2.0


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 10**400], ids=["nan", "inf", "-inf", "huge"]
)
def test_number_that_is_not_finite_is_stored_as_an_error(store, record, result, value):
    record("r1", [result("c", {"m": value})])
    (assessment,) = next(store.results("r1")).assessments
    assert assessment.value is None
    assert "is not a finite number between" in assessment.error


def test_booleans_and_numbers_keep_their_type(store, record, result):
    record("r1", [result("c", {"a": True, "b": 1.0, "c": 0.0, "d": False})])
    assert [repr(a.value) for a in next(store.results("r1")).assessments] == ["True", "1.0", "0.0", "False"]


def test_text_that_databases_refuse_is_stored_escaped(store, record, result):
    odd = "lone \ud800 and \0 zero"
    record("r1", [result("c", {"label": odd}, error=odd, tags={"t": odd})])
    stored = next(store.results("r1"))
    assert stored.error == stored.tags["t"] == stored.assessments[0].value == "lone \\ud800 and \\x00 zero"


def test_expectations_added_by_a_test_stay_with_their_run(store, record, result):
    record("r1", [result("c", expectations='{"a":1}')])
    record("r2", [result("c", expectations='{"a":2}')])
    assert [next(store.results(run)).expectations for run in ("r1", "r2")] == ['{"a":1}', '{"a":2}']


def test_contents_left_out_at_first_are_filled_in_later(store, record, result):
    record("r1", [result("c", inputs="{}")])
    record("r2", [result("c", inputs='{"q":1}', expectations='{"a":1}')])
    assert next(store.results("r2")).inputs == '{"q":1}'


def test_large_outputs_are_stored_once(store, record, result, ask):
    outputs = '"' + "".join(chr(48 + i * i % 70) for i in range(5000)) + '"'
    for run in range(3):
        record(f"r{run}", [result(f"c{i}", outputs=outputs) for i in range(5)])
    assert ask("SELECT count(*) FROM payload") == [(1,)]
    assert {r.outputs for r in store.results("r2")} == {outputs}


def test_declaration_of_a_metric_belongs_to_the_run(store, record, result):
    old, new = MetricSpec("m", "f", tolerance=0.1), MetricSpec("m", "f", tolerance=0.2)
    record("r1", [result("c", {"m": 1.0}, specs={"m": old})])
    record("r2", [result("c", {"m": 1.0}, specs={"m": old}), result("d", {"m": 1.0}, specs={"m": new})])
    assert store.metric_summaries("r1")[0].spec == old
    assert store.metric_summaries("r2")[0].spec == new


def test_of_several_declarations_in_one_batch_the_latest_counts(store, record, result):
    old, new = MetricSpec("m", "f", tolerance=0.1), MetricSpec("m", "f", tolerance=0.2)
    cases = [result(c, {"m": 1.0}, specs={"m": spec}) for c, spec in zip("abc", (old, new, old), strict=True)]
    record("r1", cases)
    assert store.metric_summaries("r1")[0].spec == old


def test_one_assessment_given_twice_is_stored_twice(store, record, result):
    same = Assessment(MetricSpec("m", "f"), 1.0)
    record("r1", [result("c", assessments=(same, same))])
    assert next(store.results("r1")).assessments == (same, same)
    assert store.metric_summaries("r1")[0].numbers == 1


def test_declarations_that_are_equal_but_not_the_same_object_are_one_metric(store, record, result):
    cases = [result(c, {"m": 1.0}, specs={"m": MetricSpec("m", "f")}) for c in "abc"]
    record("r1", cases)
    assert [side.cases for side in store.metric_summaries("r1")] == [3]


def test_unknown_run_is_named(store):
    with pytest.raises(StoreError, match="run 'nope' is not in this store; `vtrack runs`"):
        store.metric_summaries("nope")
    with pytest.raises(StoreError, match="'nope'"):
        list(store.results("nope"))


def test_batch_that_fails_leaves_nothing_behind(store, record, result):
    record("r1")
    with pytest.raises(AttributeError):
        store.add("r1", [result("a"), None])
    assert store.run("r1").stored == 0
    assert list(store.results("r1")) == []


def test_case_that_was_not_run_has_no_results(store, record, result):
    record("r1", [result("a")])
    assert store.case_results("r1", CaseKey("t", "qa", "b")) == []


@pytest.mark.parametrize("shift", [0.0, 1e9], ids=["small", "large"])
@pytest.mark.parametrize("trials", [1, 3])
def test_standard_error_is_that_of_the_means_over_trials(store, record, result, trials, shift):
    """Large values that differ little lose nothing."""
    values = {c: [shift + i + 0.5 * trial for trial in range(trials)] for i, c in enumerate("abcd")}
    record(
        "r1", [result(c, {"m": v}, trial=t) for c, of_case in values.items() for t, v in enumerate(of_case)]
    )
    (side,) = store.metric_summaries("r1")
    expected = statistics.stdev(statistics.fmean(of_case) for of_case in values.values()) / 2
    assert side.standard_error == pytest.approx(expected, rel=1e-9)


def test_the_largest_numbers_can_be_added_up(store, record, result):
    record(
        "r1", [result(case, {"m": value}) for case, value in zip("abc", (1e150, -1e150, 0.0), strict=True)]
    )
    (side,) = store.metric_summaries("r1")
    assert (side.cases, side.minimum, side.maximum) == (3, -1e150, 1e150)
    assert side.mean == pytest.approx(0.0, abs=1e136)
    assert side.standard_error == pytest.approx(1e150 / math.sqrt(3))
    record(
        "r2", [result(case, {"m": -value}) for case, value in zip("abc", (1e150, -1e150, 0.0), strict=True)]
    )
    (sums,) = store.metric_sums("r1", "r2")
    assert sums.raw.s2 == pytest.approx(8e300)


@pytest.mark.parametrize(
    "value",
    [1.1e150, -1e300, math.inf, math.nan, 10**151, -(10**5000)],
    ids=lambda v: str(v)[:9] if isinstance(v, float) else "int",
)
def test_what_is_too_large_to_add_up_is_an_error(store, record, result, value):
    record("r1", [result("a", {"m": value}), result("b", {"m": 1.0})])
    (side,) = store.metric_summaries("r1")
    assert (side.cases, side.errors, side.mean) == (1, 1, 1.0)
    (assessment,) = [each for stored in store.results("r1") for each in stored.assessments if each.error]
    assert "is not a finite number between -1e+150 and 1e+150" in assessment.error


def test_a_single_case_has_no_standard_error(store, record, result):
    record("r1", [result("a", {"m": 1.0})])
    assert store.metric_summaries("r1")[0].standard_error is None


def test_cases_are_counted_once_however_many_trials_and_attempts_they_had(store, record, result):
    record("r1", [result("a", {"m": 1.0}, trial=trial) for trial in range(3)])
    skipped = result("b", outcome="skipped")
    again = result("a", {"m": 0.0}, attempt=1)
    store.add("r1", [skipped, again])
    assert (store.count_cases("r1"), store.run("r1").stored) == (2, 4)
