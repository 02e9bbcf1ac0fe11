"""A store whose silence is waited for, whoever asks it something."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pytest_vtrack.store import open_store, writer

if TYPE_CHECKING:
    from pytest_vtrack.store.protocol import Store


class _Patient:
    """Hands on what a store is asked, again and again while it takes and gives nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        """Return what the store has by this name."""
        found = getattr(self._store, name)
        return partial(_again, found) if callable(found) else found


def patient(store: Store) -> Store:
    """Return a store that waits as long as the end of a session does before it is unreachable.

    What it streams, it does not wait for, nor its shards and datasets.
    """
    return cast("Store", _Patient(store))


def open_for_reading(uri: str) -> Store:
    """Open a store that is there, for one who waits for it."""
    return patient(_again(open_store, uri, read_only=True))


def _again(work: Any, *given: Any, **named: Any) -> Any:
    return writer.patiently(partial(work, *given, **named), writer.PATIENCE_S)
