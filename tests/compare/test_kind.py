from __future__ import annotations

import dataclasses

import pytest

from pytest_vtrack.compare.kind import metric_kind, obstacle
from pytest_vtrack.model.comparison import MetricSums, PairSums


@pytest.mark.parametrize(
    ("before", "now", "declared", "kind"),
    [
        pytest.param([True], [False], {}, "bool", id="booleans"),
        pytest.param([0.0, 1.0], [0.5, 0.7], {}, "score", id="numbers-within-0-and-1"),
        pytest.param([0.5], [1.2], {}, "number", id="one-side-beyond-1"),
        pytest.param([-0.1], [0.2], {}, "number", id="one-side-below-0"),
        pytest.param([3.0], [4.0], {"bounds": (1.0, 5.0)}, "bounded", id="declared-bounds"),
        pytest.param([3.0], [4.0], {"bounds": (5.0, 5.0)}, "number", id="bounds-without-room"),
        pytest.param([0.3], [0.4], {"kind": "latency"}, "latency", id="declared-kind"),
        pytest.param([True], [0.4], {"kind": "score"}, "score", id="declared-score-takes-booleans"),
        pytest.param([True], [0.4], {}, None, id="boolean-against-number"),
        pytest.param([True, 0.4], [True, 0.4], {}, None, id="booleans-among-numbers"),
        pytest.param(["a"], ["b"], {}, "category", id="labels"),
        pytest.param(["a"], [1.0], {}, None, id="label-against-number"),
        pytest.param([1.0], [1.0], {"kind": "category"}, None, id="number-declared-a-category"),
        pytest.param(["a"], ["a"], {"kind": "score"}, None, id="label-declared-a-score"),
    ],
)
def test_kind_is_declared_or_read_from_the_values(build, before, now, declared, kind):
    assert metric_kind(build(before, now, **declared)) == kind


def spec_changed(sums: MetricSums, **changes) -> MetricSums:
    spec = dataclasses.replace(sums.current.spec, **changes)
    return dataclasses.replace(sums, current=dataclasses.replace(sums.current, spec=spec))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"fingerprint": "f2"}, "fingerprint"),
        ({"fingerprint": "f2", "kind": "number"}, "fingerprint"),
        ({"better": "lower"}, "direction"),
        ({"bounds": (0.0, 2.0)}, "bounds"),
        ({"kind": "number"}, "kind"),
        ({"tolerance": 0.5, "gate": False}, None),
    ],
    ids=["same", "scorer-changed", "scorer-and-kind", "direction", "bounds", "kind", "policy-only"],
)
def test_declarations_that_differ_are_an_obstacle(build, changes, reason):
    assert obstacle(spec_changed(build([0.5], [0.6]), **changes)) == reason


@pytest.mark.parametrize(
    ("sums", "reason"),
    [
        pytest.param(
            lambda build: MetricSums("m", None, build([1.0], [1.0]).current), "new_metric", id="new"
        ),
        pytest.param(
            lambda build: MetricSums("m", build([1.0], [1.0]).baseline, None), "gone_metric", id="gone"
        ),
        pytest.param(lambda build: build([None, None], [0.5, 0.5]), "no_pairs", id="only-errors-before"),
        pytest.param(lambda build: build([0.5, None], [None, 0.5]), "no_pairs", id="values-in-other-cases"),
        pytest.param(lambda build: build([None], [None]), "no_pairs", id="no-value-anywhere"),
        pytest.param(lambda build: build([True], [0.5]), "kind", id="boolean-against-number"),
        pytest.param(lambda build: build([-1e200], [1e200]), "overflow", id="squares-overflow"),
    ],
)
def test_obstacles_in_the_values(build, sums, reason):
    assert obstacle(sums(build)) == reason


def test_categories_pair_by_their_labels(build):
    assert build(["a", "b"], ["a", "c"]).raw == PairSums()
    assert obstacle(build(["a", "b"], ["a", "c"])) is None
