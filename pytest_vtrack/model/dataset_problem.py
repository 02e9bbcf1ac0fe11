"""What checking a dataset finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProblemKind = Literal[
    "not a case",
    "duplicate id",
    "duplicate inputs",
    "near-duplicate inputs",
    "leak",
    "class balance",
    "missing expectation",
    "scorer",
]


@dataclass(frozen=True, slots=True)
class DatasetProblem:
    """One thing to look at: where, what, and what to do."""

    kind: ProblemKind
    message: str
    place: str = ""
    """Such as ``line 7``; empty: the whole dataset."""
    case_id: str = ""
    serious: bool = True
    """``False``: it may well be meant, so that it is a note."""
