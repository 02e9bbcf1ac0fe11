"""What a store's tables stand in, whatever the kind of database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

import sqlalchemy as sa

_Result = TypeVar("_Result")


class Database(Protocol):
    """Transactions on one database. Reading sees one state from begin to end; writing is all or nothing.

    Failures are raised as ``StoreError`` that says what to do.
    """

    @property
    def location(self) -> str:
        """For messages; never holds a password."""

    @property
    def read_only(self) -> bool:
        """Whether writing is refused."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for reading; temporary tables may be made in it."""

    def writing(self, *, alone: bool = False) -> AbstractContextManager[sa.Connection]:
        """Open a transaction for writing.

        :param alone: keep all other writers out until it ends.
        """

    def write(self, work: Callable[[sa.Connection], _Result]) -> _Result:
        """Do work in one transaction, and again from the start where another writer got in its way."""

    def check(self) -> None:
        """Refuse what is no database, or is to be written and cannot be."""

    def prepare(self) -> None:
        """Choose the settings that have to be chosen before the first table is made."""

    def tables(self, connection: sa.Connection) -> bool:
        """Tell whether there is any table where the store's would stand."""

    def has_version(self, connection: sa.Connection) -> bool:
        """Tell whether there is a note of the schema's version."""

    def size(self, connection: sa.Connection) -> int:
        """Return the size in bytes."""

    def shrink(self) -> None:
        """Give the space of what was deleted back, unless somebody is in the way."""

    def watch(self) -> None:
        """Remember what :meth:`confirm` compares with."""

    def confirm(self) -> None:
        """Refuse what was removed, replaced or damaged while it was in use."""

    def close(self) -> None:
        """Close all connections."""
