"""Sparing the garbage collector what was collected.

Thousands of items live until the session ends, and each full collection visits all of them again: in a run of
10,000 cases that is a tenth of the time. While the cases run, whatever existed before is therefore left out,
and what the cases leave behind is looked for less often. When the process ends, all of it would be freed,
which takes another tenth: :mod:`pytest_vtrack.plugin.leaving` says when it need not be.
"""

from __future__ import annotations

import atexit
import gc

import pytest

MANY = 1000
"""With fewer cases there is nothing to gain."""

_RARELY = 100_000
"""New objects between two collections; Python's own 700 to 2,000 visit all there are far too often."""

_SELDOM = 10_000
"""The same while many cases run: each in flight holds hundreds of objects, and hundreds may be in flight."""

_before_key: pytest.StashKey[tuple[int, int, int]] = pytest.StashKey()
_frozen_key: pytest.StashKey[bool] = pytest.StashKey()
_held_many = False


def collect_rarely(config: pytest.Config) -> None:
    """Collect garbage rarely while thousands of objects are made that stay: cases, and the items of them."""
    _collect_after(_RARELY, config)


def collect_as_before(config: pytest.Config) -> None:
    """Undo :func:`collect_rarely`."""
    if before := config.stash.get(_before_key, None):
        gc.set_threshold(*before)
        del config.stash[_before_key]


def freeze(config: pytest.Config, cases: int) -> None:
    """Leave everything that exists now out of later collections, where there are many cases."""
    global _held_many
    if cases < MANY:
        return
    gc.freeze()
    config.stash[_frozen_key] = _held_many = True


def collect_seldom(config: pytest.Config, cases: int) -> None:
    """Collect garbage as before once the items are made, and less often while many cases run."""
    collect_as_before(config)
    if cases >= MANY:
        _collect_after(_SELDOM, config)


def thaw(config: pytest.Config) -> None:
    """Undo all of this at the end of a session."""
    collect_as_before(config)
    if config.stash.get(_frozen_key, False):
        gc.unfreeze()


def _collect_after(objects: int, config: pytest.Config) -> None:
    if _before_key not in config.stash:
        first, *others = config.stash[_before_key] = gc.get_threshold()
        gc.set_threshold(max(first, objects) if first else 0, *others)


@atexit.register  # before applications are imported, so that it runs after what these do at the end
def _leave() -> None:
    if _held_many:
        from pytest_vtrack.plugin.leaving import leave_all_to_the_system

        leave_all_to_the_system()
