"""The database's sums agree with pairing the same rows in memory."""

from __future__ import annotations

import math
import random
from dataclasses import fields, is_dataclass, replace

import pytest

from pytest_vtrack.compare.pairing import Row, pair_runs
from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
from pytest_vtrack.model.comparison import CaseCounts, PairSums
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion

SPECS = {
    "passed": MetricSpec("passed", "f", kind="bool"),
    "score": MetricSpec("score", "f"),
    "big": MetricSpec("big", "f", better="lower"),
    "latency": LATENCY,
    "cost": MetricSpec("cost", "f", kind="cost"),
    "category": MetricSpec("category", "f"),
    "mixed": MetricSpec("mixed", "f"),
}


def _value(rng: random.Random, name: str) -> object:
    match name:
        case "passed":
            return rng.random() < 0.7
        case "score":
            return rng.choice([0.0, 0.25, 0.5, 1.0])
        case "big":
            return rng.uniform(-1e6, 1e6)
        case "latency":
            return rng.lognormvariate(0, 1)
        case "cost":
            return rng.choice([0.0, 0.1, 3.0])  # not positive: no logarithms
        case "category":
            return rng.choice(["refund", "order", "other"])
    return rng.choice([True, 0.5])


def _random_results(rng, result, *, trials, cases=40, gaps=True):
    """Results with missing cases, edited cases, unequal trials, errors, gaps and nothing to say."""
    found = []
    for number in range(cases):
        if rng.random() < 0.15:
            continue
        digest = "edited" if rng.random() < 0.1 else "d"
        tags = {"topic": f"t{number % 3}"} | ({"doc": f"doc{number % 7}"} if number % 4 else {})
        for trial in range(rng.randint(1, trials)):
            if trial and rng.random() < 0.2:
                continue
            metrics = {}
            for name in SPECS:
                chance = rng.random() if gaps else 0.0
                if chance < 0.75:
                    metrics[name] = _value(rng, name)
                elif chance < 0.9:
                    metrics[name] = RuntimeError("no")
                elif chance < 0.95:
                    metrics[name] = None
            found.append(result(f"c{number}", metrics, specs=SPECS, trial=trial, digest=digest, tags=tags))
    return found


def _rows(results, cluster=None):
    return [
        Row(a.metric, r.key, a.value, r.trial, a.error, r.tags.get(cluster) if cluster else None)
        for r in results
        for a in r.assessments
    ]


def assert_close(found, expected, path=""):
    """Compare values field by field; numbers may differ in their last digits."""
    if is_dataclass(expected):
        for field in fields(expected):
            assert_close(getattr(found, field.name), getattr(expected, field.name), f"{path}.{field.name}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-6 if "big" in path else 1e-9), path
    else:
        assert found == expected, path


@pytest.mark.parametrize("trials", [1, 2, 5])
@pytest.mark.parametrize("cluster", [None, "doc", "nobody"])
@pytest.mark.parametrize("seed", range(4))
def test_sums_agree_with_pairing_in_memory(store, record, result, trials, cluster, seed):
    rng = random.Random(seed)
    before, now = (_random_results(rng, result, trials=trials, gaps=seed > 0) for _ in range(2))
    record("r1", before), record("r2", now)
    found = [sums for sums in store.metric_sums("r1", "r2", cluster=cluster) if sums.name != "stable"]
    expected = pair_runs(_rows(before), _rows(now, cluster))
    assert [sums.name for sums in found] == [sums.name for sums in expected] == sorted(SPECS)
    for sums, reference in zip(found, expected, strict=True):
        if sums.name == "mixed":  # booleans and numbers mixed are counted apart and never compared
            assert_close(sums.baseline, reference.baseline, "mixed")
            continue
        assert_close(sums, reference, sums.name)


def _aligned_results(rng, result, *, trials, test):
    """Results where every case has the same trials, and every trial a number."""
    names = ("passed", "score", "big", "latency")
    return [
        result(
            f"c{number}",
            {name: _value(rng, name) for name in names},
            specs=SPECS,
            trial=trial,
            test=test,
            tags={"doc": f"doc{number % 7}"},
        )
        for number in range(30)
        for trial in range(trials)
    ]


@pytest.mark.parametrize("test", ["t.py::test", "t.py::test_renamed"], ids=["same", "renamed"])
@pytest.mark.parametrize("cluster", [None, "doc"])
@pytest.mark.parametrize("trials", [1, 2, 4])
def test_sums_of_complete_trials_agree_with_pairing_in_memory(store, record, result, trials, cluster, test):
    """Here trials are paired one by one, which takes half the time."""
    rng = random.Random(trials)
    before = _aligned_results(rng, result, trials=trials, test="t.py::test")
    now = _aligned_results(rng, result, trials=trials, test=test)
    record("r1", before), record("r2", now)
    found = [sums for sums in store.metric_sums("r1", "r2", cluster=cluster) if sums.name != "stable"]
    renamed_back = [replace(each, key=replace(each.key, test="t.py::test")) for each in now]
    expected = pair_runs(_rows(before), _rows(renamed_back, cluster))
    assert [sums.name for sums in found] == ["big", "latency", "passed", "score"]
    for sums, reference in zip(found, expected, strict=True):
        assert_close(sums, reference, sums.name)
        assert sums.trials.pairs == (30 if trials > 1 else 0)


@pytest.mark.parametrize("trials", [1, 3])
def test_slices_agree_with_pairing_each_slice_in_memory(store, record, result, trials):
    rng = random.Random(99)
    before, now = (_random_results(rng, result, trials=trials) for _ in range(2))
    record("r1", before), record("r2", now)
    found = {(part.tag, part.value): part for part in store.slice_sums("r1", "r2")}
    assert list(found) == sorted(
        {*(("doc", f"doc{n}") for n in range(7)), *(("topic", f"t{n}") for n in range(3))}
    )
    for (tag, value), part in found.items():
        cases = {r.key for r in now if r.tags.get(tag) == value}
        assert part.cases == len(cases)
        expected = pair_runs(*(_rows([r for r in side if r.key in cases]) for side in (before, now)))
        by_name = {sums.name: sums for sums in expected}
        for sums in part.metrics:
            for field in ("raw", "trials", "errors", "label_pairs", "changed_labels", "unpaired"):
                reference = by_name.get(sums.name)
                if sums.name in ("mixed", "cost", "latency") or reference is None:
                    continue
                if reference.baseline and reference.current:
                    path = f"{sums.name}.{field}"
                    assert_close(getattr(sums, field), getattr(reference, field), path)
        log = next(sums.log for sums in part.metrics if sums.name == "latency")
        assert_close(log, by_name["latency"].log or PairSums())


def test_tags_with_one_value_or_too_many_make_no_slices(store, record, result):
    results = [
        result(f"c{i}", {"m": 1.0}, tags={"one": "x", "many": str(i), "two": str(i % 2)}) for i in range(6)
    ]
    record("r1", results), record("r2", results)
    assert [(p.tag, p.value, p.cases) for p in store.slice_sums("r1", "r2", max_values=5)] == [
        ("two", "0", 3),
        ("two", "1", 3),
    ]
    chosen = store.slice_sums("r1", "r2", max_values=5, always=["one", "many", "none"])
    assert [p.tag for p in chosen] == [*["many"] * 6, "one", "two", "two"]


def test_sums_of_a_small_example_by_hand(store, record, result):
    record("r1", [result("a", {"m": 0.5}), result("b", {"m": 1.0}), result("gone", {"m": 0.0})])
    record("r2", [result("a", {"m": 0.75}), result("b", {"m": 0.25}), result("b", {"m": 0.25}, trial=1)])
    (sums,) = store.metric_sums("r1", "r2")
    assert sums.raw == PairSums(2, -0.5, 0.625, 1, 1, 1.5, 1.25, 1.0, 0.75)
    assert sums.unpaired == 1
    assert sums.log is None
    assert (sums.baseline.cases, sums.current.cases, sums.current.numbers) == (3, 2, 3)


def test_cluster_weights_by_hand(store, record, result):
    record("r1", [result(c, {"m": 0.0}) for c in "abcd"])
    docs = {"a": {"doc": "1"}, "b": {"doc": "1"}, "c": {"doc": "2"}, "d": {}}
    record("r2", [result(c, {"m": 1.0}, tags=docs[c]) for c in "abcd"])
    (sums,) = store.metric_sums("r1", "r2", cluster="doc")
    assert sums.clusters == sums.raw.n == 3
    assert sums.raw.s1 == pytest.approx((2 + 1 + 1) * 3 / 4)
    assert sums.raw.s2 == pytest.approx((4 + 1 + 1) * 9 / 16)


def test_values_of_different_fingerprints_never_pair(store, record, result):
    old, new = ({"m": MetricSpec("m", fingerprint)} for fingerprint in ("old", "new"))
    record("r1", [result("a", {"m": 0.0}, specs=old), result("b", {"m": 0.0}, specs=new)])
    record("r2", [result("a", {"m": 1.0}, specs=new), result("b", {"m": 1.0}, specs=new)])
    (sums,) = store.metric_sums("r1", "r2")
    assert sums.raw.n == 1
    assert sums.raw.s1 == 1.0
    assert sums.unpaired == 2
    assert sums.baseline.spec.fingerprint == sums.current.spec.fingerprint == "new"
    assert sums.baseline.cases == 2
    assert [side.spec.fingerprint for side in store.metric_summaries("r1")] == ["new", "old"]


def test_metric_of_one_run_only_has_no_other_side(store, record, result):
    record("r1", [result("a", {"old": 1.0})])
    record("r2", [result("a", {"new": 1.0})])
    new, old = store.metric_sums("r1", "r2")
    assert (new.name, new.baseline, new.current.cases) == ("new", None, 1)
    assert (old.name, old.current, old.baseline.cases) == ("old", None, 1)


def test_rounding_is_no_change(store, record, result):
    record("r1", [result("a", {"m": 0.1 + 0.2}), result("b", {"m": 1e6})])
    record("r2", [result("a", {"m": 0.3}), result("b", {"m": 1e6 + 1e-8})])
    (sums,) = store.metric_sums("r1", "r2")
    assert sums.raw.changed == 0


def test_only_the_newest_attempt_is_compared(store, record, result):
    record("r1", [result("a", {"m": 1.0})])
    record("r2", [result("a", {"m": 0.0}), result("a", {"m": 1.0}, attempt=1)])
    assert store.metric_sums("r1", "r2")[0].raw == PairSums(1, 0.0, 0.0, 0, 0, 1.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize("trials", [1, 2])
def test_cases_of_a_renamed_test_pair_by_dataset(store, record, result, trials):
    """The dataset's cases; those of other tests and of tests without a dataset pair by their test."""
    new = {"test": "tests/moved.py::test_renamed"}
    alone = [result("x", {"m": 5.0}, test="t::one", dataset="")]
    both = [result("y", {"m": 5.0}, test="t::y", dataset="other")]
    old_cases = [result(c, {"m": 0.0}, trial=t) for c in "abcd" for t in range(trials)]
    new_cases = [result(c, {"m": 1.0}, trial=t, tags={"k": c}, **new) for c in "abce" for t in range(trials)]
    edited = [result("d", {"m": 1.0}, digest="d2", trial=t, **new) for t in range(trials)]
    record("r1", old_cases + alone + both)
    record("r2", new_cases + edited + both + [result("x", {"m": 5.0}, test="t::two", dataset="")])
    (sums,) = store.metric_sums("r1", "r2")
    assert (sums.raw.n, sums.raw.s1, sums.raw.up) == (4, 3.0, 3)
    relation = store.case_relation("r1", "r2")
    assert relation.counts == CaseCounts(total=7, shared=4, new=2, gone=1, edited=1)
    assert (relation.new_cases, relation.gone_cases, relation.edited_cases) == (("e", "x"), ("x",), ("d",))
    (clustered,) = store.metric_sums("r1", "r2", cluster="k")
    assert clustered.clusters == 4
    parts = {part.value: part.metrics[0] for part in store.slice_sums("r1", "r2")}
    assert [(parts[c].raw.n, parts[c].unpaired) for c in "abce"] == [(1, 0), (1, 0), (1, 0), (0, 1)]


def test_two_tests_of_one_dataset_do_not_pair_across(store, record, result):
    record("r1", [result("a", {"m": 0.0}, test="t::one")])
    record("r2", [result("a", {"m": 1.0}, test="t::two"), result("a", {"m": 1.0}, test="t::three")])
    assert store.metric_sums("r1", "r2")[0].raw.n == 0


def test_flag_states_pair_with_themselves(store, record, result):
    record("r1", [result("a", {"m": 0.0}, flags='{"x":"on"}'), result("a", {"m": 5.0}, flags='{"x":"off"}')])
    record("r2", [result("a", {"m": 1.0}, flags='{"x":"on"}')])
    assert store.metric_sums("r1", "r2")[0].raw.s1 == 1.0


def test_relation_counts_and_lists_cases(store, record, result):
    record("r1", [result(c) for c in ("same", "edit", "gone2", "gone1")])
    now = [result("same", error="boom"), result("edit", digest="d2"), result("new", {"m": RuntimeError("x")})]
    record("r2", [*now, result("same", trial=1)])
    relation = store.case_relation("r1", "r2")
    assert relation.counts == CaseCounts(total=3, shared=1, new=1, gone=2, edited=1, errors=2)
    assert relation.gone_cases == ("gone1", "gone2")
    assert store.case_relation("r1", "r2", limit=1).gone_cases == ("gone1",)
    assert store.case_relation("r1", "r2", limit=1).counts.gone == 2


def test_run_compared_with_itself_shares_everything(store, record, result):
    record("r1", [result(c, {"m": 0.5}) for c in "ab"])
    assert store.case_relation("r1", "r1").counts == CaseCounts(total=2, shared=2)
    assert store.metric_sums("r1", "r1")[0].raw.changed == 0


def test_log_means_are_over_trials(store, record, result):
    record("r1", [result("a", {"latency": v}, specs=SPECS, trial=t) for t, v in enumerate((1.0, 4.0))])
    record("r2", [result("a", {"latency": 8.0}, specs=SPECS)])
    (sums,) = store.metric_sums("r1", "r2")
    assert sums.log.s1 == pytest.approx(math.log(4))
    assert sums.baseline.mean == pytest.approx(2.0)


def test_assessments_by_hand_stay_apart_from_scorers_of_the_same_name(store, record, result):
    by_hand, scored = MetricSpec("m", "by-hand"), MetricSpec("m", "f1")
    record("r1", [result("a", assessments=(Assessment(by_hand, 0.0), Assessment(scored, 1.0)))])
    record("r2", [result("a", assessments=(Assessment(by_hand, 0.5), Assessment(scored, 1.0)))])
    (sums,) = store.metric_sums("r1", "r2")
    assert (sums.raw.n, sums.raw.s1) == (2, 0.5)


@pytest.mark.parametrize("trials", [1, 2])
def test_sums_are_the_same_before_and_after_a_run_has_ended(store, record, result, trials):
    """What is counted when a run ends is what would be counted from its values."""
    rng = random.Random(5)
    results = {name: _random_results(rng, result, trials=trials) for name in ("r1", "r2")}
    for name in results:
        record(name)
        store.begin(Run(name, "bot", AppVersion("v1")))
        store.add(name, results[name])
    running = store.metric_sums("r1", "r2"), store.metric_summaries("r1")
    for name in results:
        store.finish(name, status="complete", reason=None, ended_at=1.0)
    ended = store.metric_sums("r1", "r2"), store.metric_summaries("r1")
    for found, expected in zip(ended, running, strict=True):
        for one, other in zip(found, expected, strict=True):
            assert_close(one, other, one.name if hasattr(one, "name") else one.spec.name)


@pytest.mark.parametrize("reopened", [True, False])
def test_results_that_come_after_the_end_are_counted(store, record, result, reopened):
    record("r1", [result("a", {"m": 1.0})])
    if reopened:
        store.begin(Run("r1", "bot", AppVersion("v1")))
    store.add("r1", [result("b", {"m": 0.0})])
    (side,) = store.metric_summaries("r1")
    assert (side.cases, side.minimum, side.mean) == (2, 0.0, 0.5)
