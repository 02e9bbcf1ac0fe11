"""Cases and datasets: what the application is asked, and what is expected of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_vtrack.errors import DatasetError, nearest
from pytest_vtrack.model import payload
from pytest_vtrack.model.case_types import CaseTypes


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
    types: CaseTypes | None = field(default=None, compare=False)
    """What a test gets inputs and expectations as; the cases hold them as they were read."""

    def __post_init__(self) -> None:
        if getattr(self.cases, "ids_are_unique", False):  # too many to be looked at again
            return
        seen: set[str] = set()
        for case in self.cases:
            if case.id in seen:
                raise DatasetError(
                    f"dataset {self.name!r}: the case id {case.id!r} stands twice; ids must be unique "
                    "(a case without an id is named by a hash of its inputs)"
                )
            seen.add(case.id)
        object.__setattr__(self, "digest", digest_of((case.id, case.digest) for case in self.cases))

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __len__(self) -> int:
        return len(self.cases)

    @staticmethod
    def read(
        source: Any,
        *,
        inputs: Any = None,
        expectations: Any = None,
        columns: Mapping[str, str] | None = None,
    ) -> DatasetSource:
        """Say what a marker's ``dataset=`` is read from, and as what; it is read when tests are collected.

        :param source: whatever ``dataset=`` takes: a path relative to the test file, ``dataset:NAME@3``,
            records, a table.
        :param inputs: a pydantic model, dataclass or TypedDict; ``vtrack_case.inputs`` is an instance of it.
        :param expectations: the same for ``vtrack_case.expectations``.
        :param columns: of data in another shape, which column is which: ``{"inputs.question": "Question",
            "expectations.answer": "answers.text", "tags.topic": "Category"}``; others are left out.
        """
        return DatasetSource(source, CaseTypes(inputs, expectations) or None, columns)

    def where(self, **tags: Any) -> Dataset:
        """Return the cases that have these tag values: ``where(split="test", purpose=["ab", "feature"])``.

        A tag may hold several values with commas between; of a list of wanted values one is enough.

        :raises DatasetError: no case has them; the values that there are stand in the text.
        """
        wanted = {name: _texts(values) for name, values in tags.items()}
        kept = tuple(case for case in self.cases if _has(case, wanted))
        if not kept:
            raise DatasetError(f"dataset {self.name!r}: {_nothing(self.cases, wanted)}")
        return replace(self, cases=kept)


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """What a dataset is read from when tests are collected, as which types, and which cases of it."""

    source: Any
    types: CaseTypes | None = None
    columns: Mapping[str, str] | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)

    def where(self, **tags: Any) -> DatasetSource:
        """Keep only the cases that have these tag values, as :meth:`Dataset.where` does."""
        return replace(self, wanted={**self.wanted, **tags})


def digest_of(identities: Iterable[tuple[str, str]]) -> str:
    """Return what stands for cases in any order, each given by id and digest."""
    return payload.digest(*sorted(f"{case_id} {digest}" for case_id, digest in identities))


def values_of(tag: str) -> frozenset[str]:
    """Return the values that a tag holds: itself, and what stands between its commas."""
    return frozenset({tag, *(part.strip() for part in tag.split(","))})


def _texts(values: Any) -> frozenset[str]:
    several = values if isinstance(values, (list, tuple, set, frozenset)) else [values]
    return frozenset(
        ("true" if each else "false") if isinstance(each, bool) else str(each) for each in several
    )


def _has(case: Case, wanted: Mapping[str, frozenset[str]]) -> bool:
    return all(name in case.tags and values_of(case.tags[name]) & one_of for name, one_of in wanted.items())


def _nothing(cases: Sequence[Case], wanted: Mapping[str, frozenset[str]]) -> str:
    """Say why no case was found: a tag that none has, a value that none has, or no such combination."""
    known = {name: None for case in cases for name in case.tags}
    for name, one_of in wanted.items():
        asked = " or ".join(sorted(one_of))
        if name not in known:
            return f"no case has a tag {name!r}; tags: {', '.join(nearest(name, known)) or 'none'}"
        values = sorted({case.tags[name] for case in cases if name in case.tags})
        if not any(_has(case, {name: one_of}) for case in cases):
            return f"no case has the tag {name}={asked}; values: {', '.join(nearest(asked, values, most=5))}"
    together = " and ".join(f"{name}={' or '.join(sorted(one_of))}" for name, one_of in wanted.items())
    return f"no case has all of {together}"
