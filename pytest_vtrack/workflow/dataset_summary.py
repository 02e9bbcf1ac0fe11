"""Counting what the cases of a dataset have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.dataset_summary import DatasetSummary


def summary(cases: Iterable[Case]) -> DatasetSummary:
    """Count the names of inputs and expectations, and the values of tags, the most frequent first."""
    inputs: Counter[str] = Counter()
    expectations: Counter[str] = Counter()
    tags: dict[str, Counter[str]] = {}
    for case in cases:
        inputs.update(case.inputs.keys())
        expectations.update(case.expectations.keys())
        for name, value in case.tags.items():
            tags.setdefault(name, Counter())[value] += 1
    counted = {name: dict(values.most_common()) for name, values in tags.items()}
    return DatasetSummary(dict(inputs.most_common()), dict(expectations.most_common()), counted)
