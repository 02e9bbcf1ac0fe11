"""What a chunk hands over while it runs: results reach the controller before their item ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_vtrack.plugin.bulk.brake import STOP
from pytest_vtrack.plugin.processes import is_worker

if TYPE_CHECKING:
    from pytest_vtrack.plugin.transport import Plain

MOST = 200
"""How many parcels wait at most."""
DELAY_S = 0.25
"""How long a parcel waits at most; the controller takes as long again to store it."""


class Post(Protocol):
    """Takes parcels of the item that runs."""

    def opened(self, item: pytest.Item) -> Post:
        """Say which item runs."""

    def add(self, parcel: Plain) -> None:
        """Take a parcel."""

    def close(self) -> None:
        """Hand over what waits, before the item ends."""

    def end(self) -> None:
        """Stop, at the end of the session."""


def post_of(config: pytest.Config) -> Post:
    """Return what takes parcels in this process."""
    if is_worker(config):
        return Batches(stop=Path(config.workerinput[STOP]))  # type: ignore[attr-defined]
    session: Any = config.pluginmanager.get_plugin("vtrack-session")
    return _Direct(session.take)


class _Direct:
    """Hands parcels over at once, within the process that stores them."""

    def __init__(self, take: Callable[[Plain], None]) -> None:
        self.add = take

    def opened(self, item: pytest.Item) -> _Direct:  # noqa: ARG002  as workers do
        return self

    def close(self) -> None:
        return

    def end(self) -> None:
        return


class Batches:
    """Sends parcels to the controller as reports that say nothing to anybody else.

    A thread sends what waits, so that a case that takes long, or ends the process, holds up no other.
    """

    def __init__(self, *, delay_s: float = DELAY_S, stop: Path | None = None) -> None:
        """Prepare to send.

        :param stop: path of a file that is there when the controller has ended.
        """
        self._delay_s = delay_s
        self._stop = stop
        self._waiting: list[Plain] = []
        self._item: pytest.Item | None = None
        self._sending = threading.RLock()
        self._first = threading.Event()
        self._thread: threading.Thread | None = None
        self._ended = False

    def opened(self, item: pytest.Item) -> Batches:
        """Say which item runs."""
        self._item = item
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="vtrack-parcels", daemon=True)
            self._thread.start()
        return self

    def add(self, parcel: Plain) -> None:
        """Take a parcel."""
        with self._sending:
            self._waiting.append(parcel)
        if len(self._waiting) >= MOST:
            self._send()
        elif not self._first.is_set():
            self._first.set()

    def close(self) -> None:
        """Send what waits."""
        self._send()

    def end(self) -> None:
        """Let the thread end."""
        self._ended = True
        self._first.set()

    def _watch(self) -> None:
        while self._first.wait() and not self._ended:
            time.sleep(self._delay_s)
            self._first.clear()
            self._send()

    def _send(self) -> None:
        with self._sending:
            parcels, self._waiting = self._waiting, []
            if parcels and self._item is not None:
                report = _report(self._item, parcels)
                self._item.config.hook.pytest_runtest_logreport(report=report)
                del report.vtrack  # pytest keeps reports, in workers too
                if self._stop and self._stop.exists():
                    self._item.session.shouldstop = "the session has ended"


def _report(item: pytest.Item, parcels: list[Plain]) -> pytest.TestReport:
    """Return a report of the kind that no screen shows: of a setup that passed."""
    report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "setup")
    report.vtrack = {"parcels": parcels}  # type: ignore[attr-defined]
    return report
