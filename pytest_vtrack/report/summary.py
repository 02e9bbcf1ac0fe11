"""What a session or a command came to, for the files that are written of it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_vtrack.model.comparison import Comparison, OverallVerdict, SideCounts
from pytest_vtrack.model.policy import Gate
from pytest_vtrack.model.run import Run

_GRAVEST_FIRST: tuple[OverallVerdict, ...] = ("regressed", "no_baseline", "not_sure", "ok", "improved")


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and what the gate made of it."""

    comparison: Comparison
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that was compared with nothing."""

    run: Run
    metrics: tuple[SideCounts, ...] = ()
    cases: int | None = None
    """How many cases it has results of; ``None``: as many as trials."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A baseline that was named and is not there."""

    ref: str
    why: str
    create: str = ""
    """How to make it, in a sentence."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that there is to report; several runs and several baselines make several comparisons."""

    experiment: str
    gate: Gate = "regress"
    exit_code: int = 0
    """What the gate decided over all comparisons; 0 where it passed."""
    comparisons: tuple[Compared, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    missing: tuple[Missing, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def verdict(self) -> OverallVerdict:
        """The gravest verdict; ``no_baseline`` where nothing was compared."""
        found: list[OverallVerdict] = [each.comparison.verdict for each in self.comparisons]
        if self.missing or not found:
            found.append("no_baseline")
        return min(found, key=_GRAVEST_FIRST.index)

    @property
    def gravest_first(self) -> list[Compared]:
        """The comparisons with the one that decides at the top."""
        return sorted(self.comparisons, key=lambda each: _GRAVEST_FIRST.index(each.comparison.verdict))

    @property
    def is_missed(self) -> bool:
        """Whether a baseline that is not there is the gravest of all that was found."""
        return bool(self.missing) and self.verdict == "no_baseline"
