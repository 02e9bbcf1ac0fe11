"""Temporary tables: what a query needs beside the store, seen by its own connection only."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def table(name: str, *parts: sa.Column[Any] | sa.Index) -> sa.Table:
    """Describe a temporary table."""
    return sa.Table(name, sa.MetaData(), *parts, prefixes=["TEMPORARY"])


def make(connection: sa.Connection, described: sa.Table) -> None:
    """Make a temporary table, empty."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {described.name}")
    if (
        connection.dialect.name == "postgresql"
    ):  # said here: said above it would import the dialect for everybody
        described.dialect_options["postgresql"]["on_commit"] = "DROP"
    described.create(connection, checkfirst=False)
