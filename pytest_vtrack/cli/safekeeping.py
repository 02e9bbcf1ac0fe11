"""What a command that writes does where its store takes nothing, or is gone at the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_vtrack.errors import StoreError
from pytest_vtrack.store.location import DEFAULT_FOLDER, is_postgres

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_vtrack.cli.project import Project
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.store.spool import Spool


def spool_of(project: Project, store: Store) -> Spool:
    """Return a file where results wait while the store takes nothing."""
    from pytest_vtrack.store.spool import Spool

    path = _path(project, "waiting")
    return Spool(path) if is_postgres(store.location) else Spool(path, when="the store can be written again")


@contextmanager
def confirmed(project: Project, store: Store, runs: Iterable[Run]) -> Iterator[None]:
    """See at the end that a store is still there and whole, and save runs where it is not.

    :param runs: those that are written; more may come while they are.
    :raises StoreError: it is not; the text says where what it held is.
    """
    from pytest_vtrack.store.rescue import confirm

    try:
        yield
    except StoreError:  # of a store that is gone another connection says only that it cannot be opened
        confirm(store, runs, _path(project, "rescued"))
        raise
    confirm(store, runs, _path(project, "rescued"))


def _path(project: Project, what: str) -> Path:
    return project.folder / DEFAULT_FOLDER / f"{what}-{uuid.uuid4().hex[:8]}.jsonl"
