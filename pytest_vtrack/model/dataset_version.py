"""Versions of a registered dataset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """What is known of one version of a registered dataset besides its cases."""

    name: str
    number: int
    """Counted from 1."""
    digest: str
    """Of ids, inputs and expectations of all cases, in any order."""
    cases: int
    source: str
    """Where the cases came from: a path, a run, a query."""
    why: str
    who: str
    at: float
    """Seconds since the epoch."""

    @property
    def ref(self) -> str:
        """What names the version: ``qa@3``."""
        return f"{self.name}@{self.number}"
