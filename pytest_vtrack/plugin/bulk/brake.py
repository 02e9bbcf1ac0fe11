"""Holding workers up while the controller has not stored what they sent, and ending them when it ends.

Else what they sent would all be in memory; and they would run the chunks they hold to the end, for nobody.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

MOST = 20
"""How many batches of results may wait."""
STOP = "vtrack_stop"
PATIENCE_S = 0.2
"""How often it is looked whether the session has ended meanwhile."""


class Brake:
    """Lets a worker's batches in one at a time; a worker whose batch is not let in waits with its next one.

    pytest-xdist takes in what a worker sends by a thread of its own, as fast as it comes.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._free = threading.Semaphore(MOST)
        self._open = True
        self._folder: Path | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which file to look for: it reads no message while an item runs."""
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix="vtrack-stop-"))
        node.workerinput[STOP] = str(self._folder / "stop")

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_from_serializable(self, data: Mapping[str, Any]) -> None:
        """Wait in the thread that takes in a worker's reports."""
        if (
            "parcels" in (data.get("vtrack") or ())
            and threading.current_thread() is not threading.main_thread()
        ):
            while self._open and not self._free.acquire(timeout=PATIENCE_S):
                pass

    def stored(self) -> None:
        """Let the next batch in, and end the workers where the session is about to end."""
        self._free.release()
        if getattr(self._config.pluginmanager.get_plugin("dsession"), "shouldstop", False):
            self._end_workers()

    def _end_workers(self) -> None:
        if self._folder is not None:
            (self._folder / "stop").touch()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hold nobody up any more, and let workers end within their chunks."""
        self._open = False
        self._end_workers()

    def pytest_unconfigure(self) -> None:
        """Remove the file."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
