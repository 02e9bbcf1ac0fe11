"""The table of the sessions that fill a run together."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store.schema import metadata
from pytest_vtrack.store.texts import TEXT

shard = sa.Table(
    "shard",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("run_key", TEXT, nullable=False, index=True),
    sa.Column("number", sa.Integer),
    sa.Column("total", sa.Integer),
    sa.Column("place", TEXT, nullable=False),
    sa.Column("status", TEXT, nullable=False),
    sa.Column("reason", TEXT),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    sa.Column("expected", sa.LargeBinary, nullable=False),  # compressed JSON: node ids, and chunks
)
