"""Sparing the garbage collector what was collected.

Thousands of items live until the session ends, and each full collection visits all of them again: in a run of
10,000 cases that is a tenth of the time. While the cases run, whatever existed before is therefore left out.
"""

from __future__ import annotations

import gc

import pytest

MANY = 1000
"""With fewer cases there is nothing to gain."""

_RARELY = 100_000
"""New objects between two collections; Python's own 700 to 2,000 visit all there are far too often."""

_before_key: pytest.StashKey[tuple[int, int, int]] = pytest.StashKey()
_frozen_key: pytest.StashKey[bool] = pytest.StashKey()


def collect_rarely(config: pytest.Config) -> None:
    """Collect garbage rarely while thousands of objects are made that stay: cases, and the items of them."""
    if _before_key not in config.stash:
        first, *others = config.stash[_before_key] = gc.get_threshold()
        gc.set_threshold(max(first, _RARELY) if first else 0, *others)


def collect_as_before(config: pytest.Config) -> None:
    """Undo :func:`collect_rarely`."""
    if before := config.stash.get(_before_key, None):
        gc.set_threshold(*before)
        del config.stash[_before_key]


def freeze(config: pytest.Config, cases: int) -> None:
    """Leave everything that exists now out of later collections, where there are many cases."""
    if cases >= MANY:
        gc.freeze()
        config.stash[_frozen_key] = True


def thaw(config: pytest.Config) -> None:
    """Undo all of this at the end of a session."""
    collect_as_before(config)
    if config.stash.get(_frozen_key, False):
        gc.unfreeze()
