"""The end of the money: no more calls start, those under way end and are stored, and the run can go on."""

from __future__ import annotations

import math
import shlex
import shutil
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.command_line import shown, without_options
from pytest_vtrack.plugin.notes import notes_of
from pytest_vtrack.plugin.processes import is_worker
from pytest_vtrack.plugin.stopping import stop
from pytest_vtrack.plugin.unpriced import Unpriced

if TYPE_CHECKING:
    from pytest_vtrack.plugin.recorder import Recorder

_FLAG = "vtrack_budget"


class Budget:
    """Passes over the items whose call has not begun when the money is spent; one in every process.

    Workers learn it from a file, before each item: a message would wait behind the items they were handed.
    A worker that stopped would have pytest-xdist end all others at once, in the middle of what they call.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._why: str | None = None
        self._recorder: Recorder | None = None
        self._elsewhere = False
        self.unpriced = Unpriced()
        folder = getattr(config, "workerinput", {}).get(_FLAG)
        self._own = not is_worker(config)
        self._folder = Path(folder) if folder else None

    @property
    def over(self) -> bool:
        """Whether the money is spent."""
        if self._why is None and not self._own and self._folder and not self._folder.exists():
            self._take("the session is out of money")
        return self._why is not None

    def spend(self, limit: float, recorder: Recorder) -> None:
        """Let no more calls start."""
        if self._why is None:
            why = f"--vtrack-max-cost={limit:g} reached ({recorder.cost:g} spent)"
            self._recorder = recorder
            self._take(why)
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            if self._elsewhere:
                stop(self._config, None, why)

    def _take(self, why: str) -> None:
        self._why = why
        for name in ("vtrack-ahead", "vtrack-limits"):
            if plugin := self._config.pluginmanager.get_plugin(name):
                plugin.wind_up()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell workers what to look at; those on other machines cannot."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="vtrack-budget-"))
        node.workerinput[_FLAG] = str(self._folder)
        self._elsewhere = self._elsewhere or not node.gateway.spec.popen

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Pass over an item whose call has not begun."""
        if not self.over:
            return None
        ahead: Any = self._config.pluginmanager.get_plugin("vtrack-ahead")
        if ahead is not None and ahead.under_way(item):
            return None
        if self._own and (ahead is None or ahead.idle):
            item.session.shouldstop = self._why or True
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """End a session as interrupted whose last items were passed over."""
        result = yield
        if self._why is not None and not session.shouldfail and self._recorder and self._recorder.left:
            raise session.Interrupted(self._why)
        return result

    def pytest_unconfigure(self) -> None:
        """Remove what workers looked at."""
        if self._own and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def conclude(self, limit: float, spent: float) -> str | None:
        """Say at the end what is spent and missing, and how to go on; return why the session ended early."""
        if unseen := self.unpriced.note(limit, spent):
            notes_of(self._config).add(unseen, always=True)
        recorder = self._recorder
        if recorder is None or not recorder.left:
            return None
        planned, left = recorder.planned, recorder.left
        whole = spent * planned / max(1, planned - left)
        command = going_on(self._config.invocation_params.args, rounded_up(max(whole, spent * 1.01)))
        notes_of(self._config).add(
            f"{spent:g} spent of --vtrack-max-cost={limit:g}; {left} of {planned} cases are missing. Go on: "
            f"{command}",
            always=True,
        )
        return f"--vtrack-max-cost={limit:g} reached ({spent:g} spent)"


def going_on(args: Iterable[object], amount: float) -> str:
    """Return the command that goes on with a run, and may cost so much in all."""
    given = [arg for arg in shown(args) if arg != "--vtrack-resume"]
    kept = without_options(given, ("--vtrack-max-cost",))
    return shlex.join(["pytest", *kept, "--vtrack-resume", f"--vtrack-max-cost={amount:g}"])


def rounded_up(amount: float) -> float:
    """Return the next amount with two digits that count."""
    step = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return float(f"{math.ceil(amount / step - 1e-9) * step:.12g}")
