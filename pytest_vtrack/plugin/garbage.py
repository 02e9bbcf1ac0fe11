"""Sparing the garbage collector what was collected.

Thousands of items live until the session ends, and each full collection visits all of them again: in a run of
10,000 cases that is a tenth of the time. While the cases run, whatever existed before is therefore left out.
"""

from __future__ import annotations

import gc

import pytest

MANY = 1000
"""With fewer cases there is nothing to gain."""

_frozen_key: pytest.StashKey[bool] = pytest.StashKey()


def freeze(config: pytest.Config, cases: int) -> None:
    """Leave everything that exists now out of later collections, where there are many cases."""
    if cases >= MANY:
        gc.freeze()
        config.stash[_frozen_key] = True


def thaw(config: pytest.Config) -> None:
    """Undo :func:`freeze`."""
    if config.stash.get(_frozen_key, False):
        gc.unfreeze()
