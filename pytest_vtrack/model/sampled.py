"""How traces became the cases of a dataset, in counts."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_vtrack.model.dataset import Case


@dataclass(frozen=True, slots=True)
class TraceCases:
    """The cases that traces gave, and what became of the other traces."""

    cases: tuple[Case, ...]
    matched: int
    """How many traces the query found."""
    without_inputs: int
    duplicates: int
    """Traces with the inputs of another one, which stands for them."""
    conflicts: int
    """Of the duplicates, those that people judged otherwise than the one that stands for them."""
    same_inputs: int
    """How many of the cases have the inputs of another case."""
    sampled_from: int
    labelled: int
    """How many of the cases have an expectation that a person gave."""
