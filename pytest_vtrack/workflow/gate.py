"""From a verdict to an exit code."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_vtrack.model.comparison import OverallVerdict
from pytest_vtrack.model.policy import EXIT_NO_BASELINE, EXIT_NOT_SURE, EXIT_REGRESSED, Gate

_STRICTNESS: tuple[OverallVerdict, ...] = ("improved", "ok", "not_sure", "no_baseline", "regressed")


def exit_code(verdict: OverallVerdict, gate: Gate) -> int:
    """Return what the gate adds to the exit code of an otherwise successful session; 0: it passes."""
    if gate in ("off", "warn"):
        return 0
    codes: dict[OverallVerdict, int] = {"regressed": EXIT_REGRESSED, "no_baseline": EXIT_NO_BASELINE}
    if gate == "strict":
        codes["not_sure"] = EXIT_NOT_SURE
    return codes.get(verdict, 0)


def strictest(verdict: OverallVerdict, others: Iterable[object]) -> OverallVerdict:
    """Return the verdict, or the strictest of those that hooks answered; a milder answer changes nothing."""
    answers = list(others)  # a hook may answer anything, also what cannot be put into a set
    return max([verdict, *(each for each in _STRICTNESS if each in answers)], key=_STRICTNESS.index)
