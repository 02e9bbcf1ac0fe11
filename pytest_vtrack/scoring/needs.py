"""Whether a case has the expectation that a scorer compares with, known before anything is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.check import Check, TraceCheck, expected_key
from pytest_vtrack.scoring.limits import Limited
from pytest_vtrack.scoring.protocol import Scorer


def lack(scorer: Scorer, expectations: Mapping[str, Any]) -> str | None:
    """Say what a scorer lacks to judge a case, ``None`` where it lacks nothing, or does not declare it.

    Built-in scorers declare it by their settings; what a function of the user needs is not known.
    """
    check = _check(scorer)
    try:
        if isinstance(check, TraceCheck):
            expected_key(expectations, check.key, check.usual)
        elif check is not None:
            expected_key(expectations, check.key)
    except ScorerError as error:
        return str(error)
    return None


def declares_needs(scorer: Scorer) -> bool:
    """Tell whether it is known which expectation a scorer compares with."""
    return _check(scorer) is not None


def _check(scorer: Scorer) -> Check | TraceCheck | None:
    """Return the built-in that compares with an expectation of the case, if the scorer is one."""
    function = scorer.function
    check = function.function if isinstance(function, Limited) else function
    if isinstance(check, TraceCheck) or (isinstance(check, Check) and check.fixed is None):
        return check
    return None
