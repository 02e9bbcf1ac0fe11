"""Whether the expected answers of a dataset are spread so that a metric says something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_vtrack.model.dataset_problem import DatasetProblem

_FEWEST_CASES = 20
_MOST_CLASSES = 20
_LOPSIDED = 0.9
_RARE = 5


class Balance:
    """Counts the values of expectations that may be classes."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[str] | None] = {}
        """``None``: too many values for classes."""

    def add(self, expectations: Mapping[str, Any]) -> None:
        """Count the expectations of a case."""
        for name, value in expectations.items():
            counts = self._values.setdefault(name, Counter())
            if counts is None:
                continue
            if isinstance(value, (str, bool, int)):
                counts[repr(value)] += 1
            if not isinstance(value, (str, bool, int)) or len(counts) > _MOST_CLASSES:
                self._values[name] = None

    def problems(self) -> Iterator[DatasetProblem]:
        """Yield what is lopsided: one class for nearly all cases, or one with hardly any."""
        for name, counts in self._values.items():
            cases = counts.total() if counts else 0
            if counts and cases >= _FEWEST_CASES and len(counts) * 5 <= cases:
                yield from _of_classes(f"expectations.{name}", counts, cases)


def _of_classes(name: str, counts: Counter[str], cases: int) -> Iterator[DatasetProblem]:
    (top, most), *_ = counts.most_common(1)
    if most / cases >= _LOPSIDED:
        yield DatasetProblem(
            "class balance",
            f"{name} is {top} in {most} of {cases} cases: an application that always says so is right in "
            f"{most / cases:.0%}; add cases of other answers",
            serious=False,
        )
    rare = {value: count for value, count in counts.items() if count < _RARE}
    if rare:
        shown = ", ".join(f"{value} ({count})" for value, count in rare.items())
        yield DatasetProblem(
            "class balance",
            f"{name} has values with fewer than {_RARE} cases: {shown}; too few to see that they got worse",
            serious=False,
        )
