from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.compare.pairing import Row, pair_runs
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import MetricSums

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text())
Build = Callable[..., MetricSums]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked ``published(topic)`` runs once for each example of that topic in published.json."""
    for marker in metafunc.definition.iter_markers("published"):
        examples = PUBLISHED[marker.args[0]]
        metafunc.parametrize("example", examples, ids=[example["id"] for example in examples])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "published(topic): run with every published example of the topic")


def _rows(spec: MetricSpec, values: Sequence[Any], clusters: Sequence[str] | None) -> list[Row]:
    """One case a value; a list of values is the trials of one case, ``None`` an error."""
    return [
        Row(
            spec,
            case,
            value,
            trial,
            "RuntimeError: judge failed" if value is None else None,
            clusters[case] if clusters else None,
        )
        for case, trials in enumerate(values)
        for trial, value in enumerate(trials if isinstance(trials, list) else [trials])
    ]


@pytest.fixture(scope="session")
def build() -> Build:
    """Sum up one metric from its values by case in the baseline and now; extra values are unpaired."""

    def build(
        before: Sequence[Any],
        now: Sequence[Any],
        *,
        name: str = "metric",
        clusters: Sequence[str] | None = None,
        fingerprint: str = "f1",
        **declared: Any,
    ) -> MetricSums:
        spec = MetricSpec(name, fingerprint, **declared)
        (sums,) = pair_runs(_rows(spec, before, clusters), _rows(spec, now, clusters))
        return sums

    return build


@pytest.fixture(scope="session")
def booleans(build: Build) -> Build:
    """Sum up a yes/no metric over ``n`` cases of which some broke and some were fixed, the rest passing."""

    def booleans(n: int, *, broken: int = 0, fixed: int = 0, **more: Any) -> MetricSums:
        same = n - broken - fixed
        before = [True] * broken + [False] * fixed + [True] * same
        now = [False] * broken + [True] * fixed + [True] * same
        return build(before, now, **more)

    return booleans
