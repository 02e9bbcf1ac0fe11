"""How far a long run is, in one line: values in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_vtrack.report import numbers
from pytest_vtrack.report.words import counted

FEWEST = 3
"""So many cases have to have finished before anything is said of speed and time."""
ENOUGH = 10
"""A speed is read from the shortest time in which so many cases have finished."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many cases had run at a time."""

    at_s: float
    ran: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a run that goes on; what is not known is ``None``."""

    finished: int
    expected: int
    per_s: float | None = None
    worse: int | None = None
    """Cases worse than in the baseline, of those that both have."""
    errors: int = 0
    cost: float = 0.0

    @property
    def left_s(self) -> float | None:
        """How long the rest takes at the speed of the last cases."""
        return (self.expected - self.finished) / self.per_s if self.per_s else None


def speed(samples: Sequence[Sample], now: Sample) -> float | None:
    """Return how many cases ran a second lately; ``None`` while too few have.

    :param samples: earlier ones, the oldest first.
    """
    for sample in reversed(samples):
        if now.ran - sample.ran >= ENOUGH and now.at_s > sample.at_s:
            return (now.ran - sample.ran) / (now.at_s - sample.at_s)
    if not samples or now.ran - samples[0].ran < FEWEST or now.at_s <= samples[0].at_s:
        return None
    return (now.ran - samples[0].ran) / (now.at_s - samples[0].at_s)


def progress_line(progress: Progress, *, width: int) -> str:
    """Return the line, of ASCII; what matters least is left out where the width is too small."""
    parts = {
        "cases": f"{numbers.count(progress.finished)} of {numbers.count(progress.expected)}",
        "rate": _rate(progress.per_s),
        "worse": "" if progress.worse is None else f"{numbers.count(progress.worse)} worse so far",
        "errors": counted(progress.errors, "error") if progress.errors else "",
        "cost": numbers.money(progress.cost) if progress.cost else "",
        "left": "" if progress.left_s is None else f"about {about(progress.left_s)} left",
    }
    for dropped in ("", "rate", "cost", "left", "worse", "errors"):
        parts.pop(dropped, None)
        line = f"vtrack: {', '.join(filter(None, parts.values()))}"
        if len(line) <= width:
            break
    return line


def about(seconds: float) -> str:
    """Return a duration as an estimate: nobody knows its seconds."""
    if seconds < 95:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 95 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _rate(per_s: float | None) -> str:
    if per_s is None:
        return ""
    units = (1.0, "s"), (60.0, "min")
    factor, unit = next((each for each in units if per_s * each[0] >= 0.95), (3600.0, "h"))
    return f"{_two_digits(per_s * factor)}/{unit}"


def _two_digits(number: float) -> str:
    return f"{number:.1f}" if number < 9.95 else numbers.count(round(number))
