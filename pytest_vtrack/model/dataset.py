"""Cases and datasets: what the application is asked, and what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.model import payload


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the application: its inputs, what is expected, and tags to slice by.

    The identity of a case is its id, else a hash of its inputs; never its position. The digest covers
    inputs and expectations, so that an edited case is told apart from the case it was.
    """

    inputs: Mapping[str, Any]
    expectations: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    digest: str = field(default="", compare=False)
    problems: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """Fields that could only be described, not stored; see :mod:`pytest_vtrack.model.payload`."""

    def __post_init__(self) -> None:
        inputs = payload.encode(self.inputs, "inputs", canonical=True)
        expected = payload.encode(self.expectations, "expectations", canonical=True)
        if not self.id:
            object.__setattr__(self, "id", payload.digest(inputs.text))
        object.__setattr__(self, "digest", payload.digest(inputs.text, expected.text))
        object.__setattr__(self, "problems", inputs.problems + expected.problems)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Named cases with unique ids.

    :raises DatasetError: two cases have the same id.
    """

    name: str
    cases: Sequence[Case]
    digest: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for case in self.cases:
            if case.id in seen:
                raise DatasetError(
                    f"dataset {self.name!r}: the case id {case.id!r} stands twice; ids must be unique "
                    "(a case without an id is named by a hash of its inputs)"
                )
            seen.add(case.id)
        contents = sorted(f"{case.id} {case.digest}" for case in self.cases)
        object.__setattr__(self, "digest", payload.digest(*contents))

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __len__(self) -> int:
        return len(self.cases)
