"""What a run that was interrupted has of one trial: enough to tell whether it has to run again."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_vtrack.model.run import CaseKey, Outcome


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """The highest attempt of one trial, as far as its test item tells it again."""

    key: CaseKey
    trial: int
    attempt: int
    nodeid: str
    outcome: Outcome
    duration_s: float
    completed: bool
    """Whether application and scorers came to an end without an error."""
    unfinished: str | None
    """Why not, as one line."""
    passed: bool | None
    """What the test said; ``None`` where it says nothing, as of a failure that was expected."""
    why: str | None
    """Why it did not pass, as one line."""
    fingerprints: frozenset[str]
    """Of everything that judged the trial."""
    counts: bool = True
    """``False`` where it was set aside."""
    cost: float | None = None
    """What the metric of that name says, and what its paid scorers have cost."""
