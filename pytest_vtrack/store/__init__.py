"""Keeping: runs, cases, assessments, baselines; one SQL schema, and baseline files."""

from __future__ import annotations

from pytest_vtrack.errors import StoreError
from pytest_vtrack.store.location import ensure_folder, place_of
from pytest_vtrack.store.protocol import Store

__all__ = ["Store", "open_store"]


def open_store(uri: str, *, read_only: bool = False, create: bool = True) -> Store:
    """Open a store; where there is none yet, create it.

    :param uri: the path of a SQLite file, ``sqlite:///path``, or ``postgresql://host/database``.
    :raises StoreError: the place cannot be used; the message says why and what to do.
    """
    path = place_of(uri)
    if path is None:
        from pytest_vtrack.store.sql_store import open_postgres

        return open_postgres(uri, read_only=read_only)
    if not path.exists():
        if read_only or not create:
            raise StoreError(
                f"{path}: there is no store; run your tests once, or name another place with --vtrack-store"
            )
        ensure_folder(path.parent)
    from pytest_vtrack.store.sql_store import open_sqlite  # SQLAlchemy costs 0.3 s to import

    return open_sqlite(path, read_only=read_only)
