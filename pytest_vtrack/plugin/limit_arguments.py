"""Reading the limits of paid runs from markers and ini keys."""

from __future__ import annotations

import math
from typing import Any

from pytest_vtrack.errors import ScorerError, SettingError
from pytest_vtrack.plugin.pacing import seconds_between
from pytest_vtrack.scoring.limits import checked_limits


def check_limits(where: str, *, timeout: object, retries: object, retry_on: object, rate: object) -> None:
    """Refuse limits of a marker that cannot be kept.

    :raises SettingError: a value cannot be used, or the library for retries is not installed.
    """
    seconds = None if timeout is False else timeout
    try:
        limits = checked_limits(where, seconds, retries, retry_on)
    except ScorerError as error:
        raise SettingError(str(error)) from None
    if limits is not None and limits.retries and not retry_on:
        raise SettingError(
            f"{where}: retries={limits.retries} does not say after which errors: name them, e.g. "
            "retry_on=(TimeoutError, ConnectionError)"
        )
    kinds = limits.retry_on if limits else ()
    if retries and any(issubclass(each, AssertionError) for each in kinds):
        raise SettingError(
            f"{where}: retry_on={retry_on!r} names AssertionError: a test that says no has given "
            "its answer, and asking again until it says yes would hide it; see repeat= for answers that vary"
        )
    if rate not in (None, False):
        seconds_between(rate, where=f"{where}: rate")


def common_limits(timeout: str, rate: str) -> dict[str, Any]:
    """Return the settings that ini keys make; an empty one is not set.

    :raises SettingError: a value cannot be used.
    """
    if rate:
        seconds_between(rate, where="vtrack_rate")
    return {"timeout": _seconds(timeout) if timeout else None, "rate": rate or None}


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SettingError(f"vtrack_timeout: {text!r} is not a number of seconds above 0; write e.g. 30")
    return seconds
