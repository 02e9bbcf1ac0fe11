"""Choosing how pytest-xdist hands out items, where several cases may run at once in each worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.at_once import most_ahead
from pytest_vtrack.plugin.notes import notes_of

if TYPE_CHECKING:
    from pytest_vtrack.plugin.concurrency.scheduler import CaseScheduling
    from pytest_vtrack.plugin.options import Settings

ALONE = "vtrack_alone"


class HandingOut:
    """Puts a scheduler in the place of that of ``--dist=load``; any other that is chosen stays."""

    def __init__(self, config: pytest.Config, at_once: int, ahead: int) -> None:
        self._config = config
        self._at_once = at_once
        self._ahead = ahead
        self._scheduler: CaseScheduling | None = None
        self._died = 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> CaseScheduling:
        """Make the scheduler."""
        from pytest_vtrack.plugin.concurrency.scheduler import CaseScheduling

        self._scheduler = CaseScheduling(config, log, self._at_once, self._ahead)
        return self._scheduler

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Count the workers that died, before the scheduler is told: only so many are replaced."""
        if not error or self._scheduler is None:
            return
        _forget_begun(self._config, node)
        from xdist.dsession import get_default_max_worker_restart  # type: ignore[import-untyped]

        self._died += 1
        most = get_default_max_worker_restart(self._config)
        self._scheduler.replaces = most is None or self._died <= most

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker that takes the place of another what to run one at a time."""
        if self._scheduler is None or not (ids := self._scheduler.reserve(node)):
            return
        node.workerinput[ALONE] = ids
        notes_of(self._config).add(
            f"a worker died that may have called any of {len(ids)} cases, {ids[0]} the first of them; "
            "they are run again, one at a time",
            always=True,
        )


def _forget_begun(config: pytest.Config, node: Any) -> None:
    """Take what a dead worker had only begun out of the junit file, where it would stand without a name."""
    from _pytest.junitxml import xml_key

    if (junit := config.stash.get(xml_key, None)) is None:
        return
    for (name, worker), begun in [*junit.node_reporters.items()]:
        if worker is node and not begun.attrs:
            del junit.node_reporters[name, worker]
            junit.node_reporters_ordered.remove(begun)


def choose(config: pytest.Config, settings: Settings) -> None:
    """Hand out items our way, where the user has chosen no other and several cases may run at once."""
    at_once = settings.concurrency or settings.concurrency_default
    if at_once > 1 and config.option.dist == "load":
        ahead = most_ahead(config, settings, at_once)
        config.pluginmanager.register(HandingOut(config, at_once, ahead), "vtrack-handing-out")


def to_run_alone(config: pytest.Config) -> frozenset[str]:
    """Return the ids of the items that this worker is to run one at a time."""
    return frozenset(getattr(config, "workerinput", {}).get(ALONE, ()))
