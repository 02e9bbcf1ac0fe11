"""Whether what is expected stands in what the application is asked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.dataset_problem import DatasetProblem

_SHORTEST = 4
"""Shorter texts, such as yes, 42 or B, stand in a question by chance."""


class _Leak(NamedTuple):
    place: str
    case_id: str


class Leaks:
    """Looks for expected texts in inputs, case by case."""

    def __init__(self) -> None:
        self._whole: dict[tuple[str, str], list[_Leak]] = defaultdict(list)
        self._inside: dict[tuple[str, str], list[_Leak]] = defaultdict(list)
        self._cases = 0

    def add(self, place: str, case: Case) -> None:
        """Look at a case."""
        expected = [
            (name, text) for name, text in texts_of(case.expectations, "expectations") if _tells(text)
        ]
        self._cases += bool(expected)
        inputs = list(texts_of(case.inputs, "inputs")) if expected else []
        for field, text in inputs:
            plain = _normal(text)
            for name, wanted in expected:
                answer = _normal(wanted)
                if answer == plain:
                    self._whole[field, name].append(_Leak(place, case.id))
                elif answer in plain and re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", plain):
                    self._inside[field, name].append(_Leak(place, case.id))

    def problems(self) -> Iterator[DatasetProblem]:
        """Yield a problem for each case; one note where a text inside a longer one is the rule."""
        for (field, name), leaks in self._whole.items():
            for leak in leaks:
                yield DatasetProblem(
                    "leak", f"{field} is {name}: the application is given the answer; remove it", *leak
                )
        for (field, name), leaks in self._inside.items():
            if len(leaks) * 2 > self._cases >= 3:
                yield DatasetProblem(
                    "leak",
                    f"{name} stands in {field} in {len(leaks)} of {self._cases} cases; right where the "
                    "answer is to be found in a given text, else the application is given the answer",
                    serious=False,
                )
                continue
            for leak in leaks:
                yield DatasetProblem(
                    "leak", f"{name} stands in {field}: ask so that the answer is not in the question", *leak
                )


def texts_of(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the texts inside a value, each with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from texts_of(each, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts_of(each, path)


def _tells(text: str) -> bool:
    return sum(map(str.isalnum, text)) >= _SHORTEST


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())
