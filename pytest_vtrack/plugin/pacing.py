"""An even pace of calls: so many in a second, a minute or an hour, and never a burst."""

from __future__ import annotations

import threading

from pytest_vtrack.errors import SettingError

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
ALLOWED = "'60/min', '2/s' or '1000/h'"


def seconds_between(rate: object, *, where: str) -> float:
    """Return how far apart calls start at a rate such as ``60/min``.

    :raises SettingError: it is no rate.
    """
    number, slash, unit = str(rate).replace(" ", "").partition("/")
    try:
        calls = float(number)
    except ValueError:
        calls = 0.0
    if not isinstance(rate, str) or not slash or unit not in _SECONDS or not 0 < calls < float("inf"):
        raise SettingError(f"{where}: {rate!r} is no rate: write calls per s, min or h, as {ALLOWED}")
    return _SECONDS[unit] / calls


class Pace:
    """Gives each call the moment at which it may start; threads may share one.

    A bucket that holds a single token: a provider that counts the calls of a minute sees no more than the
    rate in any minute, which a full bucket at the start would double.
    """

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._next = 0.0
        self._lock = threading.Lock()

    def wait_s(self, now: float) -> float:
        """Take the next moment that is free, and return how long it is until then.

        :param now: seconds of a clock that never goes back.
        """
        with self._lock:
            start = max(now, self._next)
            self._next = start + self._apart_s
        return start - now
