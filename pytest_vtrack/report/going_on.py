"""What is said of a run that goes on where it was interrupted, or of why none does."""

from __future__ import annotations

from pytest_vtrack.model.run import Run
from pytest_vtrack.report import numbers
from pytest_vtrack.report.words import brief, counted


def goes_on(run: Run, told: int, cases: int) -> str:
    """Return what is said where stored results are told again.

    :param told: how many.
    :param cases: how many results the session has in all.
    """
    name = f"run {run.short_id} of {run.version.name}"
    if run.complete:
        return (
            f"{name} is complete, so nothing runs and what is stored is told again "
            f"({counted(told, 'case')}); leave out --vtrack-resume to start a new run"
        )
    ended = f" ({brief(run.reason, 120)})" if run.reason else ""
    of_all = f"{numbers.count(told)} of {counted(cases, 'case')}"
    return f"{name} goes on{ended}; stored and not run again: {of_all}"


def starts_anew(wanted: Run, elsewhere: Run | None = None) -> str:
    """Return what is said where there is nothing to go on with.

    :param elsewhere: a run that was interrupted and is of another version.
    """
    said = (
        f"no run of {wanted.version.name} in experiment {wanted.experiment}, environment {wanted.env}, was "
        "interrupted: a new one starts"
    )
    if elsewhere is None:
        return said
    return f"{said} (run {elsewhere.short_id} was, but it is of version {elsewhere.version.name})"
