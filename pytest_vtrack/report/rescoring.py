"""What is said of scoring a baseline again: which metrics, how many traces, and why some were not."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_vtrack.report.words import brief, counted, named


def scored_again(old: str, metrics: Sequence[str], traces: int) -> str:
    """Return that stored traces were scored again."""
    are, were = ("is" if len(metrics) == 1 else "are"), ("was" if traces == 1 else "were")
    return (
        f"{named(metrics)} {are} new or changed since {brief(old)}, so {counted(traces, 'stored trace')} of "
        f"{brief(old)} {were} scored again; the application was not called for it"
    )


def paid_calls(metric: str, old: str, calls: int, cost: float | None, commands: Sequence[str]) -> str:
    """Return that a judge was not asked, what that would cost, and how to do it.

    :param cost: of all calls, ``None`` where it is not known.
    """
    about = "" if cost is None else f", about {cost:.2g} by what it cost in this run"
    how = _how("; to do it: ", commands)
    return (
        f"{brief(metric)} makes paid calls, so {brief(old)} was not scored again with it: "
        f"{counted(calls, 'call')}{about}{how}"
    )


def unlike(metric: str, old: str) -> str:
    """Return that a scorer cannot be trusted on what is stored."""
    return (
        f"{brief(metric)} says something else of what is stored than of what the application returned, by "
        f"chance or because JSON or masking changed it; so {brief(old)} was not scored again with it"
    )


def not_asked(metric: str, old: str, traces: int, why: str) -> str:
    """Return why a scorer was not asked about some stored traces."""
    return f"{counted(traces, 'stored trace')} of {brief(old)} not scored again with {brief(metric)}: {why}"


def failed(metric: str, old: str, traces: int, commands: Sequence[str]) -> str:
    """Return that a scorer ended in errors on what is stored, and how to ask again."""
    return (
        f"{brief(metric)} ended in an error on {counted(traces, 'stored trace')} of {brief(old)}, which is "
        f"its answer there now{_how('; to ask again: ', commands)}"
    )


def _how(begin: str, commands: Sequence[str]) -> str:
    return begin + ", then ".join(f"`{each}`" for each in commands) if commands else ""
