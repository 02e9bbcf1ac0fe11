"""Saving what a store still holds whose file was removed, replaced or damaged while it was in use."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pytest_vtrack.errors import StoreError, StoreGone
from pytest_vtrack.model.run import Run
from pytest_vtrack.store.exchange import export_runs
from pytest_vtrack.store.exchange_names import export_names
from pytest_vtrack.store.location import ensure_folder
from pytest_vtrack.store.protocol import Store


def confirm(store: Store, runs: Iterable[Run], path: Path) -> None:
    """See that the file of a store is still there and whole, and save runs where it is not.

    :param path: of the file where they are saved.
    :raises StoreError: it is not; the text says where what it held is.
    """
    try:
        store.confirm()
    except StoreError as error:
        raise rescued(store, error, runs, path) from None


def rescued(store: Store, error: StoreError, runs: Iterable[Run], path: Path) -> StoreError:
    """Save runs as a file for ``vtrack store import``, and return what the user is told.

    :param error: what happened; where the file of the store is gone, all of its runs are saved.
    :param runs: those to save where it is still there.
    """
    gone = isinstance(error, StoreGone)
    own = list(runs)
    try:
        ids = [run.id for run in (store.runs() if gone else own)]
        ensure_folder(path.parent)
        with path.open("x", encoding="utf-8") as file:
            export_runs(store, ids, file)
            if gone:
                export_names(store, file)
    except (StoreError, OSError) as unsaved:
        with suppress(OSError):
            path.unlink()
        why = unsaved.strerror if isinstance(unsaved, OSError) else unsaved
        results = sum(run.stored for run in own)
        return StoreError(
            f"{error}. The {results} results of this session are lost, as they cannot be saved elsewhere "
            f"({path}: {why}); run it again"
        )
    what = "Everything that it held" if gone else "What this session stored"
    return StoreError(f"{error}. {what} is in {path}: `vtrack store import {path}` stores it again")
