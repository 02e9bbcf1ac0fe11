"""The tables of registered datasets: a case is stored once, however many versions have it."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store.schema import metadata
from pytest_vtrack.store.texts import TEXT

dataset_version = sa.Table(
    "dataset_version",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    sa.Column("cases", sa.Integer, nullable=False),
    sa.Column("source", TEXT, nullable=False),
    sa.Column("why", TEXT, nullable=False),
    sa.Column("who", TEXT, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.UniqueConstraint("name", "number"),
)

dataset_case = sa.Table(
    "dataset_case",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),  # of everything in the case
    sa.Column("digest", TEXT, nullable=False, index=True),  # of inputs and expectations
    sa.Column("compressed", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

dataset_member = sa.Table(
    "dataset_member",
    metadata,
    sa.Column("version_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("case_id", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
