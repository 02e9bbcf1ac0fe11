"""What the cases of a dataset look like, in counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """Which names the cases have, and which values their tags."""

    inputs: Mapping[str, int]
    """How many cases have each input."""
    expectations: Mapping[str, int]
    tags: Mapping[str, Mapping[str, int]]
    """How many cases have each value of each tag."""
