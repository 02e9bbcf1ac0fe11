"""Which metrics the baseline has on cases of the current run."""

from __future__ import annotations

import pytest

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion


@pytest.fixture
def two(store, result):
    for name in ("old", "new"):
        store.begin(Run(name, "bot", AppVersion(name), started_at=1.0, expected=3))
    store.add("old", [result("a", {"x": 1.0}), result("b", {"y": 1.0}), result("c", {"x": 1.0, "z": 1.0})])
    return store


@pytest.mark.parametrize(
    ("cases", "expected"),
    [(["a"], {"x"}), (["b"], {"y"}), (["a", "b"], {"x", "y"}), (["n"], set()), ([], set())],
)
def test_only_those_of_shared_cases_are_returned(two, result, cases, expected):
    two.add("new", [result(name, {"other": 1.0}) for name in cases])
    assert two.metrics_of_shared_cases("old", "new", ["x", "y", "nothing"]) == expected
    assert two.metrics_of_shared_cases("old", "new", []) == set()


def test_cases_of_a_renamed_test_are_shared(two, result):
    two.add("new", [result("c", {"other": 1.0}, test="t.py::renamed")])
    assert two.metrics_of_shared_cases("old", "new", ["x", "y", "z"]) == {"x", "z"}
